"""An invented district that a planner could believe in: `demo_city` makes it."""

from gis.demo.district import demo_city

__all__ = ["demo_city"]
