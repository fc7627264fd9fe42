"""What the fuzz sends to those who plan: closures, stations, minutes and candidates of every kind."""

import json

from hypothesis import strategies as st

from tests.fuzz.cases import Request, Town, numbers, positions

STATIONS = ["police", "micro_fire_station", "service_station", "castle", ""]
MINUTES = ["[1,3,5,10]", "[1]", "[]", "[0]", "[-1]", "[1e9]", "[60]", '["1"]', "null", str([1.5] * 500), "[true]", "3"]


def planning_bodies(town: Town) -> st.SearchStrategy[Request]:
    """Method, path and body of every route that takes a scenario, places to start from, or candidates."""
    content, minutes = contents(town), st.one_of(st.just("[1,3]"), st.sampled_from(MINUTES))
    mode = st.sampled_from(["foot", "foot", "ebike", "car", "emergency", "plane"])
    many = st.lists(positions(town), max_size=8).map(",".join)
    minute = st.sampled_from(["3", "0.25", "0", "-1", "1e9", "60", "null", '"3"', "1e999", "[]"])
    count = st.sampled_from(["1", "3", "0", "-1", "200", "201", "1e300", "2.5", "null"])
    kind = st.sampled_from(STATIONS).map(json.dumps)
    source = st.sampled_from(['["public"]', '["homes"]', '["gates","gates"]', "[]", '["moon"]', '"homes"'])
    return st.one_of(
        st.tuples(st.uuids(version=4), content).map(
            lambda p: _sent("scenarios", f'"id":"{p[0]}","name":"flood","area_id":{town.area},"content":{p[1]}')
        ),
        st.tuples(content, minutes, mode, kind, st.integers(-3, 40)).map(
            lambda p: _sent(
                "response/live",
                f'"area_id":{town.area},"content":{p[0]},"minutes":{p[1]},"mode":"{p[2]}","kind":{p[3]},'
                f'"station":{p[4]},"closed":true',
            )
        ),
        st.tuples(many, minutes, mode, kind).map(
            lambda p: _sent(
                "response/zone", f'"places":[{p[0]}],"minutes":{p[1]},"mode":"{p[2]}","kinds":[{p[3]}],"pieces":true'
            )
        ),
        st.tuples(many, minute, count, source, mode, kind, count).map(
            lambda p: _sent(
                "sitings",
                f'"area":{town.area},"places":[{p[0]}],"minutes":{p[1]},"sites":{p[2]},"sources":{p[3]},'
                f'"mode":"{p[4]}","kinds":[{p[5]}],"moves":{p[6]}',
            )
        ),
        st.tuples(minute, kind, mode).map(
            lambda p: _sent(
                "coverage/outside/file", f'"area":{town.area},"minutes":{p[0]},"kinds":[{p[1]}],"mode":"{p[2]}"'
            )
        ),
        redrawing_bodies(town),
    )


def redrawing_bodies(town: Town) -> st.SearchStrategy[Request]:
    """Method, path and body of every route that redraws grids: plans, edits, questions, lines across a block."""
    number = st.sampled_from(["-1", "-2", "1", "1000000000", "2000000001", "null", "1.5", '"1"', "[]", "1e999"])
    block = st.sampled_from([str(town.block), "0", "01", "2147483648", "99999999999", "-1", "x", ""])
    moves = st.dictionaries(block, st.lists(number, max_size=3).map(",".join), max_size=3).map(
        lambda some: ",".join(f'"{name}":[{ends}]' for name, ends in some.items())
    )
    kind = st.sampled_from(["base", "dedicated", "odd"])
    grid = st.tuples(st.sampled_from(["grid", "", "x" * 101]), kind, st.sampled_from([town.area, -1, 2**31])).map(
        lambda p: f'{{"name":"{p[0]}","kind":"{p[1]}","community":{p[2]}}}'
    )
    grids = st.tuples(block, st.one_of(grid, st.just("null")), st.one_of(grid, st.just("null"))).map(
        lambda p: f'"{p[0]}":[{p[1]},{p[2]}]'
    )
    few = st.lists(st.one_of(number, st.just(str(town.block))), max_size=4).map(",".join)
    way = st.sampled_from(["new", "least", "chosen", "best"])
    plan = f"plans/{town.plan}"
    return st.one_of(
        st.tuples(st.uuids(version=4), st.sampled_from([str(town.area), "0", "-1", "null"])).map(
            lambda p: _sent("plans", f'"id":"{p[0]}","name":"plan","area_id":{p[1]}')
        ),
        st.tuples(moves, grids).map(lambda p: _sent(f"{plan}/edits", f'"blocks":{{{p[0]}}},"grids":{{{p[1]}}}')),
        st.tuples(way, few, few, number).map(
            lambda p: _sent(
                f"{plan}/suggestions",
                f'"way":"{p[0]}","stay":[{p[1]}],"together":[[{p[2]}]],"dedicated":[[{p[2]}]],"weights":{{"moved":{p[3]}}}',
            )
        ),
        st.tuples(rings(town), st.sampled_from(["3", "0", "1e9", "null"])).map(
            lambda p: _sent(f"blocks/{town.block}/split", f'"line":{p[0]},"within":{p[1]}')
        ),
        few.map(lambda some: _sent("blocks/merge", f'"blocks":[{some}]')),
    )


def contents(town: Town) -> st.SearchStrategy[str]:
    """The JSON of what a scenario changes, sound and unsound."""
    lon, lat = numbers(town.lon), numbers(town.lat)
    place = st.tuples(lon, lat).map(lambda at: f'"lon":{at[0]},"lat":{at[1]}')
    number = st.sampled_from(["-1", "-2", "1", "0", "2147483648", "null"])
    added = st.tuples(number, st.sampled_from(STATIONS), place).map(
        lambda p: f'{{"id":{p[0]},"kind":"{p[1]}","name":"new",{p[2]}}}'
    )
    moved = st.tuples(number, place).map(lambda p: f'{{"id":{p[0]},{p[1]}}}')
    closure = st.tuples(st.sampled_from(["flood"] * 3 + ["barrier", "road", "wall"]), rings(town)).map(
        lambda p: f'{{"shape":"{p[0]}","points":{p[1]}}}'
    )
    return st.tuples(
        *(st.lists(parts, max_size=3).map(",".join) for parts in (added, moved, closure)),
        place,
    ).map(lambda p: f'{{"added":[{p[0]}],"moved":[{p[1]}],"closures":[{p[2]}],"incident":{{{p[3]}}}}}')


def rings(town: Town) -> st.SearchStrategy[str]:
    """The points of a closure: bow-ties, needles, what covers everything, and what nobody can draw."""
    step = st.integers(-30, 30).map(lambda hops: hops * 1e-4)
    near = st.tuples(step, step).map(lambda far: f"[{town.lon + far[0]!r},{town.lat + far[1]!r}]")
    here = f"[{town.lon!r},{town.lat!r}]"
    # Six decimals, so that as many points as a closure may have fit into a body.
    lon, lat = round(town.lon, 6), round(town.lat, 6)
    scribble = [[round(lon + n * 7919 % 997 * 2e-5, 6), round(lat + n * 6101 % 991 * 2e-5, 6)] for n in range(1999)]
    comb = [[round(lon + n * 1e-6, 6), round(lat + n % 2 * 1e-2, 6)] for n in range(1999)]
    return st.one_of(
        st.lists(near, min_size=1, max_size=10).map(lambda some: f"[{','.join(some)}]"),
        st.lists(positions(town), max_size=5).map(lambda some: f"[{','.join(some)}]"),
        st.sampled_from(
            [
                "[[-180,-90],[180,-90],[180,90],[-180,90]]",
                f"[[0,0],[180,0],{here}]",
                f"[{here},{here},{here}]",
                f"[{here}]",
                json.dumps(scribble),
                json.dumps(comb),
                json.dumps([[lon, lat]] * 2001),
                "null",
                "{}",
            ]
        ),
    )


def _sent(path: str, fields: str) -> Request:
    return Request("POST", f"/api/v1/{path}", f"{{{fields}}}".encode())
