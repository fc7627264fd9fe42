"""JSON as it is answered."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from flask_babel import lazy_gettext
from sqlalchemy import text

from app.response.shapes import DECIMALS, lonlats
from gis.local import LocalFrame

VALUES = [
    ({"名": "网格", "n": 1.5, "no": None, "yes": True}, '{"名":"网格","n":1.5,"no":null,"yes":true}'),
    ([date(2026, 5, 1), datetime(2026, 5, 1, 8, tzinfo=UTC)], '["2026-05-01","2026-05-01T08:00:00+00:00"]'),
    ({1: 2**70}, '{"1":1180591620717411303424}'),
    (np.array([[1.5, 2.0], [3.0, 4.25]]), "[[1.5,2.0],[3.0,4.25]]"),
    (np.arange(6).reshape(2, 3).T, "[[0,3],[1,4],[2,5]]"),
]


@pytest.mark.parametrize(("value", "written"), VALUES)
def test_values_are_written_short_and_as_they_are(app, value, written):
    with app.test_request_context():
        assert app.json.dumps(value) == written
        assert app.json.response(value).get_data(as_text=True) == written


def test_what_is_no_value_is_refused(app):
    with app.test_request_context(), pytest.raises(TypeError):
        app.json.dumps({"one": object(), "text": str(lazy_gettext("Grid"))})


def test_a_geometry_is_written_as_geojson_writes_it(app):
    frame = LocalFrame(118.8, 32.05)
    one = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    apart = shapely.box(200, 200, 300, 300)
    drawn = [
        [shapely.LineString([(0, 0), (50, 10)]), shapely.LineString([(7, 7), (8, 8), (9, 7)])],
        [shapely.MultiLineString([[(0, 0), (1, 1)], [(5, 5), (6, 6)]])],
        [shapely.MultiPolygon([one, apart]), shapely.MultiPolygon([apart]), shapely.MultiPolygon()],
    ]
    for geometries in drawn:
        with app.test_request_context():
            written = [app.json.loads(app.json.dumps(told)) for told in lonlats(frame, geometries)]
        for geometry, told in zip(geometries, written, strict=True):
            there = shapely.geometry.shape(told)
            assert there.geom_type == geometry.geom_type
            back = shapely.transform(there, frame.metres)
            assert geometry.is_empty or shapely.hausdorff_distance(back, geometry) < 0.01


def test_rounding_folds_no_ring_of_a_zone(client_as, session):
    places = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM entrances ORDER BY id LIMIT 25")).all()
    client = client_as("coordinator")
    for lon, lat in places:
        asked = {"lon": lon, "lat": lat, "mode": "car", "minutes": "1,3,5,10"}
        for feature in client.get("/api/v1/response/zone", query_string=asked).json["features"]:
            assert shapely.geometry.shape(feature["geometry"]).is_valid
            xy = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
            assert np.array_equal(np.round(xy, DECIMALS), xy)
