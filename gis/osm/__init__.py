"""OpenStreetMap files → City."""

from gis.osm.importer import area_key, city_of
from gis.osm.reader import Box, OsmFileError
from gis.osm.report import Report

__all__ = ["Box", "OsmFileError", "Report", "area_key", "city_of"]
