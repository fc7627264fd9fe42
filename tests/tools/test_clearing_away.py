"""What a killed run left is cleared away by the next, also where two begin at once."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from tests.fixtures import database

NOBODY = 2**22 + 1  # Linux numbers no process higher than 2**22


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run whose process is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(database.GIVEN, raising=False)
    folder = tmp_path / f"{database.PREFIX}{NOBODY}-left"
    folder.mkdir()
    return folder


def test_what_a_dead_run_left_is_removed(left: Path):
    database._clear_away()
    assert not left.exists()


def test_what_a_living_run_uses_stays(left: Path):
    used = left.with_name(f"{database.PREFIX}{os.getpid()}-used")
    left.rename(used)
    database._clear_away()
    assert used.exists()


def test_what_another_run_is_clearing_away_is_left_to_it(left: Path):
    other = os.open(left, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    database._clear_away()
    assert left.exists()
    os.close(other)
    database._clear_away()
    assert not left.exists()


def test_what_another_run_has_just_cleared_away_is_passed_over(left: Path, monkeypatch: pytest.MonkeyPatch):
    found = [left]
    monkeypatch.setattr(Path, "glob", lambda *_: iter(found))
    left.rmdir()
    database._clear_away()


def test_what_is_cleared_away_between_the_look_and_the_lock_is_passed_over(left: Path, monkeypatch: pytest.MonkeyPatch):
    removed: list[Path] = []
    monkeypatch.setattr(database, "_remove", removed.append)
    monkeypatch.setattr(fcntl, "flock", lambda *_: left.rmdir())
    database._clear_away()
    assert not removed
