"""`make fuzz`: thousands of cases against a real server on a copy of the town; how many, how slow, how much memory.

Fails on any answer of 500 and above, any that is not documented, any that takes over a second, and a worker that grows
by over 256 MB. WANGGE_FUZZ_CASES sets how many cases there are of each kind (5,000), WANGGE_FUZZ_SECONDS how long an
answer may take on a machine that has other work to do.
"""

import io
import os
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

import app.areas.models  # noqa: F401 (a user stands in an area)
from app.accounts.models import Role
from app.accounts.service import issue_token
from tests.app.places import places
from tests.fixtures.town import USERS
from tests.fuzz.cases import CHECKS, Tally, api_cases, called, geometry_cases, judge, many
from tests.fuzz.planning_cases import planning_bodies
from tests.fuzz.test_fuzz import known_places, planned, town_of

CASES = int(os.environ.get("WANGGE_FUZZ_CASES", "5000"))
SLOWEST = float(os.environ.get("WANGGE_FUZZ_SECONDS", "1"))
LARGEST = 256  # MB that a worker may take for its answers
AGAIN = 4  # times that a slow request is sent again, for the machine may have been busy
NOBODY = "nobody"


# Every request counts as the first of its minute, or the pace would hide what lies behind it.
WITHOUT_PACE = """
    CREATE FUNCTION fresh() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.asked := 1; RETURN NEW; END';
    CREATE TRIGGER fresh BEFORE INSERT OR UPDATE ON paces FOR EACH ROW EXECUTE FUNCTION fresh()
"""


@pytest.fixture(scope="module")
def town(live_server):
    """What there is in the grid worker's community, and the headers of each role."""
    engine = create_engine(live_server.database.owner, poolclass=NullPool)
    with SqlSession(engine) as session, session.begin():
        own = planned(session, places(session)[0])
        session.execute(text(WITHOUT_PACE))
        session.execute(text("CREATE TABLE appointed AS TABLE appointments"))
        headers = {role: {"Authorization": f"Bearer {issue_token(session, USERS[role])}"} for role in Role}
    return own, {**headers, NOBODY: {}}


@pytest.fixture(autouse=True)
def everybody_in_their_post(live_server, town):
    """Give everybody back what a security officer or an administrator has taken from them in an earlier case."""
    with create_engine(live_server.database.owner, poolclass=NullPool).begin() as connection:
        connection.execute(text("UPDATE users SET disabled_at = NULL"))
        connection.execute(text("DELETE FROM appointments"))
        connection.execute(text("INSERT INTO appointments SELECT * FROM appointed"))


@pytest.fixture(scope="module")
def tallies(live_server):
    """The counts of each kind of case; told at the end with how much memory a worker took for them."""
    counted = defaultdict(Tally)
    workers = serving(live_server.url)
    before = {worker: megabytes(worker, "VmRSS") for worker in workers}
    for worker in workers:
        (worker / "clear_refs").write_text("5")  # the peak, which was reached while code was loaded, begins anew
    yield counted
    assert serving(live_server.url) == workers, "a worker has died"
    grown = {worker: megabytes(worker, "VmHWM") - before[worker] for worker in workers}
    print()
    for kind, tally in counted.items():
        print(f"{kind}: {tally}")
    print("memory of the workers:", *(f"{before[one]:.0f} + {grown[one]:.0f} MB" for one in sorted(workers)))
    assert max(grown.values()) < LARGEST


def serving(url):
    """The folders in /proc of this server's processes, once they have loaded what they need."""
    requests.get(f"{url}/api/v1/health", timeout=60)
    mark = f"WANGGE_PORT={urlsplit(url).port}\0".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.add(folder)
    return found


def megabytes(process, what):
    """How much memory a process holds (VmRSS) or has held at most (VmHWM)."""
    return int((process / "status").read_text().split(f"{what}:")[1].split()[0]) / 1024


def timed(send, tally, label):
    """The answer of `send()`, counted; sent again where it was slow, and fails where it is slow each time."""
    for _ in range(1 + AGAIN):
        start = time.perf_counter()
        answer = send()
        seconds = time.perf_counter() - start
        tally.add(label, answer.status_code, seconds)
        if seconds <= SLOWEST:
            return answer
    pytest.fail(f"{label} takes {seconds:.2f} s")


@pytest.mark.parametrize("role", [*Role, NOBODY])
def test_every_operation_answers_as_it_is_documented(role, live_server, town, tallies):
    own, headers = town
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    session = requests.Session()

    @many(CASES // (len(Role) + 1) + 1)
    @given(api_cases(schema, known_places(own)))
    def send(case):
        answer = timed(
            partial(called, case, session=session, headers=headers[role]), tallies["OpenAPI"], case.operation.label
        )
        case.validate_response(answer, checks=CHECKS)

    send()


def test_no_place_and_no_shape_is_a_mistake_of_ours(live_server, town, tallies):
    own, headers = town
    session = requests.Session()
    place = town_of(own)

    @many(CASES)
    @given(
        st.one_of(geometry_cases(place), planning_bodies(place)),
        st.sampled_from([Role.GRID_WORKER, Role.COORDINATOR, Role.PLANNER]),
    )
    def send(request, role):
        more = headers[role] | ({"Content-Type": "application/json"} if request.body else {})
        url = live_server.url + request.address
        answer = timed(
            partial(session.request, request.method, url, data=request.body, headers=more, allow_redirects=False),
            tallies["places and shapes"],
            f"{request.method} {request.address[:100]}",
        )
        judge(request, answer.status_code, answer.headers["Content-Type"].partition(";")[0], answer.content)

    send()


HUGE = {
    "a million points": b'{"geometry":{"type":"LineString","coordinates":[%s[1,1]]}}' % (b"[121.4,31.2]," * 1_000_000),
    "10,000 deep": b'{"geometry":%s%s}' % (b"[" * 10_000, b"]" * 10_000),
    "32,000 deep": b"[" * 32_000 + b"]" * 32_000,
    "objects 9,000 deep": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "numbers": b'{"geometry":[%s0]}' % (b"0," * 30_000),
    "fields": b"{%s}" % b",".join(b'"%d":0' % number for number in range(7000)),
    "one field": b"{%s}" % b",".join(b'"a":0' for _ in range(10_000)),
    "quotes": b'["' + b'\\"' * 30_000,
    "backslashes": b'["' + b"\\" * 60_000,
    "digits": b'{"lon":%s}' % (b"9" * 60_000),
    "decimals": b'{"lon":0.%s}' % (b"9" * 60_000),
    "an exponent": b'{"lon":1e%s}' % (b"9" * 60_000),
    "a text": b'{"text":"%s"}' % (b"x" * 60_000),
    "blanks": b" " * 65_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_refused_at_once(name, live_server, town, tallies):
    _, headers = town
    more = headers[Role.COORDINATOR] | {"Content-Type": "application/json"}
    for method, path in (("POST", "patrol-routes"), ("POST", "incidents"), ("PUT", "me/language")):
        answer = timed(
            partial(requests.request, method, f"{live_server.url}/api/v1/{path}", data=HUGE[name], headers=more),
            tallies["huge bodies"],
            f"{name} to {path}",
        )
        assert 400 <= answer.status_code < 500
        assert answer.json()["error"]["message"]


def test_a_line_that_crosses_itself_a_million_times_is_judged_at_once(live_server, town, tallies):
    own, headers = town
    scribble = [[round(own["lon"] + n % 2 * 1e-3, 7), round(own["lat"] + n % 3 * 1e-4, 7)] for n in range(1990)]
    body = {"grid_id": own["grid"], "name": "walk", "geometry": {"type": "LineString", "coordinates": scribble}}
    send = partial(
        requests.post, f"{live_server.url}/api/v1/patrol-routes", json=body, headers=headers[Role.COORDINATOR]
    )
    assert timed(send, tallies["a scribble"], "POST /api/v1/patrol-routes").status_code in {201, 422}


def test_the_largest_photos_at_once_do_not_fill_the_memory(live_server, town, tallies):
    own, headers = town
    photos = [
        ("PNG", "RGBA", (4000, 3000), {}),
        ("WEBP", "RGB", (3200, 2500), {}),
        ("JPEG", "RGB", (8000, 8000), {}),
        ("JPEG", "RGB", (4800, 5000), {"progressive": True}),
        ("PNG", "RGB", (8000, 8000), {}),
    ]

    def put(photo):
        kind, mode, size, options = photo
        out = io.BytesIO()
        Image.effect_noise(size, 20).convert(mode).resize(size).save(out, kind, quality=20, **options)
        content = out.getvalue() if out.tell() < 10 * 2**20 else b""
        files = {"photo": ("photo", content)}
        url = f"{live_server.url}/api/v1/incidents/{own['incident']}/photo"
        start = time.perf_counter()
        answer = requests.put(url, files=files, headers=headers[Role.GRID_WORKER], timeout=30)
        tallies["photos"].add(f"{kind} {size}", answer.status_code, time.perf_counter() - start)
        return answer.status_code

    with ThreadPoolExecutor(len(photos)) as pool:
        assert set(pool.map(put, photos)) <= {200, 422}
