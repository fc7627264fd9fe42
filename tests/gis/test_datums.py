"""Coordinates as Chinese offices keep them: known offsets, the way back, zones with and without their number."""

import numpy as np
import pytest

from gis import datums
from gis.datums import BD, FILE, GCJ, SWAPPED, WGS, guesses, lonlat, to_bd, to_gcj, where_from

WEIFANG = (119.1619, 36.7069)
SOME = np.array([[119.16, 36.70], [119.18, 36.72], [119.10, 36.65]])


def metres(one, two):
    return np.hypot(*((one - two) * 111_000).T)


def test_gcj_is_shifted_as_published_maps_are():
    # Tiananmen on a published map (GCJ-02), and as GPS measures it; WGS to GCJ there is 0.00624, 0.00140 degrees.
    found = to_gcj(np.array([[116.39126, 39.90750]]))
    assert found == pytest.approx(np.array([[116.397502, 39.908903]]), abs=2e-6)


def test_the_ways_back_are_right_to_a_centimetre():
    for code, forward in ((GCJ, to_gcj), (BD, to_bd)):
        shifted = forward(SOME)
        assert metres(shifted, SOME).min() > 200
        assert metres(lonlat(code, shifted), SOME).max() < 0.01


@pytest.mark.parametrize(("prefixed", "plain"), [("EPSG:4528", "EPSG:4549"), ("EPSG:4527", "EPSG:4548")])
def test_a_zone_before_the_easting_is_the_same_place(prefixed, plain):
    from pyproj import Transformer

    east, north = Transformer.from_crs(WGS, plain, always_xy=True).transform(*SOME.T)
    zone = where_from(prefixed)[1]
    with_zone = np.column_stack([east + zone * 1e6, north])
    assert metres(lonlat(prefixed, with_zone), SOME).max() < 0.01
    assert metres(lonlat(plain, np.column_stack([east, north])), SOME).max() < 0.01
    assert where_from(plain) == ("meridian", zone * 3)


def test_each_system_is_found_from_its_numbers_alone():
    from pyproj import Transformer

    for code in ("EPSG:4528", "EPSG:4549", "EPSG:4498", "EPSG:32650", "EPSG:3857"):
        xy = np.column_stack(Transformer.from_crs(WGS, code, always_xy=True).transform(*SOME.T))
        assert code in {one.code for one in guesses(xy, WEIFANG)}
        assert code + SWAPPED in {one.code for one in guesses(xy[:, ::-1], WEIFANG)}
    assert [one.code for one in guesses(SOME, WEIFANG)] == [WGS, GCJ, BD]
    assert [one.code for one in guesses(SOME[:, ::-1], WEIFANG)] == [WGS + SWAPPED, GCJ + SWAPPED, BD + SWAPPED]


def test_what_lies_in_another_city_is_guessed_nowhere():
    assert list(guesses(SOME - [10, 0], WEIFANG)) == []
    assert list(guesses(np.array([[12.0, 34.0]]), WEIFANG)) == []


def test_what_a_file_declares_is_tried_first():
    from pyproj import CRS, Transformer

    wkt = CRS.from_epsg(4549).to_wkt("WKT1_ESRI")
    xy = np.column_stack(Transformer.from_crs(WGS, "EPSG:4549", always_xy=True).transform(*SOME.T))
    assert metres(lonlat(FILE, xy, wkt), SOME).max() < 0.01
    # It is one that people know by another name.
    assert next(guesses(xy, WEIFANG, wkt)).code == "EPSG:4549"
    own = "+proj=tmerc +lon_0=119.2 +x_0=50000 +ellps=GRS80"
    xy = np.column_stack(Transformer.from_crs(WGS, own, always_xy=True).transform(*SOME.T))
    assert next(guesses(xy, WEIFANG, own)).code == FILE


@pytest.mark.parametrize("code", ["EPSG:1", "nonsense", "EPSG:99999", FILE])
def test_a_system_that_there_is_not_is_refused(code):
    with pytest.raises(datums.Unknown):
        lonlat(code, SOME, "GEOGCS[")


def test_the_zones_before_cgcs2000_are_tried_and_nobody_knows_how_right_they_are():
    from pyproj import Transformer

    for code, kind in (("EPSG:2364", "xian zone"), ("EPSG:2437", "beijing meridian"), ("EPSG:21420", "beijing zone6")):
        xy = np.column_stack(Transformer.from_crs(WGS, code, always_xy=True).transform(*SOME.T))
        found = {one.code: one for one in guesses(xy, WEIFANG)}
        assert where_from(code)[0] == kind
        assert found[code].metres is None
        modern = [one for one in found.values() if one.metres == 1]
        assert modern
        assert 1 < min(one.away(found[code]) for one in modern) < 100


def test_where_the_way_from_beijing_54_is_published_it_is_said_how_right_it_is():
    from pyproj import Transformer

    ordos = np.array([[108.0, 38.0]])
    xy = np.column_stack(Transformer.from_crs(WGS, "EPSG:2433", always_xy=True).transform(*ordos.T))
    assert datums.accuracy("EPSG:2433", xy) == 1
    assert datums.accuracy("EPSG:2433" + SWAPPED, xy[:, ::-1]) == 1
