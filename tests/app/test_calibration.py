"""Calibrating the speeds by measured runs: from the file to every zone, and back."""

import io

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from app.calibration.sheet import HEADINGS, MOST_RUNS, example, runs_of
from app.errors import Invalid, TooLarge
from app.roads.networks import network_of
from gis.calibration import LEAST_RUNS
from gis.reach import reach
from gis.travel import Mode

HEADING = "origin_lon,origin_lat,destination_lon,destination_lat,mode,seconds,date,note"
CHINESE = "起点经度,起点纬度,终点经度,终点纬度,方式,用时(秒),日期,备注"


@pytest.fixture
def district(session):
    return session.execute(text("SELECT id FROM areas WHERE level = 'district'")).scalar_one()


@pytest.fixture
def drills(session, district):
    """`drills(factor)` is the text of a file of runs on foot that took so many times what the network tells."""
    network = network_of(session, district)
    net = network.by(Mode.FOOT)
    inside = shapely.from_wkb(
        bytes(session.execute(text("SELECT ST_AsBinary(geom) FROM areas WHERE id = :id"), {"id": district}).scalar())
    )
    shapely.prepare(inside)

    def made(factor, *, count=60, mode="foot", delay=0.0):
        random = np.random.default_rng(5)
        edges = random.choice(net.attachable, (count, 2))
        rows = [HEADING]
        for one, other in edges.tolist():
            ends = [net.roads.line(edge).interpolate(0.5, normalized=True).coords[0] for edge in (one, other)]
            places = [net.attach(np.array([end])) for end in ends]
            if not shapely.contains_xy(inside, network.frame.degrees(np.array(ends))).all():
                continue  # roads lead out of the district
            seconds = reach(net, places[0], np.inf).door_seconds(places[1])[0]
            if seconds < 30:
                continue
            told = network.frame.degrees(np.array(ends)).tolist()
            cells = [*told[0], *told[1], mode, f"{seconds * factor + delay:.1f}", "2026-05-12", ""]
            rows.append(",".join(map(str, cells)))
        return "\n".join(rows) + "\n"

    return made


def send(client, content, name="runs.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post("/api/v1/calibrations", data={"runs": (io.BytesIO(content), name)})


def seconds_on_foot(session, district):
    return float(np.nansum(np.where(np.isfinite(s := network_of(session, district).by(Mode.FOOT).seconds), s, 0)))


def test_a_proposal_changes_nothing_until_it_is_applied_and_undone_it_is_as_before(
    client_as, session, district, drills
):
    planner, before = client_as("planner"), seconds_on_foot(session, district)
    answer = send(planner, drills(1.5))
    assert answer.status_code == 201, answer.json
    proposal = answer.json
    assert proposal["state"] == "proposed"
    assert proposal["modes"]["foot"]["factors"]["street"] == pytest.approx(1.5, abs=0.1)
    assert seconds_on_foot(session, district) == pytest.approx(before)
    assert planner.post(f"/api/v1/calibrations/{proposal['id']}/apply").status_code == 200
    assert seconds_on_foot(session, district) > before * 1.2
    undone = planner.post(f"/api/v1/calibrations/{proposal['id']}/undo")
    assert undone.json["calibrations"][0]["state"] == "undone"
    assert seconds_on_foot(session, district) == pytest.approx(before)
    acts = session.scalars(text("SELECT act FROM audit WHERE act LIKE 'calibration.%' ORDER BY id")).all()
    assert acts == ["calibration.applied", "calibration.undone"]


def test_the_next_calibration_is_measured_against_the_table_and_not_against_the_last(client_as, drills):
    planner = client_as("planner")
    runs = drills(1.5)
    first = send(planner, runs).json
    planner.post(f"/api/v1/calibrations/{first['id']}/apply")
    second = send(planner, runs).json
    assert second["modes"]["foot"]["factors"] == first["modes"]["foot"]["factors"]


def test_undoing_the_later_one_brings_the_earlier_one_back(client_as, session, district, drills):
    planner = client_as("planner")
    first = send(planner, drills(1.3)).json["id"]
    planner.post(f"/api/v1/calibrations/{first}/apply")
    slower = seconds_on_foot(session, district)
    second = send(planner, drills(1.8)).json["id"]
    planner.post(f"/api/v1/calibrations/{second}/apply")
    assert seconds_on_foot(session, district) > slower * 1.1
    planner.post(f"/api/v1/calibrations/{second}/undo")
    assert seconds_on_foot(session, district) == pytest.approx(slower)


def test_what_was_calibrated_stands_beside_every_result_with_its_band(client_as, district, drills):
    planner = client_as("planner")
    number = send(planner, drills(1.4, delay=30)).json["id"]
    planner.post(f"/api/v1/calibrations/{number}/apply")
    where = drills(1.0).splitlines()[1].split(",")
    address = f"/api/v1/response/zone?lon={where[0]}&lat={where[1]}&minutes=3&lang=en"
    told = {one["key"]: one["text"] for one in planner.get(address).json["assumptions"]}
    assert "8 of 10 runs took between" in told["calibration"]
    assert "2026-05-12" in told["calibration"]
    for answer in (
        planner.get("/api/v1/coverage?preset=response_1&lang=en"),
        planner.post("/api/v1/sitings?lang=en", json={"area": district, "sites": 1, "sources": ["homes"]}),
    ):
        assert {one["key"]: one["text"] for one in answer.json["assumptions"]}["calibration"] == told["calibration"]
    planner.post(f"/api/v1/calibrations/{number}/undo")
    assert "calibration" not in {one["key"] for one in planner.get(address).json["assumptions"]}
    assert "calibration" not in {one["key"] for one in planner.get("/api/v1/coverage").json["assumptions"]}


def test_too_few_runs_say_how_many_more_are_needed_and_for_what(client_as, session, drills):
    few = "\n".join(drills(1.2).splitlines()[:8])
    answer = send(client_as("planner"), few)
    assert answer.status_code == 422
    assert str(LEAST_RUNS - 7) in answer.json["error"]["message"]
    assert session.execute(text("SELECT count(*) FROM calibrations")).scalar_one() == 0


def test_a_run_off_the_network_is_named_by_row_and_column_and_nothing_is_kept(client_as, session, drills):
    rows = drills(1.2).splitlines()
    rows[3] = "121.9,31.2,121.91,31.2,foot,600,2026-05-12,"
    answer = send(client_as("planner"), "\n".join(rows))
    assert answer.status_code == 422
    problems = answer.json["error"]["problems"]
    assert [(one["row"], one["column"]) for one in problems] == [(4, "origin_lon")]
    assert session.execute(text("SELECT count(*) FROM calibrations")).scalar_one() == 0


def test_a_run_that_no_speed_explains_is_named(client_as, drills):
    rows = drills(1.2).splitlines()
    rows.sort(key=lambda row: float(row.split(",")[5]) if row != HEADING else 0.0)
    cells = rows[5].split(",")
    rows[5] = ",".join([*cells[:5], "14000", *cells[6:]])
    problems = send(client_as("planner"), "\n".join(rows)).json["error"]["problems"]
    assert [(one["row"], one["column"]) for one in problems] == [(6, "seconds")]


def test_a_run_that_ends_where_it_began_is_named(client_as, drills):
    rows = drills(1.2).splitlines()
    cells = rows[5].split(",")
    rows[5] = ",".join([*cells[:2], *cells[:2], "foot", "60", *cells[6:]])
    problems = send(client_as("planner"), "\n".join(rows)).json["error"]["problems"]
    assert [(one["row"], one["column"]) for one in problems] == [(6, "destination_lon")]


def test_an_applied_one_is_neither_applied_again_nor_discarded(client_as, drills):
    planner = client_as("planner")
    number = send(planner, drills(1.2)).json["id"]
    planner.post(f"/api/v1/calibrations/{number}/apply")
    assert planner.post(f"/api/v1/calibrations/{number}/apply").status_code == 409
    assert planner.delete(f"/api/v1/calibrations/{number}").status_code == 409
    planner.post(f"/api/v1/calibrations/{number}/undo")
    assert planner.post(f"/api/v1/calibrations/{number}/undo").status_code == 409


def test_a_proposal_is_discarded_and_one_that_is_not_there_not_found(client_as, drills):
    planner = client_as("planner")
    number = send(planner, drills(1.2)).json["id"]
    assert planner.delete(f"/api/v1/calibrations/{number}").status_code == 204
    assert planner.delete(f"/api/v1/calibrations/{number}").status_code == 404
    assert planner.post(f"/api/v1/calibrations/{number}/apply").status_code == 404


def test_who_may_not_change_speeds_may_not_calibrate(client_as, drills):
    assert send(client_as("coordinator"), drills(1.2)).status_code == 403
    assert client_as("grid_worker").get("/calibration").status_code == 403


def test_no_file_is_asked_for(client_as):
    answer = client_as("planner").post("/api/v1/calibrations", data={})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "runs")


def test_the_page_shows_the_proposal_takes_it_over_and_back(client_as, drills):
    planner = client_as("planner")
    sent = planner.post("/calibration", data={"runs": (io.BytesIO(drills(1.5).encode()), "演练.csv")})
    assert sent.status_code == 302
    page = planner.get("/calibration?lang=en").text
    assert "Proposal: 演练.csv" in page
    number = planner.get("/api/v1/calibrations").json["calibrations"][0]["id"]
    planner.post(f"/calibration/{number}/apply")
    assert "in force" in planner.get("/calibration?lang=en").text
    planner.post(f"/calibration/{number}/undo")
    assert "taken back" in planner.get("/calibration?lang=en").text


def test_the_page_names_what_is_wrong_and_keeps_its_status(client_as):
    bad = f"{HEADING}\n999,31.2,121.9,31.2,foot,x,2026-05-12,\n"
    answer = client_as("planner").post("/calibration", data={"runs": (io.BytesIO(bad.encode()), "runs.csv")})
    assert answer.status_code == 422
    assert "999" in answer.text


ROW = "118.78,32.04,118.79,32.05,foot,1200,2026-05-12,"


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADING}\n{ROW}\n".encode(),
        f"\ufeff{HEADING}\r\n{ROW}\r\n".encode(),
        f"{HEADING}\n{ROW}\n".replace(",", ";").encode(),
        f"{HEADING}\n{ROW}\n".replace(",", "\t").encode(),
        f"{CHINESE}\n{ROW.replace('foot', '步行')}演练\n".encode("gbk"),
        f"{CHINESE}\n{ROW.replace('foot', '步行')}演练\n".replace(",", "，").encode(),
        f"{HEADING}\n\n{ROW.replace('1200', '20:00')}\n,,,,,,,\n".encode(),
        f"{HEADING}\n{ROW.replace('2026-05-12', '2026年5月12日')}\n".encode(),
    ],
    ids=["utf-8", "bom", "semicolons", "tabs", "gbk", "full-width commas", "minutes", "a Chinese day"],
)
def test_a_file_is_read_as_people_write_it(app, content):
    with app.test_request_context():
        (run,) = runs_of(content)
    assert (run.origin, run.destination, run.mode, run.seconds) == ((118.78, 32.04), (118.79, 32.05), Mode.FOOT, 1200)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (ROW.replace("118.78", "nan"), "origin_lon"),
        (ROW.replace("32.05", "95"), "destination_lat"),
        (ROW.replace("foot", "boat"), "mode"),
        (ROW.replace("1200", "0"), "seconds"),
        (ROW.replace("1200", "-5"), "seconds"),
        (ROW.replace("1200", "1e9"), "seconds"),
        (ROW.replace("1200", "20"), "seconds"),
        (ROW.replace("2026-05-12", "2999-01-01"), "date"),
        (ROW.replace("2026-05-12", "yesterday"), "date"),
        ("118.78,32.04", "destination_lon"),
        (ROW.replace("foot", ""), "mode"),
        (ROW + "x" * 501, "note"),
    ],
)
def test_what_cannot_be_is_named_by_row_and_column(app, row, column):
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        runs_of(f"{HEADING}\n{ROW}\n{row}\n".encode())
    assert refused.value.extra["problems"][0]["row"] == 3
    assert refused.value.extra["problems"][0]["column"] == column


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", HEADING.encode(), b"a,b\n1,2\n", b"PK\x03\x04\x00", b"\xff\xff\xff", HEADING.encode() + b",mode\n"],
)
def test_what_is_no_table_of_runs_is_refused(app, content):
    with app.test_request_context(), pytest.raises(Invalid):
        runs_of(content)


def test_a_file_has_a_size(app):
    with app.test_request_context():
        with pytest.raises(TooLarge):
            runs_of(f"{HEADING}\n".encode() + f"{ROW}\n".encode() * (MOST_RUNS + 1))
        with pytest.raises(TooLarge):
            runs_of(b"x" * (2**20 + 1))


def test_the_example_is_a_file_that_is_taken(app, client_as):
    content = client_as("planner").get("/calibration/example.csv").data
    with app.test_request_context():
        assert len(runs_of(content)) == len(example()) - 1
    assert {names[0] for names in HEADINGS.values()} == set(example()[0])
