"""What size costs: networks of 10,000 to a million junctions in memory, and whole districts through the queue.

docs/scale.md is written from build/bench/scale.json, which a run of this file leaves. Each size is measured in a
process of its own, so that its memory is its own.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from app.cluster.database import libpq, text_of
from app.coverage import batch
from app.coverage.schemas import CoverageQuery
from app.imports.loader import load_city
from app.jobs import queries
from app.migrate import migrate
from gis.demo import demo_city
from tests.benchmarks import towns
from tests.fixtures.database import ask
from tests.fixtures.town import SEALER, write_keys

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "build/bench/scale.json"
SIDES = (100, 316, 1000)  # junctions each way
SCALES = (0.25, 1.0)  # of the demo: 1 is a district of 117,700 households
PER_STATION = 714  # doors: 1,400 stations for a million
LIMITS = (600.0, 1800.0)  # the search goes to three times the limit of a view
HOLD = 60  # seconds that nothing takes longer than, beside loading


@pytest.fixture(scope="module")
def written():
    """What was measured, written at the end."""
    found = {"cores": os.cpu_count(), "networks": [], "districts": []}
    yield found
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(found, indent=1) + "\n")


@pytest.mark.parametrize("side", SIDES)
def test_a_network_in_memory(side, written):
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_scale", str(side)], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    row = json.loads(done.stdout)
    sys.stdout.write(f"{row}\n")
    written["networks"].append(row)
    assert row["reached"] > 0


@pytest.mark.parametrize("scale", SCALES)
def test_a_district_through_the_queue(scale, written, server, worker_id, tmp_path):
    database = server.empty(f"{worker_id}_scale")
    try:
        row = district(database, scale, tmp_path)
    finally:
        server.drop(database)
    sys.stdout.write(f"{row}\n")
    written["districts"].append(row)
    assert row["equal"]


def district(database, scale, home):
    """Loading a demo district, its size on disk, and its coverage by one worker and by two."""
    migrate(database.owner)
    write_keys(home)
    began = time.perf_counter()
    engine = create_engine(database.owner, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        load_city(session, demo_city(seed=1, scale=scale), sealer=SEALER)
    ask(database.owner, "ANALYZE")
    row = {
        "scale": scale,
        "load_s": time.perf_counter() - began,
        "households": ask(database.owner, "SELECT count(*) FROM households"),
        "doors": ask(database.owner, "SELECT count(*) FROM entrances"),
        "junctions": ask(database.owner, "SELECT count(*) FROM road_nodes"),
        "communities": ask(database.owner, "SELECT count(*) FROM areas WHERE level = 'community'"),
        "disk_mb": ask(database.owner, "SELECT pg_database_size(current_database())") / 1e6,
    }
    answers = []
    for hands in (1, 2):
        times, memory, answer = through_the_queue(database, hands, home)
        answers.append(answer)
        row |= {f"first_s_{hands}": times[0], f"then_s_{hands}": min(times[1:]), f"hand_mb_{hands}": memory}
    return {**row, "equal": answers[0]["communities"] == answers[1]["communities"]}


def through_the_queue(database, hands, home):
    """Seconds of four batches, of which the first warms the hands; megabytes of the largest hand; the last answer."""
    environment = os.environ | {"WANGGE_HOME": str(home), "WANGGE_DATABASE_URL": text_of(database.app)}
    code = (
        "import os, sys; from app.jobs.worker import HAND, work; "
        "work(os.environ['ADDRESS'], int(sys.argv[1]), HAND, os.environ['WANGGE_DATABASE_URL'])"
    )
    environment["ADDRESS"] = libpq(database.app)
    with subprocess.Popen([sys.executable, "-c", code, str(hands)], cwd=ROOT, env=environment) as worker:
        try:
            until(lambda: len(hands_of(worker.pid)) == hands)
            found = [asked(database) for _ in range(4)]
            memory = max(resident(pid) for pid in hands_of(worker.pid))
        finally:
            worker.terminate()
    return [seconds for seconds, _ in found], memory, found[-1][1]


def asked(database):
    """Seconds and answer of one batch about all of it."""
    sessions = sessionmaker(create_engine(database.app, poolclass=NullPool))
    with sessions.begin() as session:
        number = batch.start(session, None, batch.COMMAND, CoverageQuery.model_validate({"preset": "service_10"}))

    def over():
        with sessions.begin() as session:
            job = queries.one(session, None, number)
        return job if job["finished_at"] else None

    job = until(over)
    assert job["state"] == "done", job["error"]
    return (job["finished_at"] - job["asked_at"]).total_seconds(), job["result"]


def until(wanted):
    deadline = time.monotonic() + 10 * HOLD
    while not (found := wanted()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def hands_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid):
    """Megabytes of a process, what it shares included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def network(side):
    """Seconds and megabytes of a synthetic city with side × side junctions and as many doors."""
    from gis.contours import zones
    from gis.coverage import first_arrivals
    from gis.reach import reach
    from gis.travel import Mode

    towns.SIDE = 40
    exercise(towns.million(), reach, zones, first_arrivals, Mode, 40)  # compiled kernels are read from their cache
    before = resident(os.getpid())
    towns.SIDE = side
    began = time.perf_counter()
    town = towns.million()
    made = time.perf_counter() - began
    found = exercise(town, reach, zones, first_arrivals, Mode, side)
    return {"junctions": side * side, "made_s": made, **found, "memory_mb": resident(os.getpid()) - before}


def exercise(town, reach, zones, first_arrivals, modes, side):
    """Each piece of work once to prepare and then its median, in seconds."""
    found = {}
    net = town.network.by(modes.FOOT)
    began = time.perf_counter()
    doors = towns.scattered(net, side * side, seed=1)
    stations = towns.scattered(net, max(side * side // PER_STATION, 1), seed=2)
    net.attach(doors.xy)
    found["attach_s"] = time.perf_counter() - began
    for name, limit in (("coverage_10", LIMITS[0]), ("coverage_30", LIMITS[1])):
        found[f"{name}_s"] = median(lambda limit=limit: first_arrivals(net, stations, doors, limit))
    found["reached"] = int(np.isfinite(first_arrivals(net, stations, doors, LIMITS[0])[0]).sum())
    for mode in (modes.FOOT, modes.CAR):
        roads = town.network.by(mode)
        origin = towns.scattered(roads, 1, seed=3)
        found[f"zone_{mode.value}_s"] = median(lambda r=roads, o=origin: zones(reach(r, o, LIMITS[0]), [LIMITS[0]]))
    return found


def median(work, rounds=5):
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return sorted(times[1:])[rounds // 2]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(network(int(sys.argv[1]))))
