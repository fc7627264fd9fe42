"""No function of PostGIS is younger than the 3.2 that Ubuntu 22.04 brings, beside its PostgreSQL 14."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UBUNTU = (3, 2)
FROM_THE_START = """
    ST_Area ST_AsBinary ST_Boundary ST_Buffer ST_Covers ST_Crosses ST_DWithin ST_Difference ST_Distance ST_Dump
    ST_Equals ST_Expand ST_GeomFromEWKT ST_GeomFromWKB ST_Intersection ST_Intersects ST_IsEmpty ST_IsValid ST_MakePoint
    ST_NPoints ST_PointOnSurface ST_SetSRID ST_SymDifference ST_Transform ST_Union ST_X ST_XMax ST_XMin ST_Y ST_YMax
    ST_YMin
"""
# Since when each is there in the form we call it, as the notes "Availability" in PostGIS's own SQL say.
SINCE = {
    "ST_AsGeoJSON": (2, 0),
    "ST_AsMVT": (3, 0),  # with the name of the feature's id
    "ST_AsMVTGeom": (2, 4),
    "ST_CoveredBy": (1, 2),
    "ST_DumpSegments": (3, 2),
    "ST_IsValidReason": (1, 4),
    "ST_MakeEnvelope": (2, 0),
    "ST_MaximumInscribedCircle": (3, 1),
    "ST_RemoveRepeatedPoints": (2, 2),
    "ST_TileEnvelope": (3, 1),  # with a margin
    **dict.fromkeys(FROM_THE_START.split(), (1, 0)),
}


def test_every_function_we_call_is_in_the_oldest_postgis_we_run_on():
    sources = [file for folder in ("app", "migrations") for file in (ROOT / folder).rglob("*.py")]
    called = {name for file in sources for name in re.findall(r"\bST_\w+", file.read_text())}
    assert "ST_AsMVT" in called
    assert sorted(called - set(SINCE)) == [], "say here since which PostGIS they are there"
    assert [name for name in sorted(called) if SINCE[name] > UBUNTU] == []
