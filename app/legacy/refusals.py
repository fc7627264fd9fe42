"""Why a file with a net is not taken, in sentences whose reader can act on them; the reasons are those of `unpack`."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

KINDS = {"shp": "Shapefile", "gpkg": "GeoPackage", "geojson": "GeoJSON", "kml": "KML", "zip": "ZIP"}
SENTENCES = {
    "kind": _(
        "This is no net of grids. Send a Shapefile (all its parts in one ZIP), a GeoPackage, GeoJSON, KML or KMZ."
    ),
    "bare_shp": _("A .shp file alone is not enough. Put .shp, .shx, .dbf and .prj into one ZIP."),
    "unreadable": _("The file is damaged: it cannot be read as %(kind)s."),
    "doctype": _("The KML file declares a document type of its own. Such files are not read."),
    "unpacked": _("Unpacked, this archive would be larger than %(most)d MB. It is not read."),
    "many_layers": _("The file holds %(count)d layers. Send only the one with the grids."),
    "no_areas": _("There are no areas in this file: only points, only lines, or nothing."),
    "numbers": _("Some coordinates in this file are no finite numbers."),
    "memory": _("This file takes more memory or time to read than is given to one."),
    "tangled": _(
        "Shape %(number)d (%(name)s) crosses itself so often that it cannot be mended. Draw it anew.",
    ),
    "slow": _(
        "Grid %(number)d (%(name)s) is drawn so finely that it takes too long to see what lies in it. Simplify it, and "
        "send the net again."
    ),
    "piled": _("%(count)d shapes of this file lie on top of each other. Send one level of grids at a time."),
    "many_shapes": _(
        "The file holds %(count)d shapes, and at most %(most)d are taken. A net has one for each grid: "
        "join the pieces of each grid first."
    ),
    "many_pieces": _("The shapes are in %(count)d pieces, and at most %(most)d are taken. Join them first."),
    "many_vertices": _("The shapes have %(count)d corners, and at most %(most)d are taken. Simplify them first."),
    "large_shape": _(
        "Shape %(number)d (%(name)s) has %(count)d corners, and at most %(most)d are taken. Simplify it first."
    ),
}


def why(told: dict[str, Any]) -> str:
    """The sentence of a reason with its figures, in the reader's language."""
    known = {"kind": KINDS.get(told.get("kind", ""), ""), "name": told.get("name") or gettext("without a name")}
    return str(SENTENCES[told["reason"]]) % {**told, **known}
