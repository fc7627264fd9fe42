"""Vector tiles: PostGIS makes them, memory keeps them.

Each slice registers its layers here as SQL. A layer's statement selects `geom_3857` and the columns, `id` among them
where it has a number, from a table with the alias `t`, and filters by `{inside}`. It may use the parameters :z,
:communities and :grids (arrays, null where everything is visible).

A made tile is kept compressed under its layer, place, data versions and scope, and under what the database was told of
the scope, so that its row-level security holds for what is kept too. A change of the data makes a new key: nothing is
ever cleared but the least used.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.days import today
from app.errors import Invalid, NotFound
from app.features import not_modified, revalidated, versions

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
DEEPEST = 22
EXTENT = 4096  # tile units along an edge
BUFFER = 64  # tile units kept around, so that outlines do not end at the edge
CACHE_BYTES = 64 * 2**20
GZIP_LEVEL = 5

BOX = "ST_TileEnvelope(:z, :x, :y)"
BOX_AROUND = f"ST_TileEnvelope(:z, :x, :y, margin => {BUFFER / EXTENT})"
INSIDE = f"t.geom_3857 && {BOX_AROUND}"
SHAPE = f"ST_AsMVTGeom(geom_3857, {BOX}, {EXTENT}, {BUFFER}, true)"
ANCHOR = f"ST_AsMVTGeom(ST_PointOnSurface(geom_3857), {BOX}, {EXTENT}, 0, true)"


TOLD = text("SELECT current_setting('wangge.communities', true), current_setting('wangge.grids', true)")


class Visible(Protocol):
    """What tiles need of a scope (`app.areas.scope.Scope`)."""

    @property
    def communities(self) -> list[int] | None:
        """The visible communities; None for all."""

    @property
    def grids(self) -> list[int] | None:
        """The grids whose households are visible; None for all."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its statement and columns, the datasets it is made from, the zooms it is seen at, what scope it heeds.

    `labels` are the columns of a second layer `<name>-labels` with one point for each feature, in the one tile where it
    lies, so that a name is written once and not once in every tile that the feature touches.
    """

    name: str
    columns: str
    sql: str
    datasets: tuple[str, ...]
    labels: str = ""
    from_zoom: int = 0
    numbered: bool = True
    by_community: bool = True
    by_grid: bool = False
    by_day: bool = False

    def statement(self) -> str:
        """The SELECT of one bytea: the tile."""
        tile = self._encoded(self.name, SHAPE, self.columns)
        if self.labels:
            tile += f" || {self._encoded(f'{self.name}-labels', ANCHOR, self.labels)}"
        return f"WITH found AS MATERIALIZED ({self.sql.format(inside=INSIDE)}) SELECT {tile}"

    def _encoded(self, name: str, shape: str, columns: str) -> str:
        number = ", 'id'" if self.numbered else ""
        return (
            f"coalesce((SELECT ST_AsMVT(tile, '{name}', {EXTENT}, 'geom'{number}) "  # noqa: S608 (our own words)
            f"FROM (SELECT {shape} AS geom, {columns} FROM found) tile WHERE tile.geom IS NOT NULL), '')"
        )


class Address(NamedTuple):
    """A tile's place in the pyramid, y from the north."""

    z: int
    x: int
    y: int


LAYERS: dict[str, Layer] = {}


def register(*layers: Layer) -> None:
    """Add layers; a name twice is a mistake of ours."""
    for layer in layers:
        if LAYERS.setdefault(layer.name, layer) != layer:
            raise ValueError(f"two layers are called {layer.name}")


class TileCache:
    """Compressed tiles by key, the least used thrown away beyond `limit` bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        """Start empty."""
        self._limit = limit
        self._size = 0
        self._tiles: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The tile, now the most used; None where it is not here."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
            return self._tiles.get(key)

    def put(self, key: str, tile: bytes) -> None:
        """Keep the tile."""
        with self._lock:
            self._size += len(tile) + len(key) - len(self._tiles.pop(key, b""))
            self._tiles[key] = tile
            while self._size > self._limit:
                gone, old = self._tiles.popitem(last=False)
                self._size -= len(old) + len(gone)


cache = TileCache()


def answer(session: Session, visible: Visible, name: str, address: Address) -> Response:
    """The tile as it is now for this scope: 304 where the browser has it, 204 where nothing is in it.

    NotFound where there is no such layer, Invalid where there is no such tile.
    """
    layer = LAYERS.get(name)
    if layer is None:
        raise NotFound(gettext("There is no layer %(name)s.", name=name), field="layer")
    _check(address)
    if address.z < layer.from_zoom:
        return revalidated(Response(status=204), None)
    tag = key(session, visible, layer, address)
    if unchanged := not_modified(tag):
        return unchanged
    kept = cache.get(tag)
    return _sent(_made(session, visible, layer, address, tag) if kept is None else kept, tag)


def key(session: Session, visible: Visible, layer: Layer, address: Address) -> str:
    """What the tile's content depends on, as one text: cache key and entity tag."""
    communities, grids = session.execute(TOLD).one()
    parts = (
        layer,
        address,
        versions(session, *layer.datasets),
        (visible.communities, communities) if layer.by_community else "",
        (visible.grids, grids) if layer.by_grid else "",
        today() if layer.by_day else "",  # flags end with the day
    )
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def make(session: Session, visible: Visible, layer: Layer, address: Address) -> bytes:
    """The tile from PostGIS, empty where nothing is in it."""
    bound = {**address._asdict(), "communities": visible.communities, "grids": visible.grids}
    return bytes(session.execute(text(layer.statement()), bound).scalar_one())


def _made(session: Session, visible: Visible, layer: Layer, address: Address, tag: str) -> bytes:
    tile = make(session, visible, layer, address)
    # mtime 0: the same tile is the same bytes. An empty one stays empty, and is answered with 204.
    packed = gzip.compress(tile, GZIP_LEVEL, mtime=0) if tile else b""
    cache.put(tag, packed)
    return packed


def _sent(packed: bytes, tag: str) -> Response:
    if not packed:
        return revalidated(Response(status=204), tag)
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(packed if takes_gzip else gzip.decompress(packed), mimetype=MEDIA_TYPE)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return revalidated(response, tag)


def _check(address: Address) -> None:
    if not 0 <= address.z <= DEEPEST:
        raise Invalid(gettext("The zoom must be from 0 to %(deepest)d.", deepest=DEEPEST), field="z")
    for name in ("x", "y"):
        if not 0 <= getattr(address, name) < 2**address.z:
            raise Invalid(gettext("There is no such tile at this zoom."), field=name)
