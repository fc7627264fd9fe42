"""Reading the file of a net in the background: unpacked by a process of its own, then tried in each system that may be.

Nothing of a file is kept but shapes, names and codes: other columns may be about people.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rights import Capability
from app.errors import DomainError, Invalid, NotFound
from app.jobs.kinds import Report, Result, Sessions, Task, define
from app.legacy import ground, queries
from app.legacy.ground import Under
from app.legacy.models import LegacyNet, NetState
from app.legacy.refusals import why
from app.plans import stored
from gis import datums
from gis.crosswalk import Places

KIND = "legacy.read"
PROGRAM = Path(__file__).with_name("unpack.py")
PATIENCE = 300  # seconds on the clock, however busy the host is; how long it works, the program bounds itself
WORDS = {"mend": "tangled", "lay": "slow", "weigh": "slow"}  # of the program, and why it ends there
WORD = re.compile(rf"(?P<what>{'|'.join(WORDS)}) (?P<number>\d+) (?P<name>.*)")
MOST_GUESSES = 6
ELSEWHERE = 25.0  # metres between two places of a net that are not the same to who looks at the map
CLEAR = 0.1  # by which the best must fit better than what lies elsewhere, in a net of however many corners
CHANCE = 2.0  # the same by the root of how many corners there are: a few lie on some road wherever a net is laid
SHARE = 0.05  # of the corners of a net that lie in the area, under which it is a net of elsewhere

_KEEP = text("""
    INSERT INTO legacy_grids (net_id, number, name, code, shape) VALUES (:net, :number, :name, :code, :shape)
""")
_DROP = text("DELETE FROM legacy_nets WHERE id = :net AND state = 'reading'")


class Guesses(NamedTuple):
    """The systems in which a net may be, the best first; `sure` where none that lies elsewhere fits nearly as well."""

    sure: bool
    guesses: list[dict[str, Any]]


@define(KIND, needs=Capability.REDRAW_GRIDS)
def work(sessions: Sessions, task: Task, report: Report) -> Result:
    """Read the net of the task; one that cannot be read is gone, and the sentence says why. Twice is once."""
    net = int(task.question["net"])
    with sessions.begin() as session:
        areas = stored.reader(session, task.who).redraws if task.who else frozenset()
        kept = session.get(LegacyNet, net)
        if kept is None or kept.area_id not in areas:
            raise NotFound(gettext("There is no such net in your area."), field="net")
        if kept.content is None:
            return {"net": net}
        content, area = kept.content, kept.area_id
        under = ground.under(session, area)
        named = queries.area_names(session, area)["name"]
    try:
        found = unpacked(content, lambda number: report(0.2, note=gettext("Mending shape %(number)d", number=number)))
        report(0.4, note=gettext("Trying in which coordinates the file is"))
        guesses = weighed(found, under, named)
    except DomainError:
        with sessions.begin() as session:
            session.execute(_DROP, {"net": net})
        raise
    with sessions.begin() as session:
        _keep(session, net, found, guesses)
    return {"net": net}


def _keep(session: Session, net: int, told: dict[str, Any], guesses: Guesses) -> None:
    kept = session.get(LegacyNet, net, with_for_update=True, populate_existing=True)
    if kept is None or kept.content is None:
        return
    rows = zip(told["names"], told["codes"], told["shapes"], strict=True)
    session.execute(
        _KEEP,
        [
            {"net": net, "number": at, "name": name, "code": code, "shape": bytes.fromhex(shape)}
            for at, (name, code, shape) in enumerate(rows, 1)
        ],
    )
    kept.state, kept.content, kept.declared = NetState.READ, None, told["declared"]
    few = {name: {"count": len(told[name]), "first": told[name][:5]} for name in ("mended", "lost")}
    kept.report = {"kind": told["kind"], "vertices": told["vertices"], **few, **guesses._asdict()}


def unpacked(content: bytes, mending: Callable[[int], None]) -> dict[str, Any]:
    """The net in a file, as the program beside this one tells it. Invalid, with a sentence about what is wrong."""
    found = beside(content, at=lambda _what, number: mending(number))
    if "reason" in found:
        raise Invalid(why(found), field="file")
    return found


def beside(content: bytes, *what: str, at: Callable[[str, int], None] = lambda _what, _number: None) -> dict[str, Any]:
    """What the program beside this one makes of it, or a `reason`; it tells `at` what it does with which shape."""
    command = [sys.executable, "-I", str(PROGRAM), *what]
    last: re.Match[str] | None = None
    with TemporaryFile() as given, TemporaryFile() as made:
        given.write(content)
        given.seek(0)
        with subprocess.Popen(command, stdin=given, stdout=made, stderr=subprocess.PIPE) as program:
            late = Timer(PATIENCE, program.kill)
            late.start()
            try:
                for line in program.stderr or ():
                    if word := WORD.fullmatch(line.decode(errors="replace").rstrip("\n")):  # and none of a library's
                        last = word
                        at(word["what"], int(word["number"]))
            finally:
                late.cancel()
                program.kill()
        made.seek(0)
        answer = made.read()
    return dict(json.loads(answer)) if answer else _gave_up(last)


def _gave_up(last: re.Match[str] | None) -> dict[str, Any]:
    """Why the program ended without an answer: over a shape that it was mending or laying, or over the file."""
    if last is None:
        return {"reason": "memory"}
    return {"reason": WORDS[last["what"]], "number": int(last["number"]), "name": last["name"]}


def shapes_of(shapes: list[bytes] | list[str]) -> NDArray[np.object_]:
    """Shapes out of WKB, in bytes or hexadecimal digits."""
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapely.from_wkb(shapes)
    return found


def turned(shapes: NDArray[np.object_], code: str, declared: str) -> NDArray[np.object_] | None:
    """Shapes in lon/lat; None where some of them would lie outside the world. Unknown."""
    xy = datums.lonlat(code, shapely.get_coordinates(shapes), declared)
    if not datums.in_the_world(xy):
        return None
    return np.asarray(shapely.set_coordinates(shapes.copy(), xy), dtype=object)


def weighed(told: dict[str, Any], under: Under, area: str) -> Guesses:
    """The systems in which the net lies on the area. Invalid where there is none."""
    shapes, declared = shapes_of(told["shapes"]), told["declared"]
    xy = shapely.get_coordinates(shapes)
    near = []
    for guess in datums.guesses(xy, under.middle, declared):
        there = turned(shapes, guess.code, declared)
        if there is not None and (lie := ground.lie_of(under, there)).inside > SHARE:
            near.append((guess, there, lie))
    if not near:
        raise Invalid(_elsewhere(xy, declared, under, area), field="file")
    held = _held(told, [there for _guess, there, _lie in near], under.places)
    tried = [
        (guess, ground.Fit(lie.inside, ground.covered(under.places, inside), lie.aligned))
        for (guess, _there, lie), inside in zip(near, held, strict=True)
    ]
    # Of those that fit alike the one of which it is known where it lies.
    tried.sort(key=lambda one: (-round(one[1].whole, 2), one[0].metres is None))
    guesses = [_told(guess, fit, tried[0][0]) for guess, fit in tried[:MOST_GUESSES]]
    clear = max(CLEAR, CHANCE / len(xy) ** 0.5)
    apart = [fit.whole for guess, fit in tried if guess.away(tried[0][0]) > ELSEWHERE]
    return Guesses(tried[0][1].whole - max(apart, default=0.0) >= clear, guesses)


def _held(told: dict[str, Any], nets: list[NDArray[np.object_]], places: Places) -> NDArray[np.bool_]:
    """Which of the places looked at lie in the net, in each system; Invalid where it is drawn too finely to ask."""
    given = {
        "nets": [shapely.to_wkb(shapes, hex=True).tolist() for shapes in nets],
        "places": places.xy[ground.looked_at(places)].tolist(),
    }
    found = beside(json.dumps(given).encode(), "weigh")
    if "reason" in found:
        at = found.get("number", 1) - 1
        raise Invalid(why({**found, "name": told["names"][at] or told["codes"][at]}), field="file")
    return np.array(found["held"], dtype=np.bool_)


def _told(guess: datums.Guess, fit: ground.Fit, best: datums.Guess) -> dict[str, Any]:
    """A guess: by how many metres it may be off (None: nobody knows), and how far it lies from the best."""
    kind, number = datums.where_from(guess.code)
    return {
        "code": guess.code,
        "kind": kind,
        "number": number,
        "swapped": guess.code.endswith(datums.SWAPPED),
        "metres": guess.metres,
        "away": round(guess.away(best)),
        "fit": round(fit.whole, 3),
        **{name: round(value, 3) for name, value in fit._asdict().items()},
    }


def _elsewhere(xy: NDArray[np.float64], declared: str, under: Under, area: str) -> LazyString:
    """Where a net lies that lies nowhere in the area, as far as that can be said."""
    middle = ((xy.min(axis=0) + xy.max(axis=0)) / 2)[np.newaxis]
    if far := distance(middle, datums.WGS if datums.in_the_world(middle) else datums.FILE, declared, under):
        lon, lat, away = far
        place = {"lon": f"{lon:.3f}", "lat": f"{lat:.3f}", "km": away, "area": area}
        return _("The net lies around %(lon)s, %(lat)s, %(km)d km from %(area)s: it is one of another place.", **place)
    place = {"x": f"{middle[0, 0]:.0f}", "y": f"{middle[0, 1]:.0f}", "area": area}
    return _(
        "In none of the known systems do these coordinates (around %(x)s, %(y)s) lie in %(area)s. Perhaps they are of "
        "another city, or in a local system: turn them into CGCS2000 first.",
        **place,
    )


def distance(xy: NDArray[np.float64], code: str, declared: str, under: Under) -> tuple[float, float, int] | None:
    """Where coordinates lie in a system (lon/lat), and how many km from the middle; None where that is unknown."""
    if code == datums.FILE and not declared:
        return None
    try:
        found = datums.lonlat(code, xy, declared)
    except datums.Unknown:
        return None
    if not datums.in_the_world(found):
        return None
    ((lon, lat),) = found.tolist()
    east = (lon - under.middle[0]) * np.cos(np.radians(lat))
    return lon, lat, round(float(np.hypot(east, lat - under.middle[1])) * 111.2)
