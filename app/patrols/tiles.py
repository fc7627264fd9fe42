"""The patrol routes as lines, drawn in the direction they are walked."""

from app.tiles import Layer

ROUTES = """
    SELECT t.* FROM patrol_routes t JOIN grids g ON g.id = t.grid_id
    WHERE {inside} AND (CAST(:communities AS int[]) IS NULL OR g.community_id = ANY(:communities))
"""

LAYERS = (Layer("patrol-routes", "id, name, grid_id, length", ROUTES, ("patrol_routes", "grids"), from_zoom=11),)
