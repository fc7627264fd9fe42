"""GeoJSON over HTTP: what a place and a page of features are asked by, and how they are answered.

A route that lists features:

    @bp.get("/grids")
    @bp.input(Page, location="query")
    def grids(query_data: Page) -> Response:
        with Session.begin() as session:
            scope = scope_of(session, identity())
            tag = etag(versions(session, "grids", "areas"), scope.key)
            return not_modified(tag) or feature_page(
                queries.grids(session, scope, query_data.bbox, query_data.after, query_data.limit + 1), query_data, tag
            )

`queries.grids` returns one feature more than the limit, so that the next link is only there where something follows.
A feature is a dict, or JSON text as PostGIS wrote it (`FEATURE_SQL`), which is passed on unread.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, request
from flask_babel import gettext
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, WithJsonSchema
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.geo import LONLAT

MEDIA_TYPE = "application/geo+json"
DECIMALS = 7  # of a degree: about a centimetre
LARGEST_ID = 2**31 - 1
MOST_FEATURES = 1000

BBox = tuple[float, float, float, float]
AnyFeature = Mapping[str, Any] | str


def _read_box(value: object) -> object:
    """West, south, east, north in degrees out of "W,S,E,N"; ValueError with a sentence where it is not a box."""
    if not isinstance(value, str):
        return value
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError:
        raise ValueError(gettext("this must be four numbers: west,south,east,north")) from None
    # Written so that NaN, which is neither smaller nor larger than anything, fails.
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004
        raise ValueError(gettext("west must be less than east, south less than north, all within the world"))
    return west, south, east, north


Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees east, WGS 84.")]
Lat = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False, description="Degrees north, WGS 84.")]
Box = Annotated[
    BBox,
    BeforeValidator(_read_box),
    WithJsonSchema(
        {"type": "string", "description": "west,south,east,north in degrees", "examples": ["121.4,31.1,121.5,31.2"]}
    ),
]


def _read_instant(value: datetime) -> datetime:
    """The instant in UTC, for there are offsets that PostgreSQL does not know."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(gettext("this must be an instant like 2026-05-01T08:00:00+08:00")) from None


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_read_instant),
    Field(description="An instant with its time zone, e.g. 2026-05-01T08:00:00+08:00."),
]


class Place(BaseModel):
    """A place in lon/lat."""

    lon: Lon
    lat: Lat


class Page(BaseModel):
    """A page of features: those in `bbox` with an id over `after`, at most `limit`."""

    bbox: Box | None = None
    limit: int = Field(100, ge=1, le=MOST_FEATURES)
    after: int = Field(0, ge=0, le=LARGEST_ID)


FEATURE_SQL = f"""
    SELECT page.id, json_build_object(
        'type', 'Feature', 'id', page.id, 'geometry', ST_AsGeoJSON(page.geom, {DECIMALS})::json,
        'properties', to_jsonb(page) - 'geom')::text AS feature
    FROM ({{source}}) page WHERE page.id > :after
        AND (CAST(:west AS float) IS NULL OR page.geom && ST_MakeEnvelope(:west, :south, :east, :north, {LONLAT}))
    ORDER BY page.id LIMIT :limit
"""  # noqa: S608 (two numbers of our own)


def features(session: Session, source: str, *, bbox: BBox | None, after: int, limit: int, **bound: Any) -> list[str]:
    """Up to `limit` features by id, as JSON texts made by PostGIS.

    `source` is a SELECT of `id`, `geom` and the properties; `bound` are its parameters. psycopg2 writes parameters into
    the statement, so the planner sees which conditions are none and still uses the spatial index.
    """
    west, south, east, north = bbox or (None,) * 4
    rows = session.execute(
        text(FEATURE_SQL.format(source=source)),
        {**bound, "after": after, "limit": limit, "west": west, "south": south, "east": east, "north": north},
    )
    return [row.feature for row in rows]


def feature(session: Session, source: str, **bound: Any) -> dict[str, Any] | None:
    """The one feature of `source` (see `features`), or None where it has no row."""
    found = features(session, source, bbox=None, after=-1, limit=1, **bound)
    return dict(json.loads(found[0])) if found else None


def versions(session: Session, *datasets: str) -> str:
    """The versions of the datasets as one text, for an ETag."""
    rows = session.execute(
        text("SELECT dataset, version FROM data_versions WHERE dataset = ANY(:datasets) ORDER BY dataset"),
        {"datasets": list(datasets)},
    )
    return ",".join(f"{row.dataset}{row.version}" for row in rows)


def etag(*parts: object) -> str:
    """An entity tag of this request: its path and query, and what its answer depends on (versions, the scope's key)."""
    whole = "\n".join([request.full_path, *(str(part) for part in parts)])
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def not_modified(tag: str) -> Response | None:
    """A 304 where the client has the answer with this tag already, else None."""
    if not request.if_none_match.contains(tag):
        return None
    return revalidated(Response(status=304), tag)


def revalidated(response: Response, tag: str | None) -> Response:
    """The answer with its tag: the browser may keep it, and asks each time whether it still holds."""
    if tag:
        response.set_etag(tag)
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def untouched_by_disk(response: Response) -> Response:
    """The answer, which no browser may write to its disk: what is in it may be about somebody."""
    response.headers["Cache-Control"] = "no-store"
    return response


def versioned(kept: Mapping[str, Any], *, status: int = 200) -> Response:
    """What is kept by versions, with its own as the ETag: who changes it names that (`app.incoming.seen_version`)."""
    response = untouched_by_disk(jsonify(kept))
    response.status_code = status
    response.set_etag(str(kept["version"]))
    return response


def attachment(content: str | bytes, media_type: str, name: str) -> Response:
    """A file to be saved as `name`; as other lists it may be about somebody, so no browser keeps it by itself."""
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return untouched_by_disk(response)


def geojson(content: AnyFeature, *, tag: str | None = None, status: int = 200) -> Response:
    """A GeoJSON answer."""
    body = content if isinstance(content, str) else current_app.json.dumps(content)
    return revalidated(Response(body, status, mimetype=MEDIA_TYPE), tag)


def feature_page(found: Sequence[AnyFeature], page: Page, tag: str | None = None) -> Response:
    """The first `page.limit` features, with a next link where `found` holds more."""
    shown = found[: page.limit]
    return feature_collection(shown, next_after=_id(shown[-1]) if len(found) > page.limit else None, tag=tag)


def feature_collection(
    shown: Sequence[AnyFeature], *, next_after: object = None, tag: str | None = None, **more: Any
) -> Response:
    """A FeatureCollection; the next link is this request's own address with `after=next_after`."""
    links = [] if next_after is None else [{"rel": "next", "href": _next(next_after)}]
    texts = ",".join(one if isinstance(one, str) else current_app.json.dumps(one) for one in shown)
    rest = current_app.json.dumps({"numberReturned": len(shown), "links": links, **more})
    return geojson(f'{{"type":"FeatureCollection","features":[{texts}],{rest[1:]}', tag=tag)


def _id(one: AnyFeature) -> object:
    return (json.loads(one) if isinstance(one, str) else one)["id"]


def _next(after: object) -> str:
    query = {**request.args.to_dict(), "after": str(after)}
    return f"{request.path}?{urlencode(query)}"
