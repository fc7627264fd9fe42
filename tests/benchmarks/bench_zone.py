"""Zones with four contours, from a place in degrees to GeoJSON, beside Valhalla, pgRouting and OSMnx's recipe."""

import json

import numpy as np
import pytest
import shapely

from gis.contours import zones
from gis.reach import reach
from gis.travel import Mode
from tests.benchmarks.networkx_peer import NetworkX
from tests.benchmarks.pgrouting_peer import PgRouting, drawn
from tests.benchmarks.quality import open_roads, quality, reached_pieces
from tests.benchmarks.report import Row, alternately
from tests.benchmarks.valhalla_peer import ASSUMED, Valhalla, pieces

GROUP = "Response zones"
QUALITY = "Quality of the zones, by length of road"
LIMITS = [60, 180, 300, 600]  # seconds
ORIGINS, JUDGED = 12, 8
BEYOND = 90  # seconds past the limit, so that the roads on which time ends are told too
BARS = {Mode.FOOT: 0.5}
MODES = [Mode.FOOT, Mode.EBIKE, Mode.CAR]
NAMES = {Mode.FOOT: "on foot", Mode.EBIKE: "by e-bike", Mode.CAR: "by car"}


def ours(town, mode):
    """Our own zone: attached, searched, drawn, turned into degrees and written as GeoJSON."""
    net, frame = town.network.by(mode), town.network.frame

    def zone(origin):
        found = reach(net, net.attach(frame.metres(np.array([origin.lonlat]))), float(LIMITS[-1]))
        return zones(found, LIMITS).geojson(frame)

    return zone


@pytest.fixture(scope="module")
def valhallas(towns, report):
    """Valhalla on each town."""
    report.assumed["Valhalla"] = ASSUMED
    return {name: Valhalla(name.lower(), town.network) for name, town in towns.items()}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["demo", "Nanjing", "Shanghai"])
def test_zones_of_a_town(towns, valhallas, report, name, mode):
    if name not in towns:
        pytest.skip("this town is not here")
    town, peer = towns[name], valhallas[name]
    pgrouting = PgRouting(town.session, town.network.by(mode), mode, name)
    tools = {
        "ours": ours(town, mode),
        "Valhalla": lambda origin: peer.zone(mode, origin.lonlat, LIMITS),
        "pgRouting": lambda origin: pgrouting.zone(origin, LIMITS),
    }
    if mode is Mode.FOOT:
        recipe = NetworkX(town.network.by(mode))
        tools["OSMnx's recipe"] = lambda origin: recipe.zone(origin, LIMITS)
    origins = town.origins(mode, ORIGINS)
    times, answers = alternately(tools, origins)
    tell_times(report, name, mode, times)
    tell_quality(report, town, mode, origins[:JUDGED], answers, peer)


def tell_times(report, name, mode, times):
    """A row for each peer."""
    bars = {"Valhalla": BARS.get(mode, 1.0), "pgRouting": 0.1}
    for peer, theirs in times.items():
        if peer != "ours":
            bar = bars.get(peer)
            met = None if bar is None else times["ours"] <= bar * theirs
            told = "" if bar is None else f"≤ {bar:g} × {peer}"
            report.add(
                Row(GROUP, f"zone, four contours, {NAMES[mode]}", name, "ms", times["ours"], peer, theirs, told, met)
            )


def tell_quality(report, town, mode, origins, answers, valhalla):
    """Recall and precision of every tool at each limit: the mean of the origins."""
    net, frame = town.network.by(mode), town.network.frame
    roads = open_roads(net)
    tree = shapely.STRtree(roads)
    shares = {name: np.zeros((len(origins), len(LIMITS), 2)) for name in answers}
    for at, origin in enumerate(origins):
        found = reach(net, net.attach(origin.xy), float(LIMITS[-1]))
        true = [reached_pieces(found, limit) for limit in LIMITS]
        for name, told in answers.items():
            polygons = drawn(shapes_of(told[at]), frame)
            reached = valhallas_truth(valhalla, mode, origin, frame) if name == "Valhalla" else true
            shares[name][at] = [quality(roads, tree, *pair) for pair in zip(reached, polygons, strict=True)]
    mean = {name: share.mean(axis=0) for name, share in shares.items()}
    for at, limit in enumerate(LIMITS):
        for column, word in enumerate(("recall", "precision")):
            peers = {name: value[at, column] for name, value in mean.items() if name != "ours"}
            least = 0.999 if column == 0 else max(peers["Valhalla"], 0.85 if limit == LIMITS[0] else 0.0)
            value = float(mean["ours"][at, column])
            bar = f"≥ {least:.3f}" + ("" if column == 0 or least == 0.85 else " (Valhalla's)")
            told = ", ".join(f"{name} {share:.3f}" for name, share in peers.items())
            report.add(
                Row(QUALITY, f"{word} at {limit} s, {NAMES[mode]}", town.name, "", value, told, None, bar,
                    bool(value >= least))
            )  # fmt: skip


def shapes_of(told):
    """GeoJSON texts of geometries, smallest zone first."""
    if isinstance(told, list):
        return told
    features = json.loads(told)["features"]
    by_limit = {round(one["properties"]["contour"] * 60): one["geometry"] for one in features}
    return [json.dumps(by_limit.get(limit, {"type": "Polygon", "coordinates": []})) for limit in LIMITS]


def valhallas_truth(valhalla, mode, origin, frame):
    """What Valhalla itself says it reaches within each limit, local metres."""
    features = valhalla.reached(mode, origin.lonlat, LIMITS[-1] + BEYOND)
    return [[frame.to_metres(piece) for piece in pieces(features, limit)] for limit in LIMITS]


def test_ten_minutes_by_car_among_a_million_junctions(big, report):
    peer = Valhalla("million", big.network)
    tools = {"ours": ours(big, Mode.CAR), "Valhalla": lambda origin: peer.zone(Mode.CAR, origin.lonlat, LIMITS)}
    times, _ = alternately(tools, big.origins(Mode.CAR, ORIGINS))
    met = times["ours"] <= times["Valhalla"]
    report.add(
        Row(GROUP, "zone, four contours, by car", big.name, "ms", times["ours"], "Valhalla", times["Valhalla"],
            "≤ 1 × Valhalla", met)
    )  # fmt: skip
