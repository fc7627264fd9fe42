"""The stations as points."""

from app.tiles import Layer, register

STATIONS = """
    SELECT t.* FROM stations t
    WHERE {inside} AND (CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))
"""

register(Layer("stations", "id, kind, name, name_en", STATIONS, ("stations",), from_zoom=10))
