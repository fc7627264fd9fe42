"""The stations as points."""

from app.tiles import Layer, register

STATIONS = """
    SELECT {geom}, t.id, t.kind, t.name, t.name_en FROM stations t
    WHERE {inside} AND (CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))
"""

register(Layer("stations", STATIONS, ("stations",), from_zoom=10))
