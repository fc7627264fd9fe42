"""What the fuzz sends: the whole OpenAPI by schemathesis, and places and shapes of every kind by hypothesis."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, reject, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

LONGEST_SHOWN = 3000  # characters of an address or a body that a failure shows
ENDLESS = "GET /api/v1/events"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def few(examples: int) -> settings:
    """The settings of a test: the same few cases each time."""
    phases = [Phase.explicit, Phase.generate, Phase.shrink]
    return settings(max_examples=examples, derandomize=True, phases=phases, **COMMON)


def many(examples: int) -> settings:
    """The settings of `make fuzz`: other cases each time; what fails is told with what brings it back."""
    return settings(max_examples=examples, print_blob=True, **COMMON)


def operations(schema: schemathesis.BaseSchema) -> Iterator[schemathesis.APIOperation]:
    """Every operation that comes to an end."""
    for result in schema.get_all_operations():
        if (operation := result.ok()).label != ENDLESS:
            yield operation


def api_cases(schema: schemathesis.BaseSchema, known: dict[str, Any]) -> st.SearchStrategy[schemathesis.Case]:
    """Right and wrong input for every operation; half of the right ones at what there is (`known`, by parameter)."""
    found = []
    for operation in operations(schema):
        found.extend(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)
        names = {where: {one.name for one in getattr(operation, where)} for where in ("path_parameters", "query")}
        given = {where: {name: known[name] for name in listed & known.keys()} for where, listed in names.items()}
        if any(given.values()):
            found.append(operation.as_strategy(**{where: values for where, values in given.items() if values}))
    return st.one_of(found)


def called(case: schemathesis.Case, **options: Any) -> schemathesis.Response:
    """The answer to a case; one that the client itself cannot send is no case."""
    try:
        return case.call(**options)
    except ValueError as error:
        if "URL" not in str(error):
            raise
        reject()


# --- places and shapes ---------------------------------------------------------------------------------------------

ODD_NUMBERS = [
    *("NaN", "Infinity", "-Infinity", "1e300", "-1e300", "1e308", "1e999", "5e-324", "-0.0", "0", "180", "-180", "90"),
    *("180.0000001", "85.06", "1" * 5000, "1" * 400, "9223372036854775808", "1e-300", "true", "null", '"121.4"', "[]"),
    *('"NaN"', '"\\u0000"', '"\\ud800"', '"１２１.4"', '"0x79"', "{}", "121,4", "+121", ".5", "1_0"),
]
ODD_TEXTS = [
    *(
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e300",
        "1e999",
        "5e-324",
        "-0",
        "180",
        "90",
        "1" * 400,
        "0x79",
        "1_0",
        "１２１.4",
    ),
    *("121.4 ", "121,4", "true", "null", "\x00", "\ud7ff", "%", "'", "--", "$1", "🙂", "NaN,NaN,NaN,NaN"),
]


@dataclass(frozen=True, repr=False)
class Request:
    """Method, address and body of a request."""

    method: str
    address: str
    body: bytes | None = None

    def __repr__(self) -> str:
        body = self.body or b""
        whole = body if len(body) <= LONGEST_SHOWN else body[:LONGEST_SHOWN] + b"... %d bytes" % len(body)
        return f"{self.method} {self.address[:LONGEST_SHOWN]} {whole!r}"


class Town(NamedTuple):
    """Where the grid worker is at home, in degrees, and its grid, a route and a community there: its code and id.

    Also a block there and a draft of a plan.
    """

    lon: float
    lat: float
    grid: int
    route: int
    code: str
    area: int
    block: int
    plan: str


def numbers(around: float) -> st.SearchStrategy[str]:
    """A number as JSON writes it, or does not."""
    near = st.floats(-0.01, 0.01).map(lambda far: repr(around + far))
    return st.one_of(near, near, near, st.floats().map(json.dumps), st.sampled_from(ODD_NUMBERS), st.just(repr(around)))


def positions(town: Town) -> st.SearchStrategy[str]:
    """A position: as it should be, with its axes swapped, too short, too long, or none."""
    lon, lat = numbers(town.lon), numbers(town.lat)
    right = st.tuples(lon, lat)
    either = st.one_of(right, right, right, st.tuples(lat, lon), st.tuples(lon, lat, lat), st.tuples(lon), st.just(()))
    return either.map(lambda parts: f"[{','.join(parts)}]")


def near_lines(town: Town) -> st.SearchStrategy[str]:
    """Positions within a few hundred metres: lines that may be kept, bow-ties and standstills among them."""
    step = st.integers(-20, 20).map(lambda hops: hops * 1e-4)
    place = st.tuples(step, step).map(lambda far: f"[{town.lon + far[0]!r},{town.lat + far[1]!r}]")
    return st.lists(place, min_size=2, max_size=12).map(",".join)


def shapes(town: Town) -> st.SearchStrategy[str]:
    """The JSON of a geometry, sound and unsound."""
    row = st.lists(positions(town), max_size=6).map(",".join)
    here = f"[{town.lon!r},{town.lat!r}]"
    east = f"[{town.lon + 0.001!r},{town.lat!r}]"
    north = f"[{town.lon!r},{town.lat + 0.001!r}]"
    corner = f"[{town.lon + 0.001!r},{town.lat + 0.001!r}]"
    coordinates = st.one_of(
        near_lines(town).map(lambda line: f"[{line}]"),
        row.map(lambda line: f"[{line}]"),
        row.map(lambda ring: f"[[{ring}]]"),
        row.map(lambda ring: f"[[[{ring}]]]"),
        st.just(f"[[{here},{corner},{east},{north},{here}]]"),  # a bow-tie
        st.just(f"[{here},{here},{here}]"),
        st.sampled_from(["[]", "[[]]", "[[],[]]", "null", "{}", "0", '"x"', "[null,null]"]),
        st.integers(3, 3000).map(lambda count: f"[{','.join([here, east] * count)}]"),
        st.sampled_from([25, 10_000]).map(lambda deep: "[" * deep + "]" * deep),
    )
    kind = st.sampled_from(
        ["LineString"] * 6
        + ["Point", "MultiPoint", "Polygon", "MultiLineString", "GeometryCollection", "", "linestring"]
    )
    plain = st.tuples(kind, coordinates).map(lambda parts: f'{{"type":"{parts[0]}","coordinates":{parts[1]}}}')
    odd = [
        "null",
        "[]",
        "{}",
        '"LINESTRING(0 0,1 1)"',
        '{"type":"LineString"}',
        '{"type":["LineString"],"coordinates":1}',
    ]
    return st.one_of(plain, plain, plain, plain, st.sampled_from(odd))


def bodies(town: Town) -> st.SearchStrategy[Request]:
    """Method, path and body of every route that takes a place or a shape in its body."""
    ids = st.uuids(version=4).map(str)
    shape = shapes(town)
    name = st.sampled_from(['"walk"', '""', "null", '"' + "x" * 101 + '"', '"\\u0000"'])
    named = st.one_of(st.just('"walk"'), st.just('"walk"'), name)
    return st.one_of(
        st.tuples(ids, numbers(town.lon), numbers(town.lat)).map(
            lambda p: ("POST", "/api/v1/incidents", f'{{"id":"{p[0]}","lon":{p[1]},"lat":{p[2]},"category":"fire"}}')
        ),
        st.tuples(named, shape).map(
            lambda p: ("POST", "/api/v1/patrol-routes", f'{{"grid_id":{town.grid},"name":{p[0]},"geometry":{p[1]}}}')
        ),
        shape.map(lambda s: ("PUT", f"/api/v1/patrol-routes/{town.route}", f'{{"geometry":{s}}}')),
        shape.map(lambda s: ("POST", "/api/v1/incidents", f'{{"lon":{s},"lat":1,"category":"fire"}}')),
    ).map(lambda parts: Request(parts[0], parts[1], parts[2].encode(errors="surrogatepass")))


LISTS = ("areas", "compounds", "blocks", "grids", "buildings", "stations", "patrol-routes", "incidents")


def queries(town: Town) -> st.SearchStrategy[Request]:
    """Method and address of every route that takes a place or a box in its query."""

    def text(around: float) -> st.SearchStrategy[str]:
        near = st.floats(-0.02, 0.02).map(lambda far: repr(around + far))
        return st.one_of(near, near, near, st.floats().map(repr), st.sampled_from(ODD_TEXTS))

    lon, lat = text(town.lon), text(town.lat)
    at = st.one_of(st.tuples(lon, lat), st.tuples(lon, lat), st.tuples(lat, lon))
    box = st.one_of(
        st.tuples(lon, lat, lon, lat).map(",".join),
        st.tuples(st.floats(-0.02, 0), st.floats(-0.02, 0), st.floats(0, 0.02), st.floats(0, 0.02)).map(
            lambda far: f"{town.lon + far[0]},{town.lat + far[1]},{town.lon + far[2]},{town.lat + far[3]}"
        ),
        st.lists(lon, max_size=6).map(",".join),
        st.sampled_from(["-180,-90,180,90", "0,0,0,0", "1e300,1e300,1e301,1e301", "," * 500, "1," * 2000]),
    )
    minutes = st.one_of(
        st.just("1,3"),
        st.sampled_from(["60", "0.25,60", "nan", "1e300", "-1", "", ",", "1,2,3,4,5,6,7", "0.1", "1" * 99]),
    )
    mode = st.sampled_from(["foot", "ebike", "car", "emergency", "plane", ""])
    return st.one_of(
        at.map(lambda p: _get("/api/v1/here", lon=p[0], lat=p[1])),
        st.tuples(at, minutes, mode).map(
            lambda p: _get("/api/v1/response/zone", lon=p[0][0], lat=p[0][1], minutes=p[1], mode=p[2])
        ),
        st.tuples(at, mode).map(
            lambda p: _get("/api/v1/response/nearest", lon=p[0][0], lat=p[0][1], mode=p[1], steps="1")
        ),
        st.tuples(at, minutes, st.sampled_from(["out", "toward", "up"])).map(
            lambda p: _get(
                "/api/v1/response/zone/doors", places=f"{p[0][0]},{p[0][1]};{p[0][1]}", minutes=p[1], direction=p[2]
            )
        ),
        st.tuples(st.sampled_from(LISTS), box).map(lambda p: _get(f"/api/v1/{p[0]}", bbox=p[1], limit="50")),
        st.tuples(at, mode, minutes).map(
            lambda p: _get(f"/wallmap/{town.code}", zone=f"{p[0][0]},{p[0][1]},{p[1]},{p[2]}")
        ),
        st.tuples(*[st.integers(-1, 2**40)] * 3).map(
            lambda p: Request("GET", f"/api/v1/tiles/grids/{p[0]}/{p[1]}/{p[2]}.mvt")
        ),
    )


def _get(path: str, **query: str) -> Request:
    return Request("GET", f"{path}?{urlencode(query)}")


def geometry_cases(town: Town) -> st.SearchStrategy[Request]:
    """Requests with places and shapes of every kind."""
    return st.one_of(bodies(town), bodies(town), queries(town))


def form_cases(addresses: list[str]) -> st.SearchStrategy[Request]:
    """Forms with fields that a page knows and others, of texts of every kind."""
    names = ["name", "password", "next", "code", "days", "scope", "language", "reason", "role", "area", "x", ""]
    texts = st.one_of(st.text(max_size=50), st.sampled_from(ODD_TEXTS), st.just("x" * 10_001), st.just("1" * 5000))
    fields = st.lists(st.tuples(st.sampled_from(names), texts), max_size=8)
    written = fields.map(lambda pairs: urlencode(pairs, errors="surrogatepass").encode())
    return st.tuples(st.sampled_from(addresses), st.one_of(written, written, written, st.binary(max_size=200))).map(
        lambda parts: Request("POST", *parts)
    )


# --- what an answer has to be --------------------------------------------------------------------------------------


def judge(request: Request, status: int, kind: str, content: bytes) -> None:
    """Fail where an answer is a mistake of ours, or refuses without a sentence and a field."""
    assert status < 500, (request, content)
    if status >= 400 and status != 414:  # the server itself refuses an address over 4 KB
        assert kind == "application/json" or not request.address.startswith("/api/"), (request, kind)
        if kind == "application/json":
            error = json.loads(content)["error"]
            assert len(error["message"]) > 3
            assert status != 422 or error["field"], request


@dataclass
class Tally:
    """How many answers of each kind there were, and how long they took."""

    counts: dict[int, int] = field(default_factory=dict)
    worst: tuple[float, str] = (0.0, "")

    def add(self, label: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self.counts[status] = self.counts.get(status, 0) + 1
        self.worst = max(self.worst, (seconds, label))

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.counts.items()))
        return f"{sum(self.counts.values())} cases ({statuses}), slowest {self.worst[0]:.3f} s at {self.worst[1]}"
