"""Nets of other departments: sent, read in the background, taken in a system, laid over the blocks, made into one."""

import io
import json
import os
import uuid

import numpy as np
import pytest
import shapely
from openpyxl import load_workbook
from shapely import Polygon, affinity, box
from sqlalchemy import text

from app.accounts.queries import by_name
from app.db import Session
from app.errors import Conflict, DomainError, Invalid
from app.jobs.kinds import Task
from app.legacy import comparing, ground, laying, proposing, reading
from app.plans import division, stored
from tests.app import net_files
from tests.app.planning import URL as PLANS
from tests.app.planning import area_of
from tests.fixtures.town import USERS

URL = "/api/v1/legacy"
KINDS = {
    reading.KIND: reading.work,
    laying.TAKE: laying.take,
    laying.LAY: laying.lay,
    proposing.KIND: proposing.work,
}


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def district(session):
    return area_of(session, "district")


@pytest.fixture
def today(session):
    """Names and shapes of the grids of today."""
    rows = session.execute(text("SELECT name, ST_AsBinary(geom) AS geom FROM grids ORDER BY id")).all()
    return [row.name for row in rows], list(shapely.from_wkb([bytes(row.geom) for row in rows]))


@pytest.fixture
def done(app, session):
    """Has a job done as its user would: its result; what it tells on the way goes into `notes`."""

    def do(number, who="planner", notes=None):
        job = session.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": number}).one()
        task = Task(job.id, job.question, by_name(session, USERS[who])[0], job.area_id)
        with app.test_request_context(headers={"Accept-Language": "en"}):
            try:
                told = KINDS[job.kind](
                    Session, task, lambda *_, note=None, **__: notes.append(note) if notes is not None else None
                )
            finally:
                session.execute(
                    text("UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE id = :id"), {"id": number}
                )
        session.expire_all()
        return json.loads(json.dumps(told, allow_nan=False))

    return do


@pytest.fixture
def sent(planner, district):
    """Sends a file: the net and its job."""

    def send(content, name="公安网格", area=None, client=planner):
        form = {"name": name, "area_id": area or district, "file": (io.BytesIO(content), "net.zip")}
        answer = client.post(f"{URL}/nets", data=form)
        answer.request.environ["wsgi.input"].close()  # which the test client leaves open where it is long
        assert answer.status_code == 202, answer.json
        return answer.json

    return send


@pytest.fixture
def read(sent, done, planner):
    """Sends a file and has it read: the net with what was found."""

    def read_one(content, **more):
        made = sent(content, **more)
        assert done(made["job"]) == {"net": made["net"]}
        return planner.get(f"{URL}/nets/{made['net']}").json

    return read_one


@pytest.fixture
def accepted(done, planner):
    """Takes a net in a system: the net as it is then."""

    def accept(net, code):
        answer = planner.post(f"{URL}/nets/{net}/accept", json={"crs": code})
        assert answer.status_code == 202, answer.json
        assert done(answer.json["job"]) == {"net": net}
        return planner.get(f"{URL}/nets/{net}").json["net"]

    return accept


@pytest.fixture
def taken(read, accepted):
    """Sends a file, has it read and takes it in the system that fits best."""

    def take(content, **more):
        net = read(content, **more)["net"]
        return accepted(net["id"], net["report"]["guesses"][0]["code"])

    return take


@pytest.fixture
def refused(sent, done, session):
    """Sends a file that cannot be read: the sentence. Nothing of it is left."""

    def refuse(content):
        made = sent(content)
        with pytest.raises(DomainError) as error:
            done(made["job"])
        assert not session.scalar(text("SELECT count(*) FROM legacy_nets WHERE id = :net"), made)
        return str(error.value.message)

    return refuse


def metres(one, two):
    """How far the corners of two lists of shapes are apart at most."""
    xy = [shapely.get_coordinates(np.array(shapes, dtype=object)) for shapes in (one, two)]
    return np.hypot(*((xy[0] - xy[1]) * 111_000).T).max()


def shapes_in(answer):
    return [shapely.from_geojson(json.dumps(one["geometry"])) for one in answer["features"]]


@pytest.mark.parametrize(
    ("code", "prefix", "swapped", "guess"),
    [
        ("EPSG:4326", 0, False, "EPSG:4326"),
        ("EPSG:4326", 0, True, "EPSG:4326/yx"),
        ("GCJ-02", 0, False, "GCJ-02"),
        ("BD-09", 0, False, "BD-09"),
        ("EPSG:4549", 40, False, "EPSG:4528"),
        ("EPSG:4549", 40, True, "EPSG:4528/yx"),
        ("EPSG:4549", 0, False, "EPSG:4549"),
        ("EPSG:32651", 0, False, "EPSG:32651"),
    ],
)
def test_the_system_of_a_file_is_found_by_how_it_lies_on_the_blocks(read, today, code, prefix, swapped, guess):
    names, grids = today
    found = read(net_files.geojson(net_files.turned(grids, code, prefix=prefix, swapped=swapped), names))
    guesses = found["net"]["report"]["guesses"]
    assert found["net"]["report"]["sure"]
    assert (guesses[0]["code"], guesses[0]["metres"], guesses[0]["away"]) == (guess, 1, 0)
    assert guesses[0]["fit"] > 0.9
    assert all(guesses[0]["fit"] > one["fit"] - 0.01 for one in guesses)
    assert metres(shapes_in(found), grids) < 0.05


@pytest.mark.parametrize(
    ("code", "prefix", "swapped", "kind", "off"),
    [
        ("EPSG:2385", 0, False, "xian meridian", None),
        ("EPSG:2364", 0, True, "xian zone", None),
        ("EPSG:2334", 0, False, "xian zone6", None),
        ("EPSG:2437", 0, False, "beijing meridian", 15),
        ("EPSG:2416", 0, False, "beijing zone", 15),
    ],
)
def test_the_systems_before_cgcs2000_are_found_and_it_is_said_how_right_they_are_if_anybody_knows(
    read, today, code, prefix, swapped, kind, off
):
    names, grids = today
    found = read(net_files.geojson(net_files.turned(grids, code, prefix=prefix, swapped=swapped), names))
    report = found["net"]["report"]
    near = [one for one in report["guesses"] if one["away"] < 5]
    assert report["sure"]
    assert (kind, off) in {(one["kind"], one["metres"]) for one in near}
    assert [one for one in report["guesses"] if one["metres"] == 1], "one of CGCS2000 is offered beside it"
    assert metres(shapes_in(found), grids) < 5


def test_what_a_file_declares_of_before_cgcs2000_is_not_called_right_to_a_metre(read, today):
    names, grids = today
    alone = [max(shapely.get_parts(grid), key=shapely.area) for grid in grids]
    for epsg, unknown in ((4610, True), (4490, False)):
        guesses = read(net_files.geopackage(alone, names, epsg=epsg))["net"]["report"]["guesses"]
        assert ({"file", None} in [{one["code"], one["metres"]} for one in guesses]) is unknown
        assert (guesses[0]["code"], guesses[0]["metres"]) == ("EPSG:4326", 1)


@pytest.mark.parametrize("code", ["GCJ-02", "BD-09"])
def test_a_kmz_of_one_community_is_found_in_the_shifted_coordinates_of_published_maps(read, session, code):
    community = area_of(session, "community")
    rows = session.execute(
        text("SELECT name, ST_AsBinary(geom) AS geom FROM grids WHERE community_id = :c ORDER BY id"), {"c": community}
    ).all()
    grids = [max(shapely.get_parts(shapely.from_wkb(bytes(row.geom))), key=shapely.area) for row in rows]
    content = net_files.kml(net_files.turned(grids, code), [row.name for row in rows])
    found = read(net_files.zipped({"files/icon.png": b"\x89PNG", "doc.kml": content}), area=community)
    report = found["net"]["report"]
    assert (report["sure"], report["guesses"][0]["code"]) == (True, code)
    assert {"EPSG:4326", "GCJ-02", "BD-09"} >= {one["code"] for one in report["guesses"]}
    assert metres(shapes_in(found), grids) < 0.05


def test_a_net_of_few_corners_is_not_sure_of_itself_where_it_is_wrong(session, district, today):
    under = ground.under(session, district)
    told = []
    for shape in [one for grid in today[1][::5] for one in (grid, grid.simplify(1e-4))]:
        shapes = [shapely.to_wkb(one) for one in net_files.turned([shape], "GCJ-02")]
        found = reading.weighed({"declared": "", "shapes": shapes}, under, "")
        assert "GCJ-02" in {one["code"] for one in found.guesses}
        told.append((found.sure, found.guesses[0]["code"]))
    assert {code for sure, code in told if sure} == {"GCJ-02"}
    assert {code for sure, code in told if not sure}


def test_another_system_is_looked_at_before_one_is_taken(planner, read, accepted, today, session):
    names, grids = today
    net = read(net_files.geojson(net_files.turned(grids, "GCJ-02"), names))["net"]
    assert net["state"] == "read"
    assert {one["code"] for one in net["report"]["guesses"]} >= {"GCJ-02", "EPSG:4326"}
    other = planner.get(f"{URL}/nets/{net['id']}?crs=EPSG:4326").json
    assert 200 < metres(shapes_in(other), grids) < 900
    assert planner.get(f"{URL}/nets/{net['id']}?crs=EPSG:1").json["error"]["field"] == "crs"
    assert session.scalar(text("SELECT count(*) FROM legacy_nets WHERE report ? 'laid'")) == 0
    for code in ("EPSG:4326", "GCJ-02"):  # and may be changed afterwards
        found = accepted(net["id"], code)
        assert (found["state"], found["crs"]) == ("taken", code)
    assert metres(shapes_in(planner.get(f"{URL}/nets/{net['id']}").json), grids) < 0.05
    acts = session.scalars(text("SELECT detail->>'crs' FROM audit WHERE act = 'legacy.imported' ORDER BY id")).all()
    assert acts == ["EPSG:4326", "GCJ-02"]


def test_names_in_gbk_without_a_word_about_it_are_read(read, today):
    names, grids = today
    for encoding in ("GB18030", "UTF-8"):
        found = read(net_files.shapefile(grids, names, encoding=encoding, prj="", cpg=""))
        assert [one["properties"]["name"] for one in found["features"]] == names
        assert metres(shapes_in(found), grids) < 0.05


def test_a_prj_is_believed_where_it_fits(read, today):
    from pyproj import CRS

    names, grids = today
    content = net_files.shapefile(
        net_files.turned(grids, "EPSG:4549"), names, prj=CRS.from_epsg(4549).to_wkt("WKT1_ESRI")
    )
    guesses = read(content)["net"]["report"]["guesses"]
    assert guesses[0]["code"] == "EPSG:4549"
    assert len([one for one in guesses if one["fit"] == guesses[0]["fit"] and one["metres"] == 1]) == 1
    wrong = net_files.shapefile(net_files.turned(grids, "GCJ-02"), names, prj=CRS.from_epsg(4326).to_wkt("WKT1_ESRI"))
    assert read(wrong)["net"]["report"]["guesses"][0]["code"] == "GCJ-02"


def test_kml_and_geopackage_are_read(read, today):
    names, grids = today
    alone = [max(shapely.get_parts(grid), key=shapely.area) for grid in grids]
    for content in (net_files.kml(alone, names), net_files.geopackage(alone, names)):
        assert [one["properties"]["name"] for one in read(content)["features"]] == names


def test_a_shape_that_crosses_itself_is_mended_and_named(read, planner, today):
    west, south, east, north = shapely.total_bounds(np.array(today[1], dtype=object))
    bow = Polygon([(west, south), (east, north), (east, south), (west, north)])
    found = read(net_files.geojson([bow, box(west, south, east, north)], ["蝴蝶", "全部"]))
    assert found["net"]["report"]["mended"] == {"count": 1, "first": [{"number": 1, "name": "蝴蝶"}]}
    found = planner.get(f"{URL}/nets/{found['net']['id']}?crs=EPSG:4326").json
    assert shapely.is_valid(shapes_in(found)).all()
    assert shapes_in(found)[0].area == pytest.approx((east - west) * (north - south) / 2, rel=1e-4)


def test_which_shape_is_being_mended_is_told(sent, done, today):
    west, south, east, north = shapely.total_bounds(np.array(today[1], dtype=object))
    bow = Polygon([(west, south), (east, north), (east, south), (west, north)])
    notes = []
    done(sent(net_files.geojson([box(west, south, east, north), bow], ["全部", "蝴蝶"]))["job"], notes=notes)
    assert notes[0] == "Mending shape 2"


def test_a_system_that_folds_large_shapes_is_refused_with_the_first_of_them(
    read, accepted, planner, today, monkeypatch
):
    names, grids = today
    net = read(net_files.geojson(grids, names))["net"]
    middle = shapely.get_coordinates(shapely.centroid(grids[0]))
    knot = shapely.transform(tangle(3000), lambda xy: middle + xy / 1e3)
    monkeypatch.setattr(reading, "turned", lambda shapes, *_: np.full(len(shapes), knot, dtype=object))
    monkeypatch.setattr(reading, "PATIENCE", 5)
    with pytest.raises(Invalid) as refused:
        accepted(net["id"], "EPSG:4326")
    assert refused.value.field == "crs"
    assert names[0] in refused.value.message
    monkeypatch.undo()
    assert planner.get(f"{URL}/nets/{net['id']}").json["net"]["state"] == "read"


def test_what_turning_breaks_is_mended_outside_of_the_server(read, accepted, today, district, monkeypatch, session):
    names, grids = today
    net = read(net_files.geojson(grids, names))["net"]
    west, south, east, north = shapely.total_bounds(np.array(grids, dtype=object))
    angle = np.pi * (0.5 + 0.8 * np.arange(5))
    star = Polygon(
        np.column_stack([np.cos(angle), np.sin(angle)]) * [(east - west) / 2, (north - south) / 2]
        + [(west + east) / 2, (south + north) / 2]
    )
    xy = ground.under(session, district).places.xy
    whole = shapely.make_valid(star, method="structure", keep_collapsed=False)
    held = [np.flatnonzero(shapely.contains_xy(one, xy)).tolist() for one in (star, whole)]
    assert set(held[0]) < set(held[1]), "some places lie in its middle, which is outside of it until it is mended"
    broken = np.array([star, *grids[1:]], dtype=object)
    monkeypatch.setattr(reading, "turned", lambda *_: broken)
    for name in ("is_valid", "make_valid", "prepare"):
        monkeypatch.delattr(shapely, name)
    accepted(net["id"], "EPSG:4326")
    monkeypatch.undo()
    assert session.scalar(text("SELECT report #> '{laid,inside,0}' FROM legacy_nets")) == held[1]


def test_only_names_and_codes_of_a_file_are_kept(read, today, session):
    names, grids = today
    found = read(
        net_files.geojson(grids, names, 网格编号=[f"01{at}" for at in range(len(grids))], 网格员=["张三"] * len(grids))
    )
    assert found["features"][1]["properties"] == {"number": 2, "name": names[1], "code": "011"}
    held = session.scalar(text("SELECT string_agg(to_jsonb(n)::text, '') FROM legacy_nets n")) + session.scalar(
        text("SELECT string_agg(to_jsonb(g)::text, '') FROM legacy_grids g")
    )
    assert "张三" not in held


def tiles(count):
    side = int(count**0.5) + 1
    return [
        box(
            118 + at % side * 1e-4, 31 + at // side * 1e-4, 118 + at % side * 1e-4 + 5e-5, 31 + at // side * 1e-4 + 5e-5
        )
        for at in range(count)
    ]


def circle(corners):
    angle = np.linspace(0, 2 * np.pi, corners)
    return Polygon(np.column_stack([118 + np.cos(angle), 31 + np.sin(angle)]).round(3))  # so that it can be packed


def tangle(corners):
    return Polygon(np.random.default_rng(1).random((corners, 2)))


SQUARE = [box(118, 31, 119, 32)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: net_files.shapefile(tiles(40_000), ["x"] * 40_000), "40000 shapes, and at most 3000"),
        (lambda: net_files.geojson([shapely.multipolygons(tiles(11_000))]), "in 11000 pieces, and at most 10000"),
        (lambda: net_files.shapefile([circle(500_000)] * 2, ["a", "b"]), "1000000 corners, and at most 200000"),
        (lambda: net_files.shapefile([circle(60_000)], ["大"]), "Shape 1 (大) has 60000 corners"),
        (lambda: net_files.geojson(affinity.translate(one, 10, -3) for one in SQUARE), "it is one of another place"),
        (lambda: net_files.geojson([box(1e7, 1e7, 2e7, 2e7)]), "In none of the known systems"),
        (lambda: net_files.geojson([shapely.Point(118, 31)]), "There are no areas"),
        (lambda: b"hello", "This is no net of grids"),
        (lambda: b"PK\x03\x04 hello", "cannot be read as ZIP"),
        (lambda: net_files.geojson(SQUARE)[:120], "cannot be read as GeoJSON"),
        (lambda: net_files.geopackage(SQUARE, ["a"])[:9000], "cannot be read as GeoPackage"),
        (lambda: net_files.zipped({"a.zip": net_files.zipped({"a.shp": b""})}), "This is no net of grids"),
        (lambda: net_files.zipped({"a.kml": b"<kml>" + b" " * 110_000_000}), "larger than 100 MB"),
        (lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><kml/>', "document type"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_a_sentence(refused, content, words):
    assert words in refused(content())


def test_a_shape_that_nobody_can_mend_is_named_in_bounded_time(refused, monkeypatch):
    monkeypatch.setattr(reading, "PATIENCE", 5)
    assert "Shape 1 (乱) crosses itself so often" in refused(net_files.geojson([tangle(3000)], ["乱"]))


def test_a_file_that_is_read_twice_is_kept_once(sent, done, planner, today):
    made = sent(net_files.geojson(today[1], today[0]))
    for _ in range(2):
        done(made["job"])
    assert len(planner.get(f"{URL}/nets/{made['net']}").json["features"]) == len(today[0])


def test_what_is_sent_without_a_file_or_name_names_the_field(planner, district):
    for form, field in (
        ({"name": "a", "area_id": district}, "file"),
        ({"area_id": district, "file": (io.BytesIO(b"x"), "a")}, "name"),
        ({"name": "a", "area_id": "b", "file": (io.BytesIO(b"x"), "a")}, "area_id"),
        ({"name": "a", "area_id": district, "file": (io.BytesIO(b""), "a")}, "file"),
    ):
        answer = planner.post(f"{URL}/nets", data=form)
        assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_the_job_that_reads_a_net_is_told_to_nobody_else(sent, planner, client_as, today, session):
    community = session.scalar(
        text("SELECT p.area_id FROM appointments p JOIN users u ON u.id = p.user_id WHERE u.name = :name"),
        {"name": USERS["community_staff"]},
    )
    made = sent(net_files.geojson(today[1], today[0]), area=community)
    assert [one["job"] for one in planner.get(f"{URL}/nets").json["nets"]] == [made["job"]]
    (other,) = client_as("community_staff").get(f"{URL}/nets").json["nets"]
    assert (other["id"], other["state"], other["job"]) == (made["net"], "reading", None)


def test_who_does_not_redraw_the_whole_area_sees_nothing_of_its_nets(client_as, taken, today, district):
    net = taken(net_files.geojson(today[1], today[0]))
    staff = client_as("community_staff")
    assert staff.get(f"{URL}/nets").json["nets"] == []
    for answer in (
        staff.get(f"{URL}/nets/{net['id']}"),
        staff.delete(f"{URL}/nets/{net['id']}"),
        staff.post(f"{URL}/nets/{net['id']}/accept", json={"crs": "GCJ-02"}),
        staff.post(f"{URL}/overlay", json={"area_id": district}),
        staff.get(f"{URL}/overlay?area_id={district}"),
        staff.get(f"{URL}/gaps?area_id={district}"),
        staff.get(f"{URL}/crosswalk?area_id={district}&one={net['id']}"),
    ):
        assert answer.status_code == 404


def test_todays_grids_as_a_net_agree_with_today_in_everything(planner, taken, today, district, session):
    net = taken(net_files.geojson(today[1], today[0]))
    told = planner.get(f"{URL}/overlay?area_id={district}").json
    (laid,) = told["nets"]
    assert laid["as_today"] == 1
    assert sum(grid["households"] for grid in laid["grids"]) == told["households"]
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={net['id']}").json
    assert all(row["one"]["name"] == row["two"]["name"] for row in walk["rows"])
    assert sum(row["households"] for row in walk["rows"]) == told["households"]
    assert (walk["blocks"], walk["borders"]["one"]) == ([], [])
    (amiss,) = planner.get(f"{URL}/gaps?area_id={district}").json["nets"]
    assert amiss["households"] == {"in_no_grid": 0, "in_several": 0}
    assert amiss["doubles"] == []
    community = area_of(session, "community")  # the same, looked at from a part of the area
    told = planner.get(f"{URL}/overlay?area_id={community}").json
    assert [one["as_today"] for one in told["nets"]] == [1]
    assert None not in told["nets"][0]["of"]
    assert sum(grid["households"] for grid in told["nets"][0]["grids"]) == told["households"]


def combs(bounds, *, upright, count=4, corners=49_500):
    """Shapes beside each other of so many corners each, whose teeth all pass by every place between their ends."""
    west, south, east, north = bounds
    x = np.linspace(0, 1, corners - 3)
    teeth = np.where(np.arange(corners - 3) % 2, 0.99, 0.01)
    found = []
    for at in range(count):
        xy = np.vstack([np.column_stack([x, (at + teeth) / count]), [(1, at / count), (0, at / count)]])
        found.append(Polygon((xy if upright else xy[:, ::-1]) * (east - west, north - south) + (west, south)))
    return found


@pytest.fixture
def no_geometry(monkeypatch):
    """Takes away what GEOS answers about shapes, as long as this process is one that serves pages."""

    def forbid():
        def never(*_given, **_more):
            raise AssertionError("a net met GEOS where it cannot be killed")

        for name in ("prepare", "is_valid", "make_valid", "intersects", "contains", "contains_xy", "intersects_xy"):
            monkeypatch.setattr(shapely, name, never)
        monkeypatch.setattr(shapely.STRtree, "query", never)

    return forbid


@pytest.mark.parametrize("upright", [True, False])
def test_a_hostile_net_is_never_laid_over_the_blocks_by_what_serves_pages(
    taken, planner, today, district, no_geometry, upright, session
):
    bounds = shapely.total_bounds(np.array(today[1], dtype=object))
    shapes = combs(bounds, upright=upright)
    assert shapely.get_num_coordinates(np.array(shapes, dtype=object)).sum() == 198_000
    net = taken(net_files.geojson(shapes, ["一", "二", "三", "四"]))
    under = ground.under(session, district)
    inside = [np.flatnonzero(shapely.contains_xy(shape, under.places.xy)).tolist() for shape in shapes]
    planner.get(f"{URL}/overlay?area_id={district}")  # now the blocks are known, which GEOS may ask about
    no_geometry()
    comparing._laid_over.forget(lambda _: True)
    (laid,) = planner.get(f"{URL}/overlay?area_id={district}").json["nets"]
    assert sum(grid["blocks"] for grid in laid["grids"]) == sum(of is not None for of in laid["of"]) > 0
    (amiss,) = planner.get(f"{URL}/gaps?area_id={district}").json["nets"]
    held = under.places.households
    assert amiss["households"]["in_no_grid"] == held.sum() - held[sorted({at for one in inside for at in one})].sum()
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={net['id']}").json
    for name, members in zip(("一", "二", "三", "四"), inside, strict=True):
        assert sum(row["households"] for row in walk["rows"] if row["one"] and row["one"]["name"] == name) == sum(
            held[members]
        )


def test_a_hostile_net_is_never_weighed_by_the_worker_itself(read, today, monkeypatch):
    shapes = combs(shapely.total_bounds(np.array(today[1], dtype=object)), upright=True)
    query = shapely.STRtree.query

    def of_corners(tree, asked, *, predicate, **more):
        assert predicate == "dwithin"
        return query(tree, asked, predicate=predicate, **more)

    monkeypatch.setattr(shapely.STRtree, "query", of_corners)
    for name in ("prepare", "is_valid", "make_valid"):
        monkeypatch.delattr(shapely, name)
    report = read(net_files.geojson(shapes, ["一", "二", "三", "四"]))["net"]["report"]
    monkeypatch.undo()
    best = report["guesses"][0]
    assert best["code"] == "EPSG:4326"
    assert 0 < best["covered"] <= 1


def test_a_net_that_takes_too_long_to_weigh_is_refused_by_the_grid(refused, today, monkeypatch, tmp_path):
    slow, program, beside = tmp_path / "slow.py", reading.PROGRAM, reading.beside
    slow.write_text("import sys, time\nsys.stderr.write('weigh 2 \\n'); sys.stderr.flush(); time.sleep(60)")

    def slow_to_weigh(*given, **more):
        weighs = given[1:] == ("weigh",)
        monkeypatch.setattr(reading, "PROGRAM", slow if weighs else program)
        monkeypatch.setattr(reading, "PATIENCE", 2 if weighs else 60)
        return beside(*given, **more)

    monkeypatch.setattr(reading, "beside", slow_to_weigh)
    assert f"Grid 2 ({today[0][1]}) is drawn so finely" in refused(net_files.geojson(today[1], today[0]))


def test_a_pile_of_shapes_is_never_told_place_by_place(today):
    area = shapely.to_wkb(box(*shapely.total_bounds(np.array(today[1], dtype=object))), hex=True)
    middle = [float(x) for x in shapely.get_coordinates(shapely.centroid(today[1][0]))[0]]
    told = reading.beside(json.dumps({"shapes": [area] * 500, "places": [middle] * 2}).encode(), "lay")
    assert told == {"reason": "piled", "count": 500}


def test_no_file_is_written_where_a_program_that_is_killed_would_leave_it(read, today, monkeypatch, tmp_path):
    program = tmp_path / "nowhere.py"
    program.write_text(
        "import pathlib, runpy, tempfile\ntempfile.mkdtemp = pathlib.Path.write_bytes = None\n"
        f"runpy.run_path({str(reading.PROGRAM)!r}, run_name='__main__')"
    )
    monkeypatch.setattr(reading, "PROGRAM", program)
    for content in (net_files.shapefile(today[1], today[0]), net_files.geojson(today[1], today[0])):
        assert [one["properties"]["name"] for one in read(content)["features"]] == today[0]


def test_the_program_beside_is_gone_when_nobody_waits_for_it(monkeypatch, tmp_path):
    endless = tmp_path / "endless.py"
    endless.write_text(
        "import os, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "sys.stderr.write('lay 1 \\n'); sys.stderr.flush(); time.sleep(600)"
    )
    monkeypatch.setattr(reading, "PROGRAM", endless)

    def cancelled(_what, _number):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        reading.beside(b"", str(tmp_path / "number"), at=cancelled)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "number").read_text()), 0)


def test_a_net_that_takes_too_long_is_refused_by_the_grid_and_stays_as_it_was(
    read, accepted, planner, today, monkeypatch, tmp_path
):
    names, grids = today
    net = read(net_files.geojson(grids, names))["net"]
    slow = tmp_path / "slow.py"
    slow.write_text("import sys, time\nsys.stderr.write('lay 2 \\n'); sys.stderr.flush(); time.sleep(60)")
    monkeypatch.setattr(reading, "PROGRAM", slow)
    monkeypatch.setattr(reading, "PATIENCE", 1)
    with pytest.raises(Invalid) as refused:
        accepted(net["id"], "EPSG:4326")
    assert f"Grid 2 ({names[1]}) is drawn so finely" in refused.value.message
    assert planner.get(f"{URL}/nets/{net['id']}").json["net"]["state"] == "read"


def test_a_net_is_laid_over_the_blocks_once_until_they_or_its_system_change(
    planner, taken, accepted, done, today, district, session, monkeypatch
):
    asked, beside = [], reading.beside
    monkeypatch.setattr(reading, "beside", lambda *given, **more: asked.extend(given[1:]) or beside(*given, **more))
    net = taken(net_files.geojson(net_files.turned(today[1], "GCJ-02"), today[0]))
    look = [
        f"/overlay?area_id={district}",
        f"/gaps?area_id={district}",
        f"/crosswalk?area_id={district}&one={net['id']}",
    ]
    for address in look * 2:
        assert planner.get(f"{URL}{address}").status_code == 200
    (first,) = planner.get(f"{URL}{look[0]}").json["nets"]
    session.execute(text("UPDATE buildings SET address = address"))  # a new version of them, where they were
    assert planner.get(f"{URL}{look[0]}").json["nets"] == [first]
    assert asked == ["weigh", "lay"]
    session.execute(
        text("UPDATE buildings SET geom = ST_Translate(geom, 1e-6, 0) WHERE id = (SELECT min(id) FROM buildings)")
    )
    told = planner.get(f"{URL}{look[0]}").json
    assert (told["nets"], told["unlaid"]) == ([], [net["id"]])
    refused = planner.get(f"{URL}{look[2]}")
    assert (refused.status_code, refused.json["error"]["field"]) == (409, "one")
    job = planner.post(f"{URL}/overlay", json={"area_id": district}).json["job"]
    assert done(job) == {"nets": [net["id"]]}
    told = planner.get(f"{URL}{look[0]}").json
    assert (told["nets"], told["unlaid"]) == ([first], [])
    assert asked == ["weigh", "lay", "lay"]
    assert done(job) == {"nets": []}  # it is laid already
    accepted(net["id"], "EPSG:4326")
    (other,) = planner.get(f"{URL}{look[0]}").json["nets"]
    assert other["as_today"] < first["as_today"] == 1
    assert asked == ["weigh", "lay", "lay", "lay"]


def test_a_net_of_which_the_system_was_changed_meanwhile_is_not_laid_as_it_was(
    planner, taken, today, district, session, done, monkeypatch
):
    net = taken(net_files.geojson(today[1], today[0]))
    session.execute(text("UPDATE legacy_nets SET report = report - 'laid'"))
    job = planner.post(f"{URL}/overlay", json={"area_id": district}).json["job"]
    beside = reading.beside

    def change_and_ask(*given, **more):
        with Session.begin() as other:
            other.execute(text("UPDATE legacy_nets SET crs = 'GCJ-02'"))
        return beside(*given, **more)

    monkeypatch.setattr(reading, "beside", change_and_ask)
    done(job)
    assert planner.get(f"{URL}/overlay?area_id={district}").json["unlaid"] == [net["id"]]


def test_one_net_that_cannot_be_laid_holds_back_no_other(planner, taken, today, district, session, done, monkeypatch):
    nets = [taken(net_files.geojson(today[1], today[0]), name=name)["id"] for name in ("坏", "好")]
    session.execute(text("UPDATE legacy_nets SET report = report - 'laid'"))
    job = planner.post(f"{URL}/overlay", json={"area_id": district}).json["job"]
    beside, asked = reading.beside, []

    def first_is_slow(*given, **more):
        asked.append(given)
        return {"reason": "slow", "number": 1, "name": ""} if len(asked) == 1 else beside(*given, **more)

    monkeypatch.setattr(reading, "beside", first_is_slow)
    with pytest.raises(DomainError, match=f"坏: .*{today[0][0]}.*too long"):
        done(job)
    told = planner.get(f"{URL}/overlay?area_id={district}").json
    assert ([one["id"] for one in told["nets"]], told["unlaid"]) == (nets[1:], nets[:1])


def test_a_net_that_somebody_else_has_had_laid_is_not_laid_again(
    planner, taken, today, district, session, done, monkeypatch
):
    for name in ("一", "二"):
        taken(net_files.geojson(today[1], today[0]), name=name)
    session.execute(text("UPDATE legacy_nets SET report = report - 'laid'"))
    jobs = [planner.post(f"{URL}/overlay", json={"area_id": district}).json["job"] for _ in range(2)]
    beside, asked = reading.beside, []

    def both_at_once(*given, **more):
        asked.append(given)
        if len(asked) == 1:
            done(jobs[1])
        return beside(*given, **more)

    monkeypatch.setattr(reading, "beside", both_at_once)
    done(jobs[0])
    assert len(asked) == 3, "the first net by both, the second by one"
    assert planner.get(f"{URL}/overlay?area_id={district}").json["unlaid"] == []


def test_a_net_that_holds_nobody_is_no_net_like_todays(planner, taken, today, district, session):
    (x, y), *_ = shapely.get_coordinates(today[1][0])
    taken(net_files.geojson([box(x - 1e-7, y - 1e-7, x + 1e-7, y + 1e-7)], ["角"]))
    (laid,) = planner.get(f"{URL}/overlay?area_id={district}").json["nets"]
    assert laid["as_today"] is None
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={laid['id']}").json
    assert {row["one"] for row in walk["rows"]} == {None}
    (amiss,) = planner.get(f"{URL}/gaps?area_id={district}").json["nets"]
    assert amiss["doubles"] == []


def test_nets_of_two_communities_have_nothing_in_common(planner, taken, session, district):
    for community in session.scalars(
        text("SELECT DISTINCT community_id FROM grids ORDER BY community_id LIMIT 2")
    ).all():
        rows = session.execute(
            text("SELECT name, ST_AsBinary(geom) AS geom FROM grids WHERE community_id = :c"), {"c": community}
        ).all()
        grids = [shapely.from_wkb(bytes(row.geom)) for row in rows]
        taken(net_files.geojson(grids, [row.name for row in rows]), area=community)
    one, two = planner.get(f"{URL}/nets").json["nets"]
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={one['id']}&two={two['id']}").json
    assert (walk["rows"], walk["blocks"], walk["households"]) == ([], [], 0)


def test_the_net_of_a_community_leaves_no_gaps_in_others(planner, taken, today, district, session):
    community = area_of(session, "community")
    rows = session.execute(
        text("SELECT name, ST_AsBinary(geom) AS geom FROM grids WHERE community_id = :c ORDER BY id"), {"c": community}
    ).all()
    grids = [shapely.from_wkb(bytes(row.geom)) for row in rows]
    net = taken(net_files.geojson(grids, [row.name for row in rows]), area=community)
    (amiss,) = planner.get(f"{URL}/gaps?area_id={district}").json["nets"]
    assert amiss["gaps"] == []
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={net['id']}").json
    assert {row["one"]["name"] for row in walk["rows"]} <= {row.name for row in rows}
    same = planner.get(f"{URL}/crosswalk?area_id={community}&one={net['id']}").json
    assert [row["households"] for row in walk["rows"]] == [row["households"] for row in same["rows"]]


def test_a_grid_too_few_is_a_gap_and_one_too_many_double_cover(planner, taken, today, district, session):
    names, grids = today
    held = dict(
        session.execute(
            text("""
                SELECT g.name, sum(c.households)::int FROM grids g JOIN blocks b ON b.grid_id = g.id
                JOIN buildings u ON u.block_id = b.id JOIN entrances e ON e.building_id = u.id
                JOIN household_counts c ON c.entrance_id = e.id GROUP BY g.name
            """)
        ).all()
    )
    lost, twice = sorted(held, key=held.get)[-2:]
    kept = [(name, grid) for name, grid in zip(names, grids, strict=True) if name != lost]
    kept.append(("又一个", grids[names.index(twice)]))
    net = taken(net_files.geojson([grid for _, grid in kept], [name for name, _ in kept]))
    (amiss,) = planner.get(f"{URL}/gaps?area_id={district}").json["nets"]
    assert amiss["households"] == {"in_no_grid": held[lost], "in_several": held[twice]}
    assert sum(one["households"] for one in amiss["gaps"]) == held[lost]
    pair = max(amiss["doubles"], key=lambda one: one["households"])
    assert {one["name"] for one in pair["grids"]} == {twice, "又一个"}
    answer = planner.get(f"{URL}/crosswalk?area_id={district}&one=0&two={net['id']}&format=xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    outside = [row for row in rows if row[0] == lost]
    assert [(row[2], row[4]) for row in outside] == [("不在任何网格", held[lost])]


def test_levels_of_one_net_are_to_be_sent_one_at_a_time(read, accepted, today):
    names, grids = today
    net = read(net_files.geojson(grids * 12, names * 12))["net"]
    with pytest.raises(Invalid, match="12 shapes"):
        accepted(net["id"], "EPSG:4326")


def test_two_nets_become_one_draft_that_satisfies_most_of_both(planner, taken, today, district, done, session):
    names, grids = today
    east = [affinity.translate(grid, 0.002, 0) for grid in grids]
    nets = [taken(net_files.geojson(one, names), name=name)["id"] for one, name in ((grids, "综治"), (east, "环卫"))]
    walk = planner.get(f"{URL}/crosswalk?area_id={district}&one={nets[0]}&two={nets[1]}").json
    assert walk["blocks"]
    assert walk["borders"]["one"]
    wanted = {"id": str(uuid.uuid4()), "name": "合一", "area_id": district, "nets": nets}
    answer = planner.post(f"{URL}/proposal", json=wanted)
    assert answer.status_code == 202, answer.json
    told = done(answer.json["job"])
    assert told["plan"] == wanted["id"]
    assert all(0 < net["kept"] <= 1 for net in told["nets"])
    plan = planner.get(f"{PLANS}/{wanted['id']}").json
    assert (plan["name"], plan["state"], plan["version"]) == ("合一", "draft", 2)
    assert -1 not in plan["blocks"].values()
    faults = planner.get(f"{PLANS}/{wanted['id']}/faults").json
    assert faults["scores"]["in_range"] == told["scores"]["in_range"]
    assert not [fault for fault in faults["faults"] if fault["grave"]]
    assert done(answer.json["job"])["plan"] == wanted["id"]  # done again by another worker: nothing is made twice
    assert planner.get(f"{PLANS}/{wanted['id']}").json["version"] == 2
    assert planner.post(f"{URL}/proposal", json=wanted).status_code == 409


def merged(two):
    """Whether two blocks could be made one."""
    try:
        with Session.begin() as session:
            division.merge(session, stored.reader(session, by_name(session, USERS["planner"])[0]), two)
    except DomainError:
        return False
    return True


def test_one_plan_of_blocks_that_change_meanwhile_is_not_made(planner, taken, today, district, done, monkeypatch):
    net = taken(net_files.geojson(today[1], today[0]))
    wanted = {"id": str(uuid.uuid4()), "name": "合一", "area_id": district, "nets": [net["id"]]}
    job = planner.post(f"{URL}/proposal", json=wanted).json["job"]
    searched = proposing._searched

    def and_two_become_one(asked, seed):
        yield from searched(asked, seed)
        atoms, of = asked.ground.atoms, asked.ground.today.of
        pairs = np.flatnonzero(of[atoms.tail] == of[atoms.near])
        ids = [[int(atoms.keys[at]) for at in (atoms.tail[pair], atoms.near[pair])] for pair in pairs]
        assert any(merged(two) for two in ids)

    monkeypatch.setattr(proposing, "_searched", and_two_become_one)
    with pytest.raises(Conflict, match="have changed while the plan was looked for"):
        done(job)
    assert planner.get(f"{PLANS}/{wanted['id']}").status_code == 404


def test_a_net_that_is_deleted_is_gone_with_its_grids(planner, taken, today, session):
    net = taken(net_files.geojson(today[1], today[0]))
    assert planner.delete(f"{URL}/nets/{net['id']}").status_code == 204
    assert planner.get(f"{URL}/nets").json["nets"] == []
    assert session.scalar(text("SELECT count(*) FROM legacy_grids")) == 0
    assert session.scalar(text("SELECT count(*) FROM audit WHERE act = 'legacy.deleted'")) == 1
