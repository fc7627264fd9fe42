"""Networks kept as files that all processes of a machine map."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import text

from app.kept import Kept
from app.roads import networks
from app.roads.files import NetworkFiles
from gis.demo.lattice import lattice
from gis.network import Network
from gis.travel import Mode


@pytest.fixture
def district(session):
    return session.execute(text("SELECT id FROM areas WHERE level = 'district'")).scalar_one()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A home of its own, as a process that has just started sees it."""
    monkeypatch.setattr(networks, "_networks", Kept(8))
    monkeypatch.setattr(networks, "_files", NetworkFiles(tmp_path / networks.FOLDER))
    return tmp_path / networks.FOLDER


def start_anew(monkeypatch):
    """Forget what this process holds in memory, as another process would."""
    monkeypatch.setattr(networks, "_networks", Kept(8))


def town():
    return Network(lattice(6, seed=1))


def test_another_process_finds_the_network_and_reads_no_roads(session, district, folder, monkeypatch):
    first = networks.network_of(session, district)
    start_anew(monkeypatch)
    monkeypatch.setattr("app.roads.queries.roads", None)
    second = networks.network_of(session, district)
    assert second is not first
    assert not second.roads.xy.flags.owndata
    assert (second.by(Mode.CAR).seconds == first.by(Mode.CAR).seconds).all()


def test_the_files_are_for_their_owner_alone(session, district, folder):
    networks.network_of(session, district)
    assert folder.stat().st_mode & 0o777 == 0o700
    [file] = folder.glob("*.network")
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_edited_speed_counts_in_the_next_request_of_every_process(session, district, folder, monkeypatch):
    before = networks.network_of(session, district)
    session.execute(text("UPDATE road_speeds SET foot_kph = foot_kph / 2"))
    after = networks.network_of(session, district)
    start_anew(monkeypatch)
    elsewhere = networks.network_of(session, district)
    slower = np.isfinite(before.by(Mode.FOOT).seconds) & (before.by(Mode.FOOT).seconds > 0)
    for network in (after, elsewhere):
        doubled = 2 * before.by(Mode.FOOT).seconds[slower]
        assert network.by(Mode.FOOT).seconds[slower] == pytest.approx(doubled)


def test_who_reckons_with_the_old_network_keeps_it_while_the_new_one_takes_its_place(session, district, folder):
    before = networks.network_of(session, district)
    seconds = before.by(Mode.FOOT).seconds.copy()
    for _ in range(4):
        session.execute(text("UPDATE road_speeds SET foot_kph = foot_kph * 0.9"))
        networks.network_of(session, district)
    assert len(list(folder.glob("*.network"))) == 2
    assert (before.by(Mode.FOOT).seconds == seconds).all()


@pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: content[:-9] + b"damaged!!"])
def test_a_damaged_file_is_made_anew(session, district, folder, monkeypatch, damage):
    first = networks.network_of(session, district)
    [file] = folder.glob("*.network")
    content = file.read_bytes()
    file.write_bytes(damage(content))
    start_anew(monkeypatch)
    second = networks.network_of(session, district)
    assert (second.by(Mode.CAR).rows.seconds == first.by(Mode.CAR).rows.seconds).all()
    assert file.read_bytes() == content


def test_what_a_killed_process_left_goes_when_the_next_network_is_made(tmp_path):
    folder = tmp_path / "networks"

    def killed():
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        NetworkFiles(folder).get("town", "1", town)

    process = multiprocessing.get_context("fork").Process(target=killed)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [file.suffix for file in folder.glob("*.part")] == [".part"]
    NetworkFiles(folder).get("town", "1", town)
    assert {file.suffix for file in folder.iterdir()} == {".network", ".lock"}


def test_without_a_place_to_write_the_network_is_in_memory(session, district, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    start_anew(monkeypatch)
    monkeypatch.setattr(networks, "_files", NetworkFiles(tmp_path / "file" / "networks"))
    assert len(networks.network_of(session, district).roads.tail)


def test_many_at_once_make_it_once(tmp_path):
    files, made, begun = NetworkFiles(tmp_path / "networks"), [], threading.Barrier(6)

    def make():
        made.append(1)
        return town()

    def ask(_):
        begun.wait()
        return files.get("town", "1", make)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    assert len(made) == 1
    assert {len(network.roads.tail) for network in found} == {len(town().roads.tail)}


def test_a_maker_that_was_killed_holds_nobody_back(tmp_path):
    folder = tmp_path / "networks"
    child = multiprocessing.get_context("fork").Process(
        target=lambda: NetworkFiles(folder).get("town", "1", lambda: os._exit(9))
    )
    child.start()
    child.join(30)
    assert child.exitcode == 9
    assert len(NetworkFiles(folder).get("town", "1", town).roads.tail)
