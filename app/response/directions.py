"""A way in words: "Head east on 中山路 for 120 m", "Turn right into …", each with the piece of the map it is about."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.i18n import language
from app.response.origins import Origins
from app.response.shapes import lonlat
from gis.city import RoadClass
from gis.local import LocalFrame
from gis.nearest import Arrival
from gis.network import Places
from gis.roads import CLASSES
from gis.steps import Stage, Turn, stages

WALKED = 5.0  # metres between a road and a place that are worth a step of their own
KM = 1000.0
CHINESE = re.compile("[\u3400-\u9fff]")

# By id, so that the network holds no names and a zone reads none.
_NAMES = text("""
    SELECT id, name, name_en, names, bridge, tunnel FROM road_edges WHERE id = ANY(CAST(:ids AS int[]))
""")

HEADINGS: Sequence[LazyString] = (
    _("north"),
    _("north-east"),
    _("east"),
    _("south-east"),
    _("south"),
    _("south-west"),
    _("west"),
    _("north-west"),
)
NAMELESS: Mapping[RoadClass, LazyString] = {
    RoadClass.FOOTWAY: _("the footpath"),
    RoadClass.PATH: _("the path"),
    RoadClass.PEDESTRIAN: _("the pedestrian street"),
    RoadClass.CYCLEWAY: _("the cycle path"),
    RoadClass.STEPS: _("the steps"),
    RoadClass.SERVICE: _("the access road"),
    RoadClass.TRACK: _("the track"),
}
"""What a road without a name is called by its class; the others are "the road"."""
ON = {
    Turn.STRAIGHT: _("Go straight on along %(road)s for %(length)s."),
    Turn.SLIGHT_RIGHT: _("Keep right onto %(road)s, for %(length)s."),
    Turn.RIGHT: _("Turn right into %(road)s, for %(length)s."),
    Turn.SHARP_RIGHT: _("Turn sharp right into %(road)s, for %(length)s."),
    Turn.SLIGHT_LEFT: _("Keep left onto %(road)s, for %(length)s."),
    Turn.LEFT: _("Turn left into %(road)s, for %(length)s."),
    Turn.SHARP_LEFT: _("Turn sharp left into %(road)s, for %(length)s."),
    Turn.BACK: _("Turn round and go back along %(road)s, for %(length)s."),
    Turn.ROUNDABOUT: _("Take the %(exit)s exit of the roundabout into %(road)s, for %(length)s."),
}
CROSSED = {"bridge": _("It leads over a bridge."), "tunnel": _("It leads through a tunnel.")}
DEPART = _("Head %(heading)s on %(road)s for %(length)s.")


class Road(NamedTuple):
    """What a road of a way is called; `key` is the same where the same road goes on, empty without a name."""

    called: str
    key: str
    over: str  # "bridge", "tunnel" or ""


def directions(
    session: Session, origins: Origins, resources: Places, arrivals: Sequence[Arrival], *, toward: bool
) -> list[list[dict[str, Any]]]:
    """The steps of each arrival's way as {turn, text, metres, geometry}, in the language of the request."""
    network = origins.ground.network
    roads = network.roads
    ids = sorted({int(roads.edge_id[step.edge]) for arrival in arrivals for step in arrival.steps})
    rows = {row["id"]: row for row in session.execute(_NAMES, {"ids": ids}).mappings()}
    told = []
    for arrival in arrivals:
        ways = [_road(rows, int(roads.edge_id[at.edge]), int(roads.road_class[at.edge])) for at in arrival.steps]
        made = [
            _told(stage, [ways[part] for part in stage.parts], origins.ground.frame)
            for stage in stages(network, arrival.steps, [way.key for way in ways])
        ]
        ends = (float(resources.offset[arrival.which]), float(origins.places.offset[0]))
        told.append(_with_ends(made, ends if toward else ends[::-1]))
    return told


def _road(rows: Mapping[int, RowMapping], edge_id: int, class_at: int) -> Road:
    """The road of an edge; a road of a scenario or one that is gone meanwhile has no name."""
    row, road_class = rows.get(edge_id), CLASSES[class_at]
    name = _name(row, language()) if row else ""
    over = "" if row is None else "bridge" if row["bridge"] else "tunnel" if row["tunnel"] else ""
    if road_class is RoadClass.STEPS and not name:
        return Road(str(NAMELESS[road_class]), "steps", over)
    return Road(name or str(NAMELESS.get(road_class, _("the road"))), name, over)


def _name(row: RowMapping, spoken: str) -> str:
    """The road's name in a language, as the map shows names; another where it has none in this one."""
    own, english = row["name"], row["name_en"]
    if spoken == "en":
        return str(english or own)
    chinese = own if CHINESE.search(own) else row["names"].get("zh-Hans") or row["names"].get("zh") or own
    return str(chinese or english)


def _told(stage: Stage, ways: Sequence[Road], frame: LocalFrame) -> dict[str, Any]:
    """A stage in words. It bears the first name on it: what comes before is the crossing that leads there."""
    road = next((way for way in ways if way.key), ways[0])
    heading = HEADINGS[round(stage.heading / 45.0) % len(HEADINGS)]
    sentence = str(DEPART if stage.turn is Turn.DEPART else ON[stage.turn])
    told = {"heading": heading, "road": road.called, "length": length(stage.metres), "exit": _nth(stage.exit)}
    words = [sentence % told]
    over = {way.over for way in ways}
    words += [str(extra) for key, extra in CROSSED.items() if key in over]
    return {
        "turn": stage.turn.value,
        "text": " ".join(words) if language() == "en" else "".join(words),
        "metres": round(stage.metres, 1),
        "geometry": lonlat(frame, stage.line),
    }


def _nth(number: int) -> str:
    """A number as one counts with it, in the language of the request."""
    if language() != "en":
        return str(number)
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _with_ends(made: list[dict[str, Any]], ends: tuple[float, float]) -> list[dict[str, Any]]:
    """The stages between the walk to the road and the walk from it, where those are worth a word."""
    first, last = ends
    before = [_walk(gettext("Walk %(length)s to the road.", length=length(first)), first)] if first >= WALKED else []
    arrived = (
        gettext("Walk the last %(length)s to the place.", length=length(last))
        if last >= WALKED
        else gettext("You are there.")
    )
    return [*before, *made, {**_walk(arrived, last), "turn": "arrive"}]


def _walk(told: str, metres: float) -> dict[str, Any]:
    return {"turn": "walk", "text": told, "metres": round(metres, 1), "geometry": None}


def length(metres: float) -> str:
    """A length as it is said: to 5 m under 100 m, to 10 m under a kilometre, then in kilometres."""
    if metres >= KM:
        return str(gettext("%(km)s km", km=f"{metres / KM:.1f}"))
    step = 5 if metres < 100 else 10  # noqa: PLR2004
    return str(gettext("%(m)d m", m=max(step, step * round(metres / step))))
