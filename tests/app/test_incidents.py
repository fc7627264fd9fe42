"""Incidents: reported once, placed by the server, with a photo that tells nothing about who took it."""

import io
import struct
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts.queries import by_name
from app.areas.scope import EVERYTHING
from app.errors import Invalid
from app.incidents.models import IncidentCategory
from app.incidents.photos import clean
from app.incidents.service import Report, report_incident
from tests.app.test_register import HOMES
from tests.fixtures.town import USERS

INCIDENTS = "/api/v1/incidents"
EAST = 0.00001  # degrees of longitude: about 0.95 m in the demo town


def a_place(session, *, inside=True):
    return session.execute(text(HOMES), {"worker": USERS["grid_worker"], "inside": inside}).one()


@pytest.fixture
def place(session):
    """A building with its grid and a point in it, in the worker's grid."""
    return a_place(session)


@pytest.fixture
def body(place):
    return {
        "id": str(uuid.uuid4()), "lon": place.lon, "lat": place.lat, "category": "flooding", "text": "地下车库进水",
    }  # fmt: skip


def jpeg(size=(640, 480), *, orientation=1):
    """A photo with a red left half and a GPS position, an owner and a comment in its metadata."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x9286] = "SECRET"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"SECRET", quality=95)
    return out.getvalue()


def send_photo(client, number, content, name="photo.jpg"):
    """Send a multipart body made by hand: werkzeug's own leaves its temporary file open."""
    head = f'--edge\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'.encode()
    body = head + content + b"\r\n--edge--\r\n"
    return client.put(f"{INCIDENTS}/{number}/photo", data=body, content_type="multipart/form-data; boundary=edge")


def test_the_server_finds_grid_building_address_and_the_responsible_worker(client_as, body, place, session):
    session.execute(
        text("UPDATE posts SET holder = '网格员甲' WHERE grid_id = :grid AND role = 'full_time_worker'"),
        {"grid": place.grid},
    )
    answer = client_as("grid_worker").post(INCIDENTS, json=body)
    properties = answer.json["properties"]
    assert answer.status_code == 201
    assert (properties["category"], properties["text"], properties["state"]) == ("flooding", body["text"], "reported")
    assert properties["grid"]["id"] == place.grid
    assert properties["community"]["id"] == place.community
    assert properties["building"]["id"] == place.building
    assert properties["address"] == place.address
    assert properties["responsible"] == {"post": "full_time_worker", "name": "网格员甲"}
    assert answer.json["geometry"]["coordinates"] == pytest.approx([place.lon, place.lat], abs=1e-6)


@pytest.mark.parametrize(("metres", "found"), [(14, True), (16, False)])
def test_a_place_within_15_m_of_a_building_is_at_this_building(client_as, body, session, metres, found):
    east = session.execute(
        text("""
            SELECT b.id, ST_XMax(b.geom) AS lon, ST_Y(ST_PointN(ST_ExteriorRing(ST_GeometryN(b.geom, 1)), n.at)) AS lat
            FROM buildings b JOIN blocks k ON k.id = b.block_id,
              LATERAL (SELECT i AS at FROM generate_series(1, ST_NPoints(ST_ExteriorRing(ST_GeometryN(b.geom, 1)))) i
                       ORDER BY ST_X(ST_PointN(ST_ExteriorRing(ST_GeometryN(b.geom, 1)), i)) DESC LIMIT 1) n
            WHERE NOT EXISTS (SELECT FROM buildings o WHERE o.id <> b.id
                              AND ST_DWithin(o.geom::geography, b.geom::geography, 60))
              AND ST_Contains(k.geom, ST_Point(ST_XMax(b.geom) + 0.0003, ST_Y(ST_Centroid(b.geom)), 4326))
            ORDER BY b.id LIMIT 1
        """)
    ).one()
    width = session.scalar(
        text(
            "SELECT ST_Distance(ST_Point(:lon, :lat, 4326)::geography, ST_Point(:lon + :east, :lat, 4326)::geography)"
        ),
        {"lon": east.lon, "lat": east.lat, "east": EAST},
    )
    body |= {"lon": east.lon + EAST * metres / width, "lat": east.lat}
    building = client_as("coordinator").post(INCIDENTS, json=body).json["properties"]["building"]
    assert (building is not None and building["id"] == east.id) is found


def test_the_same_report_sent_again_is_kept_once(client_as, body, session):
    client = client_as("grid_worker")
    first, second = client.post(INCIDENTS, json=body), client.post(INCIDENTS, json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert session.scalar(text("SELECT count(*) FROM incidents WHERE id = :id"), {"id": body["id"]}) == 1
    assert session.scalar(text("SELECT count(*) FROM audit WHERE act = 'incident.reported'")) == 1


@pytest.mark.parametrize("change", [{"text": "别的"}, {"category": "fire"}, {"lon": None}])
def test_the_same_id_with_other_content_is_a_conflict(client_as, body, place, change):
    client = client_as("grid_worker")
    client.post(INCIDENTS, json=body)
    if "lon" in change:
        change = {"lon": place.lon + EAST}
    answer = client.post(INCIDENTS, json=body | change)
    assert (answer.status_code, answer.json["error"]["field"]) == (409, "id")


def test_the_same_report_of_somebody_else_is_a_conflict(client_as, body):
    assert client_as("grid_worker").post(INCIDENTS, json=body).status_code == 201
    assert client_as("coordinator").post(INCIDENTS, json=body).status_code == 409


def test_a_report_that_arrives_many_times_at_once_is_kept_once(fresh_database):
    with fresh_database() as database:
        engine = create_engine(database.owner, pool_size=8)
        with SqlSession(engine) as session:
            at, who = a_place(session), by_name(session, USERS["coordinator"])[0]
        report = Report(uuid.uuid4(), at.lon, at.lat, IncidentCategory.FIRE, "")
        fresh = []

        def send():
            with SqlSession(engine) as own, own.begin():
                fresh.append(report_incident(own, EVERYTHING, who, report))

        threads = [Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
    assert sorted(fresh) == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "水" * 2001}, "text"),
        ({"category": "gossip"}, "category"),
        ({"id": "1"}, "id"),
        ({"lon": 181}, "lon"),
        ({"lat": "north"}, "lat"),
        ({"reported_by": 1}, "reported_by"),
        ({"state": "closed"}, "state"),
    ],
)
def test_a_bad_report_is_refused_naming_the_field(client_as, body, change, field):
    answer = client_as("grid_worker").post(INCIDENTS, json=body | change)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_the_longest_text_is_kept_whole(client_as, body):
    answer = client_as("grid_worker").post(INCIDENTS, json=body | {"text": "水" * 2000})
    assert answer.json["properties"]["text"] == "水" * 2000


def test_a_place_outside_the_area_is_not_found(client_as, body, session):
    foreign = a_place(session, inside=False)
    client = client_as("grid_worker")
    for lon, lat in [(foreign.lon, foreign.lat), (0, 0)]:
        answer = client.post(INCIDENTS, json=body | {"lon": lon, "lat": lat})
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_an_administrator_reports_nothing(client_as, body):
    assert client_as("administrator").post(INCIDENTS, json=body).status_code == 403


def test_incidents_are_listed_newest_first_and_filtered(client_as, body, session):
    client = client_as("grid_worker")
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for age, number in enumerate(reversed(ids)):
        client.post(INCIDENTS, json=body | {"id": number, "category": "fire" if age == 1 else "flooding"})
        session.execute(
            text("UPDATE incidents SET reported_at = now() - make_interval(hours => :age) WHERE id = :id"),
            {"age": 3 - age, "id": number},
        )

    def listed(**query):
        return [feature["id"] for feature in client.get(INCIDENTS, query_string=query).json["features"]]

    assert listed() == ids
    assert listed(category="fire") == [ids[1]]
    assert listed(state="closed") == []
    assert listed(since=(datetime.now(UTC) - timedelta(hours=1.5)).isoformat()) == [ids[0]]
    west, south = body["lon"] - 1e-4, body["lat"] - 1e-4
    assert listed(bbox=f"{west},{south},{west + 2e-4},{south + 2e-4}") == ids
    assert listed(bbox="0,0,1,1") == []


def test_incidents_come_page_by_page(client_as, body):
    client = client_as("grid_worker")
    for _ in range(5):
        client.post(INCIDENTS, json=body | {"id": str(uuid.uuid4())})
    seen, address = [], f"{INCIDENTS}?limit=2"
    while address:
        page = client.get(address).json
        seen += [feature["id"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"]), None)
    assert len(seen) == len(set(seen)) == 5


def test_an_incident_elsewhere_does_not_exist_for_the_worker(client_as, body, session):
    foreign = a_place(session, inside=False)
    coordinator, worker = client_as("coordinator"), client_as("grid_worker")
    assert coordinator.post(INCIDENTS, json=body | {"lon": foreign.lon, "lat": foreign.lat}).status_code == 201
    assert send_photo(coordinator, body["id"], jpeg()).status_code == 200
    assert worker.get(f"{INCIDENTS}/{body['id']}").status_code == 404
    assert worker.get(f"{INCIDENTS}/{body['id']}/photo").status_code == 404
    assert worker.get(INCIDENTS).json["features"] == []
    assert coordinator.get(f"{INCIDENTS}/{body['id']}/photo").status_code == 200


@pytest.fixture
def reported(client_as, body):
    """The client of the reporter, and the id of what it reported."""
    client = client_as("grid_worker")
    client.post(INCIDENTS, json=body)
    return client, body["id"]


def kept_photo(client, number):
    answer = client.get(f"{INCIDENTS}/{number}/photo")
    assert answer.mimetype == "image/jpeg"
    return answer.data, Image.open(io.BytesIO(answer.data))


def test_a_photo_loses_its_exif_and_comment_and_keeps_its_picture(reported):
    client, number = reported
    answer = send_photo(client, number, jpeg())
    assert answer.json["properties"]["photo"]["width"] == 640
    content, image = kept_photo(client, number)
    assert not image.getexif()
    assert b"SECRET" not in content
    assert b"Exif" not in content
    assert image.getpixel((10, 240))[0] > 200
    assert image.getpixel((630, 240))[2] > 200


def test_a_photo_taken_upright_stands_upright(reported):
    client, number = reported
    send_photo(client, number, jpeg(orientation=6))  # the camera lay on its left side
    _, image = kept_photo(client, number)
    assert image.size == (480, 640)
    assert image.getpixel((240, 10))[0] > 200


def test_a_large_photo_is_made_smaller_and_a_second_one_replaces_it(reported):
    client, number = reported
    send_photo(client, number, jpeg((4000, 3000)))
    assert kept_photo(client, number)[1].size == (2048, 1536)
    send_photo(client, number, jpeg((100, 50)))
    assert kept_photo(client, number)[1].size == (100, 50)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_become_jpeg_with_what_is_transparent_white(reported, kind):
    client, number = reported
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, kind)
    assert send_photo(client, number, out.getvalue(), "photo.bin").status_code == 200
    assert min(kept_photo(client, number)[1].getpixel((5, 5))) > 250


def png_that_promises(width, height):
    """A PNG of a few bytes that unpacks to `width` × `height` pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
        (b"GIF89a" + b"\0" * 50, 422),
        (jpeg()[:200], 422),
        (png_that_promises(30_000, 30_000), 422),
        (png_that_promises(9_000, 9_000), 422),
        (b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024), 413),
        (b"\xff\xd8\xff" + b"\0" * (13 * 1024 * 1024), 413),
    ],
    ids=["nothing", "svg", "gif", "cut off", "bomb", "small bomb", "over 10 MB", "over the limit of any body"],
)
def test_what_is_no_photo_is_refused_and_not_kept(reported, content, status):
    client, number = reported
    assert send_photo(client, number, content).status_code == status
    assert client.get(f"{INCIDENTS}/{number}/photo").status_code == 404


def test_a_photo_that_would_take_much_memory_is_refused_by_its_header(app):
    progressive = io.BytesIO()
    Image.new("L", (5000, 5000)).save(progressive, "JPEG", progressive=True)
    with app.test_request_context("/?lang=en"):
        for content in (png_that_promises(4100, 3000), png_that_promises(60_000, 60_000), progressive.getvalue()):
            with pytest.raises(Invalid, match="too many pixels"):
                clean(io.BytesIO(content))


def test_a_request_without_the_photo_field_is_refused(reported):
    client, number = reported
    answer = client.put(f"{INCIDENTS}/{number}/photo", data={"picture": (io.BytesIO(jpeg()), "a.jpg")})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "photo")


def test_only_the_reporter_adds_the_photo(reported, client_as):
    _, number = reported
    assert send_photo(client_as("coordinator"), number, jpeg()).status_code == 403
    assert send_photo(client_as("coordinator"), uuid.uuid4(), jpeg()).status_code == 404


def test_the_list_of_incidents_is_not_sent_again_until_one_is_added(reported, body):
    client, _ = reported
    tag = {"If-None-Match": client.get(INCIDENTS).headers["ETag"]}
    unchanged = client.get(INCIDENTS, headers=tag)
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (304, "no-store")
    client.post(INCIDENTS, json=body | {"id": str(uuid.uuid4())})
    assert client.get(INCIDENTS, headers=tag).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("0414-02-14T02:29:48%2B23:21", 200),
        ("0001-01-01T00:00:00Z", 200),
        ("9999-12-31T23:59:59-23:59", 422),
        ("0001-01-01T00:00:00%2B23:59", 422),
        ("2026-05-01T08:00:00", 422),
    ],
)
def test_an_instant_of_any_zone_and_time_is_taken_or_refused(since, status, reported):
    client, _ = reported
    assert client.get(f"{INCIDENTS}?since={since}").status_code == status


def test_every_category_has_a_label_and_a_colour(client_as):
    categories = client_as("planner").get("/api/v1/incident-categories?lang=zh").json
    assert {one["category"] for one in categories} == set(IncidentCategory)
    assert "火情" in {one["label"] for one in categories}
