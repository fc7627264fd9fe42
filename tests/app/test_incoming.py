"""What a request may bring: everything else is refused by a sentence about its field, before anything is made of it."""

import http.client
import json

import pytest

from app import incoming
from app.errors import Invalid, TooLarge, Unconditional
from app.patrols import schemas
from tests.app.places import places

LANGUAGE = "/api/v1/me/language"
ROUTES = "/api/v1/patrol-routes"
DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.fixture
def coordinator(client_as):
    return client_as("coordinator")


@pytest.fixture
def put(coordinator):
    """`put(body)` is the error of a body of JSON, and its status."""

    def send(body, content_type="application/json"):
        answer = coordinator.put(f"{LANGUAGE}?lang=en", data=body, content_type=content_type)
        return answer.status_code, answer.json["error"]

    return send


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        (b"", None, "The JSON cannot be read from line 1, column 1."),
        (b'{"language":\n "en"', None, "The JSON cannot be read from line 2, column 6."),
        (b"[1,]", None, "The JSON cannot be read from line 1, column 4."),
        (b"\xff", None, "The body is not UTF-8: byte 1."),
        ('{"language": "zh"}'.encode("utf-16"), None, "The body is not UTF-8: byte 1."),
        (b"[" * 60_000, None, "The JSON is nested more than 20 deep."),
        (DEEP, None, "The JSON is nested more than 20 deep."),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, None, "The JSON is nested more than 20 deep."),
        (b'{"language": NaN}', "language", "language: This must be a finite number."),
        (b'{"language": [0, -Infinity]}', "language.1", "language.1: This must be a finite number."),
        (b'{"language": 1e999}', "language", "language: This must be a finite number."),
        (b'{"language": %s}' % (b"9" * 5000), "language", "language: This must be a finite number."),
        (b'{"language": -%s}' % (b"9" * 21), "language", "language: This must be a finite number."),
        (b'{"language": "\\u0000"}', "language", "language: A text may not hold a NUL character."),
        (b'{"a\\u0000b": 1}', "ab", "ab: A text may not hold a NUL character."),
        (b'{"language": "\\ud800"}', "language", "language: A text may not hold half a character."),
        (b'{"\\udc00": 1}', "?", "?: A text may not hold half a character."),
        (b'{"language": "zh", "language": "en"}', "language", "language: This field stands twice."),
        (b'{"a": {"b": 1, "b": 1}}', "b", "b: This field stands twice."),
        (b'{"language": "%s"}' % (b"x" * 10_001), "language", "language: A text may have at most 10000 characters."),
        (b'{"%s": 1}' % (b"x" * 10_001), "x" * 100 + "…", None),
        (b'{"language": [%s 0]}' % (b"0," * 10_000), "language.10000", None),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence_about_it(body, field, sentence, put):
    status, found = put(body)
    assert (status, found["code"], found["field"]) == (400, "bad_request", field)
    assert sentence in {None, found["message"]}


def test_more_fields_than_any_form_of_ours_has_are_refused(put):
    status, found = put(json.dumps({"a": [{str(number): None} for number in range(1000)]}))
    assert (status, found["message"]) == (400, "a.999: The JSON may have at most 1000 fields.")


def test_what_is_within_the_limits_is_read_as_it_stands():
    body = {
        "text": 'a\\"]}[{' * 100 + "\U0001f600\\",
        "deep": [[[[[[[[[[[[[[[[[[1.5]]]]]]]]]]]]]]]]]],
        "numbers": [1, -1, 1e300, 2**63 - 1, -(2**63)] * 1000,
        "nothing": None,
        "yes": True,
    }
    raw = json.dumps(body).encode()
    assert incoming.depth(raw) == incoming.MOST_DEPTH - 1
    assert incoming.read_json(raw) == body
    assert incoming.read_json(b"\xef\xbb\xbf" + raw) == body


@pytest.mark.parametrize(
    ("raw", "deep"),
    [
        (b"", 0),
        (b'"[["', 0),
        (b'"\\"[["', 0),
        (b'["\\\\", [', 2),
        (b'"[[', 0),
        (b'"[[\\', 0),
        (b"]]]][", 0),
        (b'{"a": [{}, [[]]]}', 4),
        (b'["' + b'\\"' * 30_000, 1),
    ],
)
def test_depth_counts_what_lies_outside_texts(raw, deep):
    assert incoming.depth(raw) == deep


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None])
def test_json_is_taken_only_where_it_is_called_json(kind, put):
    status, found = put(b'{"language": "zh"}', content_type=kind)
    assert (status, found["code"], found["field"]) == (415, "unsupported", "Content-Type")


def test_json_of_any_kind_of_json_is_taken(coordinator):
    answer = coordinator.put(LANGUAGE, data=b'{"language": "zh"}', content_type="application/merge-patch+json")
    assert answer.status_code == 200


def test_a_body_over_64_kb_is_too_large_unless_it_brings_a_photo(put):
    status, found = put(json.dumps({"language": "x" * incoming.LARGEST_JSON}))
    assert (status, found["code"]) == (413, "too_large")
    assert found["message"] == "A request may bring at most 64 KB."


def test_a_refused_body_is_taken_in_so_that_its_sender_sees_the_refusal(live_server):
    """Two requests on one connection: a server that does not take in the first one's body closes it on the second."""
    connection = http.client.HTTPConnection(live_server.url.removeprefix("http://"), timeout=20)
    for path, size in (("/api/v1/incidents", 2**20), ("/login", 13 * 2**20), ("/nothing", 2**20)):
        headers = {"Content-Type": "multipart/form-data; boundary=x" if path == "/login" else "application/json"}
        connection.request("POST", path, body=b"x" * size, headers=headers)
        answer = connection.getresponse()
        assert answer.status in {401, 404, 413}
        assert answer.read()
        connection.request("GET", "/api/v1/health")
        assert connection.getresponse().read()
    connection.close()


def test_a_form_over_12_mb_is_too_large(coordinator, session):
    own, _ = places(session)
    body = b"x" * (incoming.LARGEST_BODY + 1)
    address = f"/api/v1/incidents/{own['incident']}/photo?lang=en"
    answer = coordinator.put(address, data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert answer.json["error"]["message"] == "A form may have at most 12 MB and 100 fields."


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_of_many_fields_is_too_large(kind, client):
    form = {f"field{number}": "1" for number in range(101)}
    answer = client.post("/login", data=form, content_type=kind, headers={"Accept": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_text_of_a_form_that_no_table_can_hold_is_refused_by_its_field(kind, client):
    answer = client.post("/login", data={"name": "a\0b"}, content_type=kind, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "name")
    answer = client.post(
        "/login", data={"name": "x" * 10_001}, content_type=kind, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "name")


def test_a_broken_form_is_no_mistake_of_ours(client):
    for body in (b"", b"--", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--", b"--x" * 5000):
        answer = client.post("/login", data=body, content_type="multipart/form-data; boundary=x")
        assert 400 <= answer.status_code < 500


def test_a_sentence_about_the_body_has_its_chinese(coordinator):
    answer = coordinator.put(LANGUAGE, data=DEEP, content_type="application/json")
    assert answer.json["error"]["message"] == "JSON 嵌套超过 20 层。"


@pytest.mark.parametrize(
    ("coordinates", "sentence"),
    [
        ([], "this must have two or more points of longitude and latitude"),
        ([[121.4, 31.2]], "this must have two or more points of longitude and latitude"),
        ([[121.4, 31.2], [121.4, 31.2]], "this must lead from one place to another"),
        ([[121.4, 31.2], [31.2, 121.4]], "point 2 must be longitude and latitude in degrees"),
        ([[121.4, 31.2], [121.4, 1e300]], "point 2 must be longitude and latitude in degrees"),
        ([[121.4, 31.2], [121.4]], "point 2 must be longitude and latitude in degrees"),
        ([[121.4, 31.2], [121.4, "31.2"]], "point 2 must be longitude and latitude in degrees"),
        ([[121.4, 31.2], [121.4, True]], "point 2 must be longitude and latitude in degrees"),
        ([[121.4, 31.2], None], "point 2 must be longitude and latitude in degrees"),
        ([[0, number / 10_000] for number in range(2001)], "this may have at most 2000 points"),
    ],
)
def test_a_drawn_line_is_refused_by_its_point(coordinates, sentence, coordinator):
    body = {"grid_id": 1, "name": "walk", "geometry": {"type": "LineString", "coordinates": coordinates}}
    answer = coordinator.post(f"{ROUTES}?lang=en", json=body)
    assert answer.status_code == 422
    assert answer.json["error"] == {"code": "validation", "message": f"geometry: {sentence}", "field": "geometry"}


def test_a_line_with_a_number_that_is_none_is_refused_by_its_place(coordinator):
    body = b'{"geometry": {"type": "LineString", "coordinates": [[121.4, 31.2], [121.4, NaN]]}}'
    answer = coordinator.post(ROUTES, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["field"]) == (400, "geometry.coordinates.1.1")


def test_a_million_points_are_refused_before_a_line_is_made(coordinator, monkeypatch):
    monkeypatch.setattr(schemas, "LineString", None)
    for points in (1_000_000, 4_000):  # beyond the size, and beyond what lists may hold
        body = b'{"geometry":{"type":"LineString","coordinates":[%s[1,1]]}}' % (b"[1,1],[1,2,1]," * points)
        assert coordinator.post(ROUTES, data=body, content_type="application/json").status_code in {400, 413}


def test_too_large_says_by_which_limit(app):
    with app.test_request_context(content_type="multipart/form-data; boundary=x"):
        assert "12 MB" in str(TooLarge(incoming.limits()))


@pytest.mark.parametrize(("given", "seen"), [('"3"', 3), ("3", 3), ('W/"12"', 12), (' "0" ', 0)])
def test_if_match_names_the_version_that_was_seen(given, seen, app):
    with app.test_request_context(headers={"If-Match": given}):
        assert incoming.seen_version() == seen


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("", Unconditional),
        ('""', Unconditional),
        ("*", Invalid),
        ('"-1"', Invalid),
        ('"1", "2"', Invalid),
        ("9" * 11, Invalid),
    ],
)
def test_what_names_no_version_is_refused_by_the_name_of_the_header(given, error, app):
    with app.test_request_context(headers={"If-Match": given}), pytest.raises(error) as refused:
        incoming.seen_version()
    assert refused.value.field == "If-Match"
