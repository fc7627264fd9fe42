"""The wall map (挂图) of a community: one HTML file made with folium that shows, prints and zooms without a request."""

import base64
import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from math import atan2, cos, degrees, radians
from pathlib import Path
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.pages.wallmap_data import Feature, WallMapData
from app.pages.wallmap_style import (
    COMMUNITY_LINE,
    GRID_LINE,
    GROUPS,
    ROUTE,
    STATIONS,
    TINTS,
    Style,
    building_style,
    ground_style,
    road_casing,
    road_style,
    tint_style,
    zone_style,
)

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = Path(__file__).resolve().parents[1] / "templates/wallmap"
LEAFLET = STATIC / "vendor/leaflet"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# folium shows each marker with Leaflet's default picture, which would be fetched, before it sets the marker's own icon.
NO_PICTURES = 'L.Marker.mergeOptions({icon: L.divIcon({className: "mark"})});'
NAMED_ROAD = 60.0  # metres: a shorter piece of road has no room for its name


@dataclass(frozen=True, slots=True)
class Zone:
    """A chosen response zone: polygons by minutes, largest first, its origin in degrees, and its assumptions."""

    features: list[Feature]
    lon: float
    lat: float
    title: str
    assumptions: list[str]


def draw(data: WallMapData, *, language: str, made_by: str, made_on: date, zone: Zone | None = None) -> str:
    """The whole HTML document in `language` ("zh" or "en"); no personal data, no address of another host in it."""
    import folium  # noqa: PLC0415 takes 3 s, and only wall maps need it

    sheet = folium.Map(tiles=None, zoom_control="topright", attribution_control=False, zoom_snap=0.1, zoom_delta=0.5)
    sheet.default_js, sheet.default_css = [], []  # what folium would link stands in the file instead
    for layer in _layers(folium, data, language, zone):
        layer.add_to(sheet)
    bounds = data.community["properties"]
    sheet.add_child(_finish())
    sheet.fit_bounds([[bounds["south"], bounds["west"]], [bounds["north"], bounds["east"]]], padding=(8, 8))
    return _document(sheet, _frame(data, language, made_by, made_on, zone), language)


def _layers(folium: Any, data: WallMapData, language: str, zone: Zone | None) -> Iterable[Any]:
    """The layers from the ground up."""
    shapes = [
        (data.ground, ground_style),
        (data.grids, tint_style),
        (data.roads, road_casing),
        (data.roads, road_style),
        (zone.features if zone else [], zone_style),
        (data.buildings, building_style),
        (data.grids, lambda _: GRID_LINE),
        ([data.community], lambda _: COMMUNITY_LINE),
        (data.routes, lambda _: ROUTE),
    ]
    for features, style in shapes:
        if features:
            yield _shapes(folium, features, style)
    for lon, lat, mark in _marks(data, language, zone):
        icon = folium.DivIcon(html=mark, icon_size=(0, 0), icon_anchor=(0, 0), class_name="mark")
        yield folium.Marker((lat, lon), icon=icon, interactive=False, keyboard=False)


def _shapes(folium: Any, features: list[Feature], style: Callable[[dict[str, Any]], Style]) -> Any:
    """A layer of the features in their styles: of all that is known about them only the shapes go into the file."""
    styles = [style(feature["properties"]) for feature in features]
    drawn = [
        {"type": "Feature", "id": number, "geometry": feature["geometry"], "properties": {}}
        for number, feature in enumerate(features)
    ]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": drawn},
        style_function=lambda feature: styles[feature["id"]],
        interactive=False,
        smooth_factor=0.5,
    )


def _marks(data: WallMapData, language: str, zone: Zone | None) -> Iterable[tuple[float, float, str]]:
    """Labels and badges as (lon, lat, HTML), the most important last so that they stand on top."""
    yield from _road_names(data.roads, language)
    for grid in data.grids:
        facts = grid["properties"]
        name = f"{_text(named(facts, language))}<small>{_text(facts['code'][-3:])}</small>"
        yield facts["lon"], facts["lat"], f'<b class="grid-name">{name}</b>'
    for station in data.stations:
        badge = f'<i class="badge" style="background:{STATIONS[station["kind"]].colour}">{icon(station["kind"])}</i>'
        yield station["lon"], station["lat"], f'{badge}<b class="station-name">{_text(named(station, language))}</b>'
    if zone:
        yield zone.lon, zone.lat, '<i class="origin"></i>'


def _road_names(roads: list[Feature], language: str) -> Iterable[tuple[float, float, str]]:
    """Each road's name once, along its longest straight piece."""
    seen: set[str] = set()
    for road in roads:  # the longest comes first
        name = named(road["properties"], language)
        if not name or name in seen or road["properties"]["length"] < NAMED_ROAD:
            continue
        seen.add(name)
        line = road["geometry"]["coordinates"]
        pieces = pairwise(line)
        (x1, y1), (x2, y2) = max(
            pieces, key=lambda piece: abs(piece[1][0] - piece[0][0]) + abs(piece[1][1] - piece[0][1])
        )
        turn = _screen_angle(x2 - x1, y2 - y1, (y1 + y2) / 2)
        yield (x1 + x2) / 2, (y1 + y2) / 2, f'<b class="road-name" style="--turn:{turn:.1f}deg">{_text(name)}</b>'


def _screen_angle(dx: float, dy: float, lat: float) -> float:
    """Degrees clockwise by which a text follows a step of `dx`, `dy` degrees at `lat`, never upside down."""
    angle = -degrees(atan2(dy, dx * cos(radians(lat))))
    return (angle + 90) % 180 - 90


def named(thing: dict[str, Any], language: str) -> str:
    """A thing's name in `language`, in the other one where it has none."""
    own, english = thing["name"], thing.get("name_en") or ""
    return str((english or own) if language == "en" else (own or english))


def _text(value: str) -> str:
    """A text as HTML. Braces are escaped too: branca reads what an element has rendered as a template once more."""
    return html.escape(value).replace("{", "&#123;")


@cache
def icon(name: str) -> str:
    """The <svg> of an icon, taken from the one table that the pages draw theirs from."""
    paths = dict(re.findall(r'^\s+(\w+): "(M[^"]+)",$', (STATIC / "src/icons.ts").read_text(), re.MULTILINE))
    return f'<svg viewBox="0 0 24 24"><path d="{paths.get(name, paths["other"])}"/></svg>'


def _frame(data: WallMapData, language: str, made_by: str, made_on: date, zone: Zone | None) -> str:
    """Title, legend, lists and imprint as HTML around the map."""
    kinds = {station["kind"] for station in data.stations}
    groups = {building["properties"]["group"] for building in data.buildings}
    return render_template(
        "wallmap/frame.html",
        community=named(data.community["properties"], language),
        code=data.community["properties"]["code"],
        grids=[{"name": named(g["properties"], language), **_counted(g)} for g in data.grids],
        buildings=len(data.buildings),
        groups=[(label, colour) for group, (label, colour) in GROUPS.items() if group in groups],
        stations=[
            (s.label, s.colour, Markup(icon(kind)), sum(one["kind"] == kind for one in data.stations))  # noqa: S704 ours
            for kind, s in STATIONS.items()
            if kind in kinds
        ],
        routes=data.routes,
        zone=zone,
        zone_colours=_zone_colours(zone),
        made_by=made_by,
        made_on=made_on,
    )


def _zone_colours(zone: Zone | None) -> dict[float, object]:
    """The colour of each zone by its minutes, smallest first."""
    minutes = sorted(feature["properties"]["minutes"] for feature in zone.features) if zone else []
    return {minute: zone_style({"minutes": minute})["fillColor"] for minute in minutes}


def _counted(grid: Feature) -> dict[str, Any]:
    facts = grid["properties"]
    return {"code": facts["code"], "households": facts["households"], "tint": TINTS[facts["tint"] % len(TINTS)]}


def _document(sheet: Any, frame: str, language: str) -> str:
    """The map and its frame as one file: Leaflet inside, and a policy that forbids every request."""
    figure = sheet.get_root()
    style = _leaflet_css() + (TEMPLATES / "style.css").read_text()
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>{style}</style><script>{_script((LEAFLET / 'leaflet.js').read_text())}\n{NO_PICTURES}\n"
        f"{(TEMPLATES / 'labels.js').read_text()}</script>"
    )
    figure.header.add_child(_verbatim(head), name="leaflet")
    figure.html.add_child(_verbatim(frame), name="frame")
    tag = {"zh": "zh-Hans", "en": "en"}[language]
    return str(figure.render()).replace("<html>", f'<html lang="{tag}">', 1)


def _finish() -> Any:
    """A scale in metres only (folium's own also shows feet), and labels that make way for each other."""
    from branca import element  # noqa: PLC0415 comes with folium
    from jinja2 import Template  # noqa: PLC0415 likewise

    macro: Any = element.MacroElement
    last = macro()
    last._template = Template(  # noqa: SLF001 how folium's elements are extended
        "{% macro script(this, kwargs) %}{% set map = this._parent.get_name() %}"
        "L.control.scale({imperial: false, maxWidth: 160}).addTo({{ map }});"
        "{{ map }}.on('zoomend', () => setTimeout(() => declutter({{ map }})));"
        "window.addEventListener('load', () => declutter({{ map }}));"
        "{% endmacro %}"
    )
    return last


def _verbatim(text: str) -> Any:
    """An element with this text as it is: given directly, branca would run what looks like a template in it."""
    from branca.element import Element  # noqa: PLC0415 comes with folium

    element: Any = Element("{{ this.text }}")
    element.text = text
    return element


def _leaflet_css() -> str:
    """Leaflet's style sheet with its pictures inside."""

    def inlined(found: re.Match[str]) -> str:
        picture = base64.b64encode((LEAFLET / found[1]).read_bytes()).decode()
        return f"url(data:image/png;base64,{picture})"

    return re.sub(r"url\((images/[\w.-]+)\)", inlined, (LEAFLET / "leaflet.css").read_text())


def _script(source: str) -> str:
    """A script that may stand inside an HTML file."""
    return re.sub(r"//# sourceMappingURL=.*", "", source).replace("</script", "<\\/script")
