"""Files with nets of grids, as other departments send them: written here, in whatever system and encoding."""

import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import shapely

from gis.datums import WGS, to_bd, to_gcj

SHIFTS = {"GCJ-02": to_gcj, "BD-09": to_bd}


def turned(shapes, code, *, prefix=0, swapped=False):
    """lon/lat shapes in the coordinates of another system; `prefix` is a zone to write before the easting."""
    from pyproj import Transformer

    def turn(xy):
        if code in SHIFTS:
            found = SHIFTS[code](xy)
        elif code == WGS:
            found = xy
        else:
            found = np.column_stack(Transformer.from_crs(WGS, code, always_xy=True).transform(*xy.T))
        found = found + np.array([prefix * 1e6, 0])
        return found[:, ::-1] if swapped else found

    return list(shapely.transform(np.array(shapes, dtype=object), turn))


def geojson(shapes, names=(), **columns):
    """A FeatureCollection; each column is a list."""
    columns = {"name": list(names), **columns} if len(names) else columns
    features = [
        {
            "type": "Feature",
            "properties": {key: values[at] for key, values in columns.items()},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for at, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def shapefile(shapes, names, *, encoding="GB18030", prj="", cpg="", stem="网格"):
    """A zipped shapefile; without .cpg where none is given, as most of them come."""
    return zipped(
        {
            f"{stem}.shp": _shp(shapes),
            f"{stem}.shx": _shx(shapes),
            f"{stem}.dbf": _dbf("名称", names, encoding),
            **({f"{stem}.prj": prj.encode()} if prj else {}),
            **({f"{stem}.cpg": cpg.encode()} if cpg else {}),
        }
    )


def zipped(members):
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def kml(shapes, names):
    """A KML file with a folder for each half of the shapes."""
    marks = [
        f"<Placemark><name>{name}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{' '.join(f'{x},{y},0' for x, y in shapely.get_coordinates(shape))}"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for shape, name in zip(shapes, names, strict=True)
    ]
    half = len(marks) // 2
    folders = "".join(
        f"<Folder><name>{at}</name>{''.join(m)}</Folder>" for at, m in enumerate((marks[:half], marks[half:]))
    )
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'.encode()


def geopackage(shapes, names, *, epsg=4326):
    """A GeoPackage with one layer, written by GDAL."""
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.gpkg"
        pyogrio.raw.write(
            path,
            np.array([shapely.to_wkb(shape) for shape in shapes], dtype=object),
            [np.array(names, dtype=object)],
            np.array(["网格名称"], dtype=object),
            geometry_type="Polygon",
            crs=f"EPSG:{epsg}",
            driver="GPKG",
        )
        with sqlite3.connect(path) as base:
            base.execute("PRAGMA journal_mode = DELETE")
        return path.read_bytes()


def _records(shapes):
    for shape in shapes:
        parts = list(shape.geoms) if shape.geom_type == "MultiPolygon" else [shape]
        rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
        points = [np.asarray(ring.coords)[:, :2] for ring in rings]
        starts = np.cumsum([0, *(len(one) for one in points)])[:-1]
        body = struct.pack("<i4d2i", 5, *shape.bounds, len(rings), sum(map(len, points)))
        yield body + starts.astype("<i4").tobytes() + np.concatenate(points).astype("<f8").tobytes()


def _head(size, shapes):
    box = shapely.total_bounds(np.array(shapes, dtype=object))
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, size // 2) + struct.pack("<2i8d", 1000, 5, *box, 0, 0, 0, 0)


def _shp(shapes):
    records = [struct.pack(">2i", at, len(one) // 2) + one for at, one in enumerate(_records(shapes), 1)]
    body = b"".join(records)
    return _head(100 + len(body), shapes) + body


def _shx(shapes):
    sizes = [len(one) for one in _records(shapes)]
    starts = np.cumsum([100, *(size + 8 for size in sizes)])[:-1]
    body = b"".join(struct.pack(">2i", start // 2, size // 2) for start, size in zip(starts, sizes, strict=True))
    return _head(100 + len(body), shapes) + body


def _dbf(field, values, encoding):
    width = 60
    head = struct.pack("<4BIHH20x", 3, 126, 1, 1, len(values), 32 + 32 + 1, 1 + width)
    column = field.encode(encoding)[:10].ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([width]) + b"\0" * 15
    rows = b"".join(b" " + value.encode(encoding)[:width].ljust(width) for value in values)
    return head + column + b"\r" + rows + b"\x1a"
