"""A network as one file that every process of a machine maps, so that its pages are in memory once.

The file is MAGIC, the head's length and checksum, the head (JSON), and the arrays. The head tells what the file was
made for, the checksum of the arrays, and where each stands. A file that is not whole, was made for something else or by
another version of this code is refused, never read in part: whoever gets a NetworkFileError makes it anew.
"""

import hashlib
import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gis.attach import Cells
from gis.local import LocalFrame
from gis.network import MODES, ModeNetwork, Network, Rows
from gis.roads import Boxes, Roads, Segments

MAGIC = b"WANGGE road network 1\n"
BEGINNING = struct.Struct("<QI")  # length and checksum of the head
ALIGNED = 64  # bytes; arrays begin at a multiple
CHUNK = 2**22  # bytes read at once
LARGEST_HEAD = 2**20  # bytes
CODE = ("attach", "city", "local", "network", "network_file", "roads", "travel")
"""Modules whose change makes files void."""
ROADS = ("node_id", "node_xy", "edge_id", "tail", "head", "length", "road_class", "permitted", "maxspeed_kph", "xy",
         "line_start", "segment_start")  # fmt: skip

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class NetworkFileError(ValueError):
    """The file is not whole, or holds another network than the one asked for."""


def write(path: Path, network: Network, key: str) -> None:
    """Put a network into a file that its owner alone reads; it is there as a whole or not at all. OSError."""
    arrays = {name: np.ascontiguousarray(array) for name, array in _columns(network)}
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            _write(stream, arrays, _head(network, arrays, key))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def read(path: Path, key: str) -> Network:
    """The network of a file that was written for `key`, its arrays mapped, none to be written.

    FileNotFoundError, NetworkFileError.
    """
    with path.open("rb") as stream:
        head = _checked_head(stream, key)
        first = _aligned(stream.tell())
        if os.fstat(stream.fileno()).st_size != first + head["size"]:
            raise NetworkFileError(f"{path} is not as long as it says")
        if _checksum(stream, first) != head["checksum"]:
            raise NetworkFileError(f"{path} was changed or damaged")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.ndarray(shape, dtype, buffer=mapped, offset=first + offset)
        for name, (dtype, shape, offset) in head["arrays"].items()
    }
    return _network(arrays, LocalFrame(*head["frame"]), head["cells"])


def _columns(network: Network) -> Iterator[tuple[str, Array]]:
    """Every array of a network with its name."""
    roads = network.roads
    yield from ((f"roads.{name}", getattr(roads, name)) for name in ROADS)
    yield from ((f"segments.{name}", column) for name, column in roads.segments._asdict().items())
    yield from ((f"boxes.{name}", column) for name, column in roads.boxes._asdict().items())
    yield from ((f"cells.{name}", getattr(roads.cells, name)) for name in ("start", "part"))
    for mode in MODES:
        own = network.by(mode)
        yield from _mode_columns(mode, own)
        for name in ("attachable", "takes", "component"):
            yield f"{mode}.{name}", getattr(own, name)
        # What takes as long either way, as walking does, is its own reverse.
        if not np.array_equal(own.seconds[:, 0], own.seconds[:, 1]):
            yield from _mode_columns(f"{mode}.reverse", own.reverse)


def _mode_columns(name: str, network: ModeNetwork) -> Iterator[tuple[str, Array]]:
    yield f"{name}.seconds", network.seconds
    yield from ((f"{name}.rows.{field}", column) for field, column in network.rows._asdict().items())


def _head(network: Network, arrays: Arrays, key: str) -> bytes:
    """The head of a file with these arrays."""
    offset, checksum, places = 0, 0, {}
    for name, array in arrays.items():
        places[name] = (array.dtype.str, array.shape, offset)
        checksum = zlib.crc32(_padded(array), checksum)
        offset += _aligned(array.nbytes)
    told = {
        "key": key,
        "code": code(),
        "frame": (network.frame.lon0, network.frame.lat0),
        "cells": network.roads.cells[:5],
        "arrays": places,
        "size": offset,
        "checksum": checksum,
    }
    return json.dumps(told).encode()


def _write(stream: BinaryIO, arrays: Arrays, head: bytes) -> None:
    beginning = MAGIC + BEGINNING.pack(len(head), zlib.crc32(head)) + head
    stream.write(beginning.ljust(_aligned(len(beginning)), b"\0"))
    stream.writelines(_padded(array) for array in arrays.values())


def _padded(array: Array) -> bytes:
    """The bytes of an array, filled up to where the next one begins."""
    return array.tobytes().ljust(_aligned(array.nbytes), b"\0")


def _aligned(size: int) -> int:
    """The place at or after `size` where an array may begin."""
    return -(-size // ALIGNED) * ALIGNED


def _checked_head(stream: BinaryIO, key: str) -> dict[str, Any]:
    """The head of a file for `key`; the stream stands behind it. NetworkFileError."""
    beginning = stream.read(len(MAGIC) + BEGINNING.size)
    if len(beginning) < len(MAGIC) + BEGINNING.size or not beginning.startswith(MAGIC):
        raise NetworkFileError("this is no file of a road network")
    length, checksum = BEGINNING.unpack(beginning[len(MAGIC) :])
    text = stream.read(min(length, LARGEST_HEAD))
    if len(text) != length or zlib.crc32(text) != checksum:
        raise NetworkFileError("the head of the file is damaged")
    head: dict[str, Any] = json.loads(text)
    if (head["key"], head["code"]) != (key, code()):
        raise NetworkFileError("the file was made for something else")
    return head


def _checksum(stream: BinaryIO, first: int) -> int:
    """The checksum of everything from `first` on; read, not mapped, so that it stays out of the process's memory."""
    stream.seek(first)
    checksum = 0
    while chunk := stream.read(CHUNK):
        checksum = zlib.crc32(chunk, checksum)
    return checksum


def _network(arrays: Arrays, frame: LocalFrame, cells: list[float]) -> Network:
    """The network that has these columns."""
    columns = {name: arrays[f"roads.{name}"] for name in ROADS}
    segment_start = columns.pop("segment_start")
    roads = Roads(frame=frame, **columns)
    west, south, side, across, up = cells
    roads.__dict__.update(
        segment_start=segment_start,
        segments=Segments(**{name: arrays[f"segments.{name}"] for name in Segments._fields}),
        boxes=Boxes(arrays["boxes.low"], arrays["boxes.high"]),
        cells=Cells(west, south, side, int(across), int(up), arrays["cells.start"], arrays["cells.part"]),
    )
    return Network.of_modes(roads, {mode: _mode_network(roads, arrays, mode) for mode in MODES})


def _mode_network(roads: Roads, arrays: Arrays, mode: str) -> ModeNetwork:
    """The network of a mode with all that would be made on demand, and its reverse."""
    own = _with_rows(roads, arrays, mode)
    back = _with_rows(roads, arrays, f"{mode}.reverse") if f"{mode}.reverse.seconds" in arrays else own
    for network, reverse in ((own, back), (back, own)):
        network.__dict__.update({name: arrays[f"{mode}.{name}"] for name in ("attachable", "takes", "component")})
        network.__dict__["reverse"] = reverse
    return own


def _with_rows(roads: Roads, arrays: Arrays, name: str) -> ModeNetwork:
    network = ModeNetwork(roads, arrays[f"{name}.seconds"])
    network.__dict__["rows"] = Rows(*(arrays[f"{name}.rows.{field}"] for field in Rows._fields))
    return network


@cache
def code() -> str:
    """A print of the modules that decide what is in a file: a network of other code is another network."""
    print_ = hashlib.sha256()
    for module in CODE:
        print_.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    return print_.hexdigest()
