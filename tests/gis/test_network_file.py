"""Networks in files: what is read is what was written, and nothing damaged is."""

import numpy as np
import pytest

from gis.demo.lattice import lattice
from gis.nearest import nearest
from gis.network import MODES, Network
from gis.network_file import NetworkFileError, read, write
from gis.reach import reach
from gis.travel import Mode
from tests.gis.road_drawing import network as empty_network

KEY = "town-1"


@pytest.fixture(scope="module")
def town():
    return Network(lattice(12, seed=3))


@pytest.fixture
def file(town, tmp_path):
    path = tmp_path / "town.network"
    write(path, town, KEY)
    return path


def test_what_is_read_is_what_was_written_and_none_of_it_is_in_our_own_memory(town, file):
    found = read(file, KEY)
    for name in ("node_id", "node_xy", "edge_id", "tail", "head", "length", "permitted", "xy", "line_start"):
        column, mapped = getattr(town.roads, name), getattr(found.roads, name)
        assert (column.dtype, column.shape) == (mapped.dtype, mapped.shape)
        assert (column == mapped).all()
        assert not mapped.flags.owndata
        assert not mapped.flags.writeable
    for one, other in zip(
        (*town.roads.segments, *town.roads.cells[5:]), (*found.roads.segments, *found.roads.cells[5:]), strict=True
    ):
        assert (one == other).all()
    assert found.roads.cells[:5] == town.roads.cells[:5]
    assert found.frame == town.frame
    for mode in MODES:
        for own, back in ((town.by(mode), found.by(mode)), (town.by(mode).reverse, found.by(mode).reverse)):
            assert (own.seconds == back.seconds).all()
            assert all((one == other).all() for one, other in zip(own.rows, back.rows, strict=True))
            assert (own.attachable == back.attachable).all()
            assert not any(column.flags.owndata for column in (back.seconds, *back.rows, back.attachable))
    assert found.by(Mode.CAR).reverse.reverse is found.by(Mode.CAR)
    assert found.by(Mode.FOOT).reverse is found.by(Mode.FOOT)


def test_a_read_network_answers_as_the_written_one(town, file):
    found = read(file, KEY)
    random = np.random.default_rng(5)
    points = random.uniform(-500, 500, (40, 2))
    for mode in MODES:
        own, mapped = town.by(mode), found.by(mode)
        places, same = own.attach(points), mapped.attach(points)
        assert all((one == other).all() for one, other in zip(places, same, strict=True))
        one = reach(own.reverse, places.take([0]), 120).door_seconds(places)
        assert (reach(mapped.reverse, same.take([0]), 120).door_seconds(same) == one).all()
        ways = [
            nearest(net, at.take([0]), at.take(np.arange(1, 40)), count=3)
            for net, at in ((own, places), (mapped, same))
        ]
        assert [way.which for way in ways[0]] == [way.which for way in ways[1]]
        assert all(way.line.equals(other.line) for way, other in zip(*ways, strict=True))


def test_a_network_without_roads_is_kept_too(tmp_path):
    write(tmp_path / "none", empty_network(np.zeros((0, 2)), []), KEY)
    found = read(tmp_path / "none", KEY)
    assert len(found.roads.tail) == 0
    assert len(found.by(Mode.CAR).attachable) == 0


def test_only_its_owner_may_read_a_file_and_nothing_else_is_left(file):
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_file_is_not_taken_for_another_network(file):
    with pytest.raises(NetworkFileError):
        read(file, "town-2")


def test_a_file_of_other_code_is_refused(file, monkeypatch):
    monkeypatch.setattr("gis.network_file.code", lambda: "other")
    with pytest.raises(NetworkFileError):
        read(file, KEY)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.999])
def test_a_truncated_file_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(NetworkFileError):
        read(file, KEY)


def test_a_file_that_goes_on_is_refused(file):
    file.write_bytes(file.read_bytes() + b"\0" * 64)
    with pytest.raises(NetworkFileError):
        read(file, KEY)


def test_a_changed_byte_anywhere_is_noticed(file):
    content = file.read_bytes()
    head = content.index(b"}", content.index(b'"checksum"'))
    # The bytes that fill up the head are of no consequence; everything else is.
    places = [*range(0, head, 97), *range(-(-head // 64) * 64, len(content), len(content) // 200)]
    for place in places:
        file.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(NetworkFileError):
            read(file, KEY)


def test_a_mapped_network_outlives_its_file(file):
    found = read(file, KEY)
    file.unlink()
    assert len(found.by(Mode.CAR).attach(np.zeros((1, 2))).edge) == 1
