"""The stations as points."""

from app.tiles import Layer

STATIONS = """
    SELECT t.* FROM stations t
    WHERE {inside} AND (CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))
"""

LAYERS = (Layer("stations", "id, kind, name, name_en", STATIONS, ("stations",), from_zoom=10),)
