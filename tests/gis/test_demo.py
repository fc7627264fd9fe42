"""The demo district at a small scale: what a planner would look for, and what the rest of the product relies on."""

import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.city import AreaLevel, BuildingKind, City, FlagKind, GridKind, PostRole, RoadClass, StationKind
from gis.demo import demo_city
from gis.demo.district import ORIGIN

SEEDS = (1, 2, 3)


@cache
def town(seed: int = 1) -> City:
    return demo_city(seed=seed, scale=0.05)


def metres(geometries):
    return shapely.transform(np.array(list(geometries), dtype=object), ORIGIN.metres)


def households_of_blocks(city: City) -> Counter[str]:
    block_of = {b.key: b.block for b in city.buildings}
    building_of = {e.key: e.building for e in city.entrances}
    return Counter(block_of[building_of[d.entrance]] for d in city.dwellings)


def areas(city: City, level: AreaLevel):
    return [a for a in city.areas if a.level is level]


def test_the_same_seed_gives_the_same_city():
    assert demo_city(seed=4, scale=0.05) == demo_city(seed=4, scale=0.05)


def test_another_seed_gives_another_city():
    assert town(1).buildings[0].geometry != town(2).buildings[0].geometry


@pytest.mark.parametrize("scale", [0.0, 0.01, 5.0])
def test_a_scale_without_a_believable_town_is_refused(scale):
    with pytest.raises(ValueError, match="scale"):
        demo_city(scale=scale)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_the_source_documents_at_that_scale(seed):
    city = town(seed)
    kinds = Counter(g.kind for g in city.grids)
    assert len(city.buildings) == round(2524 * 0.05)
    assert len(city.dwellings) == round(117_700 * 0.05)
    assert len(city.compounds) == round(246 * 0.05)
    assert kinds == {GridKind.BASE: 14, GridKind.DEDICATED: 1}
    assert sum(FlagKind.CONTACT_HOUSEHOLD in h.flags for h in city.households) == round(1765 * 0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_key_is_unique_and_every_reference_is_kept(seed):
    city = town(seed)
    keys = {}
    named = ("areas", "compounds", "blocks", "grids", "buildings", "entrances", "dwellings", "stations", "road_nodes")
    for kind in (*named, "road_edges"):
        rows = [r.key for r in getattr(city, kind)]
        keys[kind] = set(rows)
        assert len(rows) == len(keys[kind])
    assert {a.parent for a in city.areas[1:]} <= keys["areas"]
    assert city.areas[0].parent is None
    assert {b.compound for b in city.blocks} <= keys["compounds"] | {None}
    assert {b.block for b in city.buildings} <= keys["blocks"]
    assert {b.compound for b in city.buildings} <= keys["compounds"] | {None}
    assert {e.building for e in city.entrances} == keys["buildings"]
    assert {d.entrance for d in city.dwellings} <= keys["entrances"]
    assert {h.dwelling for h in city.households} == keys["dwellings"]
    assert {k for e in city.road_edges for k in (e.tail, e.head)} == keys["road_nodes"]
    assert {p.grid for p in city.posts} == {g.key for g in city.grids if g.kind is GridKind.BASE}


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_tile_communities_and_communities_tile_the_district(seed):
    city = town(seed)
    blocks = np.array([b.geometry for b in city.blocks])
    assert shapely.coverage_is_valid(blocks)
    assert shapely.coverage_is_valid(metres(blocks))
    for community in areas(city, AreaLevel.COMMUNITY):
        own = [b.geometry for b in city.blocks if b.community == community.key]
        assert shapely.coverage_union_all(own).normalize() == shapely.union_all(community.geometry.geoms).normalize()
    outer = shapely.union_all([part for a in areas(city, AreaLevel.COMMUNITY) for part in a.geometry.geoms])
    assert outer.symmetric_difference(city.areas[0].geometry).area == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_block_is_in_one_grid_of_its_own_community_and_grids_are_in_one_piece(seed):
    city = town(seed)
    blocks = {b.key: b for b in city.blocks}
    assert sorted(k for g in city.grids for k in g.blocks) == sorted(blocks)
    for grid in city.grids:
        assert {blocks[k].community for k in grid.blocks} == {grid.community}
        assert shapely.coverage_union_all([blocks[k].geometry for k in grid.blocks]).geom_type == "Polygon"


@pytest.mark.parametrize("seed", SEEDS)
def test_base_grids_hold_300_to_500_households_and_dedicated_grids_none(seed):
    city, held = town(seed), households_of_blocks(town(seed))
    for grid in city.grids:
        count = sum(held[k] for k in grid.blocks)
        assert 300 <= count <= 500 if grid.kind is GridKind.BASE else count == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_are_small_enough_to_redraw_grids_with(seed):
    city = town(seed)
    buildings = Counter(b.block for b in city.buildings)
    assert all(count <= 120 or buildings[key] == 1 for key, count in households_of_blocks(city).items())


def test_codes_are_of_twelve_digits_under_a_prefix_that_no_region_has():
    city = town()
    assert all(re.fullmatch(r"99\d{10}", a.code) for a in city.areas)
    codes = {a.key: a.code for a in city.areas}
    assert all(re.fullmatch(codes[g.community] + r"\d{3}", g.code) for g in city.grids)
    assert len({g.code for g in city.grids}) == len(city.grids)


@pytest.mark.parametrize("seed", SEEDS)
def test_buildings_stand_in_their_block_and_compound_and_overlap_nothing(seed):
    city = town(seed)
    footprints = metres(b.geometry for b in city.buildings)
    blocks = dict(zip([b.key for b in city.blocks], metres(b.geometry for b in city.blocks), strict=True))
    walls = dict(zip([c.key for c in city.compounds], metres(c.geometry for c in city.compounds), strict=True))
    for building, footprint in zip(city.buildings, footprints, strict=True):
        assert blocks[building.block].contains(footprint)
        assert building.compound is None or walls[building.compound].contains(footprint)
    a, b = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    assert np.array_equal(a, b)
    ways = metres(e.geometry for e in city.road_edges)
    waters = metres(w.geometry for w in city.waters)
    for building, way in shapely.STRtree(ways).query(footprints, predicate="intersects").T:
        assert footprints[building].intersection(ways[way]).length < 0.01
    assert not shapely.STRtree(waters).query(footprints, predicate="intersects").size


@pytest.mark.parametrize("seed", SEEDS)
def test_streets_cross_water_on_bridges_only(seed):
    city = town(seed)
    water = shapely.union_all(metres(w.geometry for w in city.waters))
    ways = metres(e.geometry for e in city.road_edges)
    wet = [e for e, way in zip(city.road_edges, ways, strict=True) if way.intersects(water)]
    assert wet
    assert all(e.bridge and e.layer == 1 for e in wet)


@pytest.mark.parametrize("seed", SEEDS)
def test_streets_pass_the_railway_below_it(seed):
    city = town(seed)
    rail = shapely.union_all(metres(r.geometry for r in city.railways))
    ways = metres(e.geometry for e in city.road_edges)
    under = [e for e, way in zip(city.road_edges, ways, strict=True) if way.intersects(rail)]
    assert under
    assert all(e.tunnel and e.layer == -1 for e in under)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_river_parts_the_district_and_the_communities(seed):
    city = town(seed)
    river = next(w.geometry for w in city.waters if w.kind == "river")
    assert len(shapely.get_parts(city.areas[0].geometry.difference(river.buffer(1e-7)))) == 2
    for community in areas(city, AreaLevel.COMMUNITY):
        assert len(shapely.get_parts(community.geometry.difference(river.buffer(1e-7)))) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_can_be_reached_on_foot(seed):
    city = town(seed)
    number = {n.key: k for k, n in enumerate(city.road_nodes)}
    walked = [e for e in city.road_edges if e.foot]
    ends = np.array([(number[e.tail], number[e.head]) for e in walked])
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(number), len(number)))
    _, part = connected_components(graph, directed=False)
    lengths = np.array([e.length for e in walked])
    assert np.bincount(part[ends[:, 0]], weights=lengths).max() >= 0.999 * lengths.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_cars_can_drive_from_anywhere_to_anywhere(seed):
    city = town(seed)
    number = {n.key: k for k, n in enumerate(city.road_nodes)}
    arcs = [(e.tail, e.head) for e in city.road_edges if e.car_forward]
    arcs += [(e.head, e.tail) for e in city.road_edges if e.car_backward]
    ends = np.array([(number[a], number[b]) for a, b in arcs])
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(number), len(number)))
    _, part = connected_components(graph, directed=True, connection="strong")
    assert np.bincount(part[ends[:, 0]]).max() >= 0.995 * len(ends)


@pytest.mark.parametrize("seed", SEEDS)
def test_edges_run_from_node_to_node_and_know_their_length_in_metres(seed):
    city = town(seed)
    places = {n.key: n.geometry for n in city.road_nodes}
    for edge, line in zip(city.road_edges, metres(e.geometry for e in city.road_edges), strict=True):
        assert edge.geometry.coords[0] == places[edge.tail].coords[0]
        assert edge.geometry.coords[-1] == places[edge.head].coords[0]
        assert edge.length == pytest.approx(line.length, rel=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_entrances_are_on_their_building_and_near_a_path(seed):
    city = town(seed)
    footprints = dict(zip([b.key for b in city.buildings], metres(b.geometry for b in city.buildings), strict=True))
    ways = metres(e.geometry for e in city.road_edges if e.foot)
    tree = shapely.STRtree(ways)
    for entrance, point in zip(city.entrances, metres(e.geometry for e in city.entrances), strict=True):
        assert footprints[entrance.building].boundary.distance(point) < 0.01
        assert ways[tree.nearest(point)].distance(point) <= 30


@pytest.mark.parametrize("seed", SEEDS)
def test_a_compound_is_entered_by_one_to_three_gates(seed):
    city = town(seed)
    ways = metres(e.geometry for e in city.road_edges)
    tree = shapely.STRtree(ways)
    for wall in metres(c.geometry for c in city.compounds):
        through = tree.query(wall.boundary, predicate="crosses")
        assert 1 <= len(through) <= 3


def test_all_kinds_of_stations_stand_in_their_community():
    city = town()
    shapes = {a.key: a.geometry for a in city.areas}
    assert {s.kind for s in city.stations} == set(StationKind)
    assert all(shapes[s.community].contains(s.geometry) for s in city.stations)
    assert len([s for s in city.stations if s.kind is StationKind.SERVICE_STATION]) == 2


def test_posts_are_one_one_one_and_two_with_the_documents_shortage():
    city = town()
    posts = Counter(p.role for p in city.posts)
    held = Counter(p.role for p in city.posts if p.holder)
    assert posts == {
        PostRole.INSTRUCTOR: 14,
        PostRole.LEADER: 14,
        PostRole.FULL_TIME_WORKER: 14,
        PostRole.PART_TIME_WORKER: 28,
    }
    assert held[PostRole.FULL_TIME_WORKER] == round(246 * 0.05)
    assert held[PostRole.PART_TIME_WORKER] == round(470 * 0.05)
    assert held[PostRole.INSTRUCTOR] == held[PostRole.LEADER] == 14


def test_people_are_obviously_invented_and_vacant_dwellings_have_none():
    for household in town().households:
        vacant = FlagKind.VACANT in household.flags
        assert (household.size == 0) is vacant
        assert household.contact_name == "" if vacant else "示例" in household.contact_name
        assert household.contact_phone == "" if vacant else household.contact_phone.startswith("000-")


def test_flags_agree_with_the_household_they_are_set_on():
    for household in town().households:
        assert len(set(household.flags)) == len(household.flags)
        assert not {FlagKind.LET, FlagKind.VACANT} <= set(household.flags)
        if FlagKind.ALONE_OVER_80 in household.flags:
            assert household.size == 1
        if FlagKind.INFANT in household.flags:
            assert household.size >= 3
        if FlagKind.VACANT in household.flags:
            assert household.flags == (FlagKind.VACANT,)


def test_dwellings_are_numbered_by_floor_and_door():
    city = town()
    floors = {b.key: b.floors for b in city.buildings}
    building_of = {e.key: e.building for e in city.entrances}
    for dwelling in city.dwellings:
        assert dwelling.number[:-2] == str(dwelling.floor)
        assert 1 <= dwelling.floor <= floors[building_of[dwelling.entrance]]


def test_tall_homes_have_lifts_and_slabs_of_six_floors_have_none():
    homes = [b for b in town().buildings if b.kind is BuildingKind.RESIDENTIAL]
    assert all(b.has_lift is (b.floors >= 7) for b in homes)
    assert {b.has_lift for b in homes} == {True, False}


def test_every_street_and_place_has_a_name_in_both_languages():
    city = town()
    streets = [e for e in city.road_edges if e.road_class in {RoadClass.PRIMARY, RoadClass.TERTIARY}]
    for record in (*city.areas, *city.compounds, *city.grids, *city.stations, *city.buildings, *streets):
        assert record.name
        assert record.name_en.isascii()
        assert record.name_en


def test_the_whole_district_has_the_figures_of_the_source_document():
    city = demo_city()
    held = households_of_blocks(city)
    area = sum(g.area for g in metres([city.areas[0].geometry]))
    assert 31e6 < area < 35e6
    assert Counter(a.level for a in city.areas)[AreaLevel.COMMUNITY] == 23
    assert Counter(g.kind for g in city.grids) == {GridKind.BASE: 279, GridKind.DEDICATED: 19}
    assert (len(city.buildings), len(city.dwellings), len(city.compounds)) == (2524, 117_700, 246)
    assert sum(c.has_committee for c in city.compounds) == 210
    assert len({c.manager for c in city.compounds}) == 117
    stations = Counter(s.kind for s in city.stations)
    assert (stations[StationKind.SERVICE_STATION], stations[StationKind.LIAISON_STATION]) == (23, 126)
    staffed = Counter(p.role for p in city.posts if p.holder)
    assert (staffed[PostRole.FULL_TIME_WORKER], staffed[PostRole.PART_TIME_WORKER]) == (246, 470)
    assert len({p.holder for p in city.posts if p.role is PostRole.LEADER}) == 42
    assert shapely.coverage_is_valid(np.array([b.geometry for b in city.blocks]))
    base = [sum(held[k] for k in g.blocks) for g in city.grids if g.kind is GridKind.BASE]
    assert min(base) >= 300
    assert max(base) <= 500
