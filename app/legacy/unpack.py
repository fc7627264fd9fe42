"""A program of its own: a file with a net of grids from standard input becomes sound shapes on standard output.

It runs beside the worker, with its own limits of memory and time, and can be killed: a few kilobytes may unpack to more
than a worker has, GDAL reads what strangers wrote, GEOS takes minutes to mend 200 points that cross each other, and
half a minute to say which of 25,000 places lie between the teeth of a comb. It answers in JSON: what was found, with
`shapes` as WKB in hexadecimal digits, or the `reason` why nothing is taken, for `app.legacy.reading` to tell. On
standard error it says what it does with which shape. It writes to no disk: files name people in other columns, and what
is killed leaves its files behind.

Called with "lay" it gets JSON: `shapes` that were turned into other coordinates, and `places`. It gives back which
places lie `inside` of each. Called with "weigh" it gets `nets`, the shapes of one as they lie in each of several
systems, and `places`. It gives back which of these each of the nets has `held`.
"""

import ctypes
import json
import os
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # each thread would reserve memory
os.environ["GDAL_NUM_THREADS"] = "1"
os.environ["OGR_GEOJSON_MAX_OBJ_SIZE"] = "64"  # MB

import numpy as np
import pyogrio
import shapely

MOST_SHAPES = 3000
MOST_PIECES = 10_000  # of all shapes together
MOST_VERTICES = 200_000  # of all shapes together
MOST_OF_ONE = 50_000  # vertices
MOST_LAYERS = 20
PILE = 10  # grids of one net in which a place may lie
LARGEST_UNPACKED = 100 * 2**20  # bytes
MOST_MEMBERS = 200  # of an archive
LONGEST_NAME = 100  # characters
MEMORY = 2 * 2**30  # bytes of address space, of which GDAL and NumPy take 700 MB
SECONDS = 40  # of work
DIE_WITH_PARENT = 1  # of prctl: as app.processes has it, which is not to be reached from here
POLYGON, MULTIPOLYGON = 3, 6
AREAS = re.compile(r"polygon|unknown|geometrycollection|surface", re.IGNORECASE)
NAMES = re.compile(r"^(网格)?(名称?|name|mc|wgmc|title)$|名称|网格名|gridname|grid_name", re.IGNORECASE)
CODES = re.compile(r"^(网格)?(编号|编码|代码|code|bm|wgbm|wgbh|bh|id)$|编码|编号|gridcode|grid_code", re.IGNORECASE)
PARTS = {".shp", ".dbf", ".shx", ".prj"}


class Refused(Exception):
    """Why nothing is taken: a reason and its figures."""

    def __init__(self, reason: str, **figures: Any) -> None:
        """Keep both."""
        super().__init__(reason)
        self.told = {"reason": reason, **figures}


class Found(NamedTuple):
    """A layer: its shapes with name and code, and what system the file says that it is in."""

    kind: str
    declared: str
    shapes: Any
    names: list[str]
    codes: list[str]


def main() -> int:
    """Do what is asked with what comes in; 0 always, for what is refused is told too."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)  # a job that is cancelled ends with all that it began
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        content = sys.stdin.buffer.read()
        told = ASKED[sys.argv[1]](**json.loads(content)) if sys.argv[1:] else _unpacked(content)
    except Refused as refused:
        told = refused.told
    except MemoryError:
        told = {"reason": "memory"}
    sys.stdout.write(json.dumps(told))
    return 0


def _unpacked(content: bytes) -> dict[str, Any]:
    """What is to be told of a file, with its shapes, valid."""
    return _sound(_read(content))


def _laid(shapes: list[str], places: list[tuple[float, float]]) -> dict[str, Any]:
    """The numbers of the places inside of each shape, which is valid again as it was before it was turned."""
    tree, inside, times = _tree(places), [], np.zeros(len(places), dtype=int)
    for number, shape in enumerate(shapely.from_wkb(shapes), 1):
        mended = shape if shapely.is_valid(shape) else _mended(shape, number, "")
        if mended is None:
            raise Refused("tangled", number=number, name="")
        _at("lay", number)
        found = _held(tree, mended)
        times[found] += 1
        if times.max(initial=0) <= PILE:  # more would be more than there is memory
            inside.append(found.tolist())
    if (most := int(times.max(initial=0))) > PILE:
        raise Refused("piled", count=most)
    return {"inside": inside}


def _weighed(nets: list[list[str]], places: list[tuple[float, float]]) -> dict[str, Any]:
    """Whether each place lies in some shape of each net, however it is drawn."""
    tree, held = _tree(places), np.zeros((len(nets), len(places)), dtype=bool)
    for one, shapes in zip(held, nets, strict=True):
        for number, shape in enumerate(shapely.from_wkb(shapes), 1):
            _at("weigh", number)
            one[_held(tree, shape)] = True
    return {"held": held.tolist()}


ASKED: dict[str, Callable[..., dict[str, Any]]] = {"lay": _laid, "weigh": _weighed}


def _tree(places: list[tuple[float, float]]) -> shapely.STRtree:
    return shapely.STRtree(np.asarray(shapely.points(np.array(places).reshape(-1, 2)), dtype=object))


def _held(tree: shapely.STRtree, shape: Any) -> Any:
    """The numbers of the places in a shape."""
    shapely.prepare(shape)
    return np.sort(tree.query(shape, predicate="intersects"))


def _at(what: str, number: int, name: str = "") -> None:
    """Say what is done with which shape: the last word, where it is never done."""
    sys.stderr.write(f"{what} {number} {name}\n")
    sys.stderr.flush()


def _read(content: bytes) -> Found:
    """The net of a file, its shapes as they come."""
    members, kind = _members(content)
    try:
        return _layer(_zipped(members), kind, {"encoding": _encoding(members)} if kind == "shp" else {})
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, UnicodeError, RuntimeError):
        raise Refused("unreadable", kind=kind) from None


def _members(content: bytes) -> tuple[dict[str, bytes], str]:
    """The file, or its parts, as GDAL is to find them, under names of our own, and its kind."""
    if content.startswith(b"PK"):
        return _unzipped(content)
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for kind, begins in (
        ("gpkg", content.startswith(b"SQLite format 3\0")),
        ("geojson", start.startswith(b"{")),
        ("kml", start.startswith(b"<") and b"<kml" in content[:65536]),
    ):
        if begins:
            if kind == "kml" and b"<!DOCTYPE" in content:
                raise Refused("doctype")
            return {f"net.{kind}": content}, kind
    if content.startswith(b"\0\0\x27\x0a"):
        raise Refused("bare_shp")
    raise Refused("kind")


def _zipped(members: dict[str, bytes]) -> bytes:
    """Files as GDAL reads them from memory: in an archive, where they have names."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _unzipped(content: bytes) -> tuple[dict[str, bytes], str]:
    """The one net of an archive: a shapefile, or any of the other kinds."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
            if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > LARGEST_UNPACKED:
                raise Refused("unpacked", most=LARGEST_UNPACKED // 2**20)
            stems = sorted({_stem(one) for one in members if one.filename.lower().endswith(".shp")})
            if len(stems) > 1:
                raise Refused("many_layers", count=len(stems))
            if stems:
                return _shapefile(archive, members, stems[0]), "shp"
            for one in members:
                if one.filename.lower().endswith((".kml", ".gpkg", ".geojson", ".json")):
                    return _members(_member(archive, one))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise Refused("unreadable", kind="zip") from None
    raise Refused("kind")


def _stem(member: zipfile.ZipInfo) -> str:
    return member.filename.rpartition(".")[0].lower()


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's content, no more than it promises: one that lies about its size is cut off."""
    with archive.open(member) as file:
        content = file.read(member.file_size)
    if content.startswith(b"PK"):
        raise Refused("kind")  # an archive within an archive
    return content


def _shapefile(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], stem: str) -> dict[str, bytes]:
    """The parts of a shapefile under a name of our own; what .cpg says is left aside (see `_encoding`)."""
    found = {}
    for one in members:
        suffix = Path(one.filename).suffix.lower()
        if _stem(one) == stem and suffix in PARTS:
            found[f"net{suffix}"] = _member(archive, one)
    return found


def _layer(file: bytes, kind: str, options: dict[str, Any]) -> Found:
    """The layer with most areas; in a KML file, where each folder is a layer, all of them."""
    known = pyogrio.list_layers(file)
    layers = [at for at, (_name, geometry) in enumerate(known) if AREAS.search(str(geometry or "unknown"))]
    if not layers:
        raise Refused("no_areas")
    if len(layers) > MOST_LAYERS:
        raise Refused("many_layers", count=len(layers))
    if kind == "kml":
        found = [_taken(file, kind, layer, options) for layer in layers]
        return found[0]._replace(
            shapes=np.concatenate([one.shapes for one in found]),
            names=[name for one in found for name in one.names],
            codes=[code for one in found for code in one.codes],
        )
    sizes = {layer: pyogrio.read_info(file, layer=layer, force_feature_count=True)["features"] for layer in layers}
    return _taken(file, kind, max(sizes, key=lambda layer: sizes[layer]), options)


def _taken(file: bytes, kind: str, layer: int, options: dict[str, Any]) -> Found:
    """A layer's shapes, as many as are taken and one more, with what of its columns says how they are called."""
    info = pyogrio.read_info(file, layer=layer, force_feature_count=True, **options)
    if info["features"] > MOST_SHAPES:
        raise Refused("many_shapes", count=int(info["features"]), most=MOST_SHAPES)
    fields = [str(name) for name in info["fields"]]
    called = {kind: _column(fields, wanted) for kind, wanted in (("name", NAMES), ("code", CODES))}
    meta, _, shapes, values = pyogrio.raw.read(
        file, layer=layer, columns=sorted({one for one in called.values() if one}), force_2d=True, **options
    )
    columns = {str(name): value for name, value in zip(meta["fields"], values, strict=True)}
    given = np.array([shape if shape is not None else b"" for shape in shapes], dtype=object)

    def texts(column: str | None) -> list[str]:
        return [_text(one) for one in columns[column]] if column in columns else [""] * len(given)

    return Found(kind, str(meta["crs"] or ""), given, texts(called["name"]), texts(called["code"]))


def _column(fields: list[str], wanted: re.Pattern[str]) -> str | None:
    """The column that is called most like what is wanted."""
    exact = [one for one in fields if wanted.fullmatch(one)]
    return next(iter(exact or [one for one in fields if wanted.search(one)]), None)


def _text(value: object) -> str:
    """A cell as a name: one line, no signs that nobody sees; numbers without an empty fraction."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    whole = isinstance(value, float) and float(value).is_integer()
    text = str(int(value)) if whole else str(value)  # type: ignore[call-overload]
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())[:LONGEST_NAME]


def _encoding(members: dict[str, bytes]) -> str:
    """UTF-8 or GB18030, as which a table can rather be read: files have no .cpg, or one that lies."""
    content = members.get("net.dbf", b"")
    lost = {name: content.decode(name, errors="replace").count("\ufffd") for name in ("UTF-8", "GB18030")}
    # Bytes in the head of the table are no text in either; a cell that ends within a sign loses one in both.
    return "UTF-8" if lost["UTF-8"] <= lost["GB18030"] else "GB18030"


def _sound(found: Found) -> dict[str, Any]:
    """The shapes as valid areas, bounded first, and what is to be told of them."""
    given = np.asarray(shapely.from_wkb([one or None for one in found.shapes], on_invalid="fix"), dtype=object)
    types = shapely.get_type_id(given)
    areas = np.flatnonzero(np.isin(types, [POLYGON, MULTIPOLYGON, 7]) & ~shapely.is_empty(given))
    if not len(areas):
        raise Refused("no_areas")
    _bound(found, given, areas)
    mended: list[int] = []
    lost: list[int] = []
    kept: dict[int, Any] = {}
    for at in areas.tolist():
        shape = given[at]
        if types[at] == 7 or not shapely.is_valid(shape):  # noqa: PLR2004 (a collection)
            shape = _mended(shape, at + 1, found.names[at])
            (mended if shape is not None else lost).append(at)
        if shape is not None and shape.area > 0:
            kept[at] = shapely.multipolygons(shapely.get_parts(shape))
    if not kept:
        raise Refused("no_areas")
    return {
        "kind": found.kind,
        "declared": found.declared,
        "names": [found.names[at] for at in kept],
        "codes": [found.codes[at] for at in kept],
        "vertices": int(shapely.get_num_coordinates(given[areas]).sum()),
        "mended": list(_named(found, [at for at in mended if at in kept])),
        "lost": list(_named(found, [*lost, *sorted(set(range(len(given))) - set(areas.tolist()))])),
        "shapes": shapely.to_wkb(list(kept.values()), hex=True).tolist(),
    }


def _bound(found: Found, given: Any, areas: Any) -> None:
    """Refuse more than is taken, before GEOS looks at any of it."""
    vertices = shapely.get_num_coordinates(given[areas])
    if not np.isfinite(shapely.get_coordinates(given[areas])).all():
        raise Refused("numbers")
    if len(areas) > MOST_SHAPES:
        raise Refused("many_shapes", count=len(areas), most=MOST_SHAPES)
    pieces = int(shapely.get_num_geometries(given[areas]).sum())
    if pieces > MOST_PIECES:
        raise Refused("many_pieces", count=pieces, most=MOST_PIECES)
    if vertices.sum() > MOST_VERTICES:
        raise Refused("many_vertices", count=int(vertices.sum()), most=MOST_VERTICES)
    if vertices.max() > MOST_OF_ONE:
        at = int(areas[vertices.argmax()])
        raise Refused("large_shape", number=at + 1, name=found.names[at], count=int(vertices.max()), most=MOST_OF_ONE)


def _mended(shape: Any, number: int, name: str) -> Any:
    """The areas of a shape that crosses itself; None where it has none."""
    _at("mend", number, name)
    try:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    except shapely.GEOSException:  # it ran out of memory
        raise Refused("tangled", number=number, name=name) from None
    parts = [one for one in shapely.get_parts(shapely.get_parts(shape)) if one.geom_type == "Polygon" and one.area > 0]
    return shapely.multipolygons(parts) if parts else None


def _named(found: Found, places: list[int]) -> Iterator[dict[str, Any]]:
    """Shapes by number and name."""
    for at in places:
        yield {"number": at + 1, "name": found.names[at]}


if __name__ == "__main__":
    sys.exit(main())
