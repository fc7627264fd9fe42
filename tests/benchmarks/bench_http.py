"""What people wait for: zones over HTTP, twenty at once, and the coverage of the demo; and what a worker holds."""

import json
import re
import statistics
import subprocess
import sys
import threading
import time
import uuid
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts import queries as accounts
from app.accounts import tokens
from app.accounts.models import Role
from app.accounts.service import add_user
from app.cluster import roles
from gis.network_file import write
from gis.travel import Mode
from tests.benchmarks.report import Row
from tests.fixtures.web import serving

GROUP = "Over HTTP"
AT_ONCE, EACH, WARM = 20, 12, 3
EDITS = 200  # of a plan
DISTRICT = "SELECT code FROM areas WHERE id = :id"
# A worker of its own: it maps the file, draws zones in it, and tells what it holds.
HOLDER = """
import json, sys
from pathlib import Path
import numpy as np
from gis.contours import zones
from gis.network_file import read
from gis.reach import reach
from gis.travel import Mode
network = read(Path(sys.argv[1]), "bench")
net = network.by(Mode(sys.argv[2]))
for lonlat in json.loads(sys.argv[3]):
    zones(reach(net, net.attach(network.frame.metres(np.array([lonlat]))), 600.0), [60, 180, 300, 600])
told = {k: int(v.split()[0]) for k, v in (line.split(":", 1) for line in
        Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def keys(store, towns):
    """A token for each of the users who ask at once: each has a pace of their own."""
    roles.grant(store)
    made = []
    with Session(create_engine(store.owner, poolclass=NullPool)) as session, session.begin():
        code = towns["demo"].session.execute(text(DISTRICT), {"id": towns["demo"].district}).scalar_one()
        for number in range(AT_ONCE):
            name = f"bench-{number}"
            add_user(session, name=name, role=Role.COORDINATOR, area_code=code)
            who = accounts.by_name(session, name)
            assert who is not None
            made.append(tokens.issue(session, who[0], by=None, name="bench"))
    return code, made


@pytest.fixture(scope="module")
def served(store, keys, tmp_path_factory):
    """`wangge serve` on the benchmarks' database."""
    with serving(store, tmp_path_factory.mktemp("bench-http")) as url:
        yield url, keys


def test_twenty_zones_at_once(served, towns, report):
    url, (_, made) = served
    origins = towns["demo"].origins(Mode.FOOT, AT_ONCE * 3)
    for mode, name in (("foot", "on foot"), ("car", "by car")):
        taken: list[float] = []
        together = threading.Barrier(AT_ONCE)

        def ask(number, token, mode=mode, taken=taken, together=together):
            # The bare client: the server shares its cores with whoever asks.
            with closing(HTTPConnection(urlsplit(url).netloc)) as client:
                for turn in range(WARM + EACH):
                    if turn == WARM:
                        together.wait()
                    lon, lat = origins[(number + turn) % len(origins)].lonlat
                    path = f"/api/v1/response/zone?lon={lon}&lat={lat}&minutes=1,3,5,10&mode={mode}"
                    began = time.perf_counter()
                    client.request("GET", path, headers={"Authorization": f"Bearer {token}"})
                    answer = client.getresponse()
                    answer.read()
                    if turn >= WARM:
                        taken.append((time.perf_counter() - began) * 1000)
                    assert answer.status in {200, 404}  # roads lead out of the district

        threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(made)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        p95 = statistics.quantiles(taken, n=20)[-1]
        work = f"zone, four contours with households, {name}, {AT_ONCE} at once, p95"
        report.add(Row(GROUP, work, "demo", "ms", p95, "", None, "≤ 100 ms", p95 <= 100))
    held = max(held_by(url), default=0)
    report.add(Row(GROUP, "memory of a worker after these zones (PSS)", "demo", "MB", held, "", None, "", None))


def test_one_minute_coverage_of_the_demo(served, report):
    url, (code, made) = served
    with requests.Session() as client:
        client.headers["Authorization"] = f"Bearer {made[0]}"
        areas = client.get(f"{url}/api/v1/coverage/views").json()["areas"]
        area = next(one["id"] for one in areas if one.get("code") == code or one.get("level") == "district")
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            answer = client.get(f"{url}/api/v1/coverage?area={area}&preset=response_1")
            answer.json()
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.text
    for name, value in (("first", taken[0]), ("again", statistics.median(taken[1:]))):
        work = f"one-minute coverage of 117,700 households, request to answer read, {name}"
        report.add(Row(GROUP, work, "demo", "ms", value, "", None, "≤ 1,000 ms", value <= 1000))


def test_a_planner_redraws_the_demo(served, store, report):
    url, (code, _) = served
    with Session(create_engine(store.owner, poolclass=NullPool)) as session, session.begin():
        add_user(session, name="bench-planner", role=Role.PLANNER, area_code=code)
        who, _ = accounts.by_name(session, "bench-planner")
        token = tokens.issue(session, who, by=None, name="bench")
        area = session.execute(text("SELECT id FROM areas WHERE code = :code"), {"code": code}).scalar_one()
    with requests.Session() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        plans = f"{url}/api/v1/plans"
        plan = client.post(plans, json={"id": str(uuid.uuid4()), "name": "bench", "area_id": area}).json()
        ground = [_timed(client.get, f"{plans}/{plan['id']}/ground")[0] for _ in range(6)]
        drawn, version = [], plan["version"]
        numbers = sorted(plan["grids"], key=int)
        for at, (block, number) in enumerate(list(plan["blocks"].items())[:EDITS]):
            community = plan["grids"][str(number)]["community"]
            same = [int(n) for n in numbers if plan["grids"][n]["community"] == community]
            change = {"blocks": {block: [number, same[at % len(same)]]}}
            took, answer = _timed(
                client.post, f"{plans}/{plan['id']}/edits", json=change, headers={"If-Match": f'"{version}"'}
            )
            assert answer.status_code == 200, answer.text
            version = answer.json()["version"]
            drawn.append(took)
    size = f"demo, {len(plan['blocks']):,} blocks"
    again = statistics.median(ground[1:])
    report.add(Row(GROUP, "the ground of a plan, made", size, "ms", ground[0], "", None, "", None))
    report.add(Row(GROUP, "the ground of a plan, as kept", size, "ms", again, "", None, "≤ 1,000 ms", again <= 1000))
    p95 = statistics.quantiles(drawn, n=20)[-1]
    report.add(Row(GROUP, "an edit of one block of a plan, p95", size, "ms", p95, "", None, "≤ 30 ms", p95 <= 30))


def _timed(ask, *args, **options):
    """The milliseconds until an answer was read, and the answer."""
    began = time.perf_counter()
    answer = ask(*args, **options)
    assert answer.content
    return (time.perf_counter() - began) * 1000, answer


def test_what_a_worker_holds_of_a_million_junctions(big, report, tmp_path):
    file = tmp_path / "million.network"
    write(file, big.network, "bench")
    origins = json.dumps([origin.lonlat for origin in big.origins(Mode.CAR, 5)])
    command = [sys.executable, "-c", HOLDER, str(file), "car", origins]
    worker = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path.cwd())
    told = json.loads(worker.stdout)
    rss = told["Rss"] / 1024
    size = file.stat().st_size / 2**20
    note = f"the file has {size:.0f} MB and is shared"
    work = "a worker's memory (RSS) with the network"
    report.add(Row(GROUP, work, big.name, "MB", rss, "", None, "≤ 400 MB", rss <= 400, note))
    report.add(Row(GROUP, "of which it does not share, dirty", big.name, "MB", told["Private_Dirty"] / 1024))


def held_by(url):
    """Megabytes (PSS) of each process of the server at `url`."""
    port = re.search(r":(\d+)$", url).group(1)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"WANGGE_PORT={port}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                yield int(found.group(1)) / 1024 if found else 0
        except (OSError, PermissionError):
            continue
