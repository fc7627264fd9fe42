"""The incidents as points: what and how far along, nothing that was written about them."""

from app.tiles import Layer

INCIDENTS = """
    SELECT t.geom_3857, t.id::text AS uid, t.category, t.state FROM incidents t
    WHERE {inside} AND (CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))
"""

LAYERS = (Layer("incidents", "uid, category, state", INCIDENTS, ("incidents",), numbered=False),)
