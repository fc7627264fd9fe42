"""Calibrating the speeds: propose from a file of measured runs, look, apply, undo."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.calibration import queries
from app.calibration.models import Calibration
from app.calibration.sheet import Problem, Run, refuse, runs_of
from app.errors import Conflict, Invalid, NotFound
from app.roads.models import RoadFactor
from app.roads.networks import network_of
from app.roads.queries import table_speeds
from gis import calibration as gis
from gis.network import NoRoadError
from gis.travel import MEASURED, Mode

LOCK = 0x43414C49  # "CALI": one calibration is applied or undone at a time
MAX_OFFSET = 300.0  # metres from a run's end to its road
SHORTEST = 3.0  # seconds, as told; of a shorter run no share of error can be told
FARTHEST = 10.0  # times as long, or as short, as told: no speed explains it, the row is wrong
LONGEST_SOURCE = 100

MODE_WORDS: dict[Mode, LazyString] = {Mode.FOOT: _("on foot"), Mode.EBIKE: _("by e-bike"), Mode.CAR: _("by car")}


def propose(session: Session, who: Identity, source: str, content: bytes) -> dict[str, Any]:
    """The calibration that a file of runs proposes, in the place of the user's last proposal. Invalid, TooLarge."""
    runs = runs_of(content)
    by_mode = _told(session, runs)
    counts = {mode: len(by_mode[mode][1]) for mode in MEASURED if mode in by_mode}
    result = {
        mode.value: _result(gis.calibrated(told, seconds), [run for run in runs if run.mode is mode])
        for mode, (told, seconds) in by_mode.items()
        if counts[mode] >= gis.LEAST_RUNS
    }
    if not result:
        raise Invalid(_too_few(counts), field="runs", extra={"runs": {mode.value: n for mode, n in counts.items()}})
    session.execute(delete(Calibration).where(Calibration.made_by == who.id, Calibration.applied_at.is_(None)))
    made = Calibration(source=_named(source), digest=hashlib.sha256(content).hexdigest(), result=result, made_by=who.id)
    session.add(made)
    session.flush()
    session.refresh(made)
    short = {mode: gis.LEAST_RUNS - n for mode, n in counts.items() if n < gis.LEAST_RUNS}
    return {
        **queries.as_row(made, who.display_name, set()),
        "left_out": {mode.value: missing for mode, missing in short.items()},
    }


def apply(session: Session, who: Identity, number: int) -> None:
    """Reckon with a proposed calibration from now on. NotFound; Conflict where it is none any more."""
    one = _locked(session, number)
    if one.applied_at is not None:
        raise Conflict(_("This calibration was applied already."))
    one.applied_at = func.clock_timestamp()
    session.flush()
    _settle(session)
    record(session, who, "calibration.applied", "calibration", number, **_counts(one))


def undo(session: Session, who: Identity, number: int) -> None:
    """Reckon as before a calibration. NotFound; Conflict where it is not in force."""
    one = _locked(session, number)
    if number not in {held.id for held in queries.in_force(session).values()}:
        raise Conflict(_("This calibration is not in force."))
    one.undone_at = func.clock_timestamp()
    session.flush()
    _settle(session)
    record(session, who, "calibration.undone", "calibration", number, **_counts(one))


def discard(session: Session, who: Identity, number: int) -> None:
    """Forget a proposal. NotFound; Conflict where it was applied once."""
    one = _locked(session, number)
    if one.applied_at is not None:
        raise Conflict(_("This calibration was applied already."))
    session.delete(one)
    session.flush()
    record(session, who, "calibration.discarded", "calibration", number)


def _locked(session: Session, number: int) -> Calibration:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    one = session.scalars(
        select(Calibration)
        .where(Calibration.id == number)
        .with_for_update()  # its owner may put another proposal in its place
        .execution_options(populate_existing=True)
    ).one_or_none()
    if one is None:
        raise NotFound(_("There is no such calibration."))
    return one


def _settle(session: Session) -> None:
    """Write the factors of the calibrations in force to where networks are made; all networks follow."""
    session.execute(delete(RoadFactor))
    for mode, one in queries.in_force(session).items():
        factors = one.result[mode]["factors"]
        session.add_all(
            RoadFactor(mode=mode, road_class=road_class.value, factor=factors[group.value])
            for road_class, group in gis.GROUP_OF.items()
            if group.value in factors
        )
    session.flush()


def _told(session: Session, runs: Sequence[Run]) -> dict[Mode, tuple[gis.Told, gis.Floats]]:
    """What the table tells of the runs, and what was measured, by mode. Invalid with the rows that cannot be runs."""
    problems: list[Problem] = []
    parts: dict[Mode, list[tuple[gis.Told, gis.Floats]]] = defaultdict(list)
    groups: dict[tuple[Mode, int], list[Run]] = defaultdict(list)
    for run, district in zip(runs, queries.districts_at(session, [run.origin for run in runs]), strict=True):
        if district is None:
            problems.append(Problem(run.row, "origin_lon", gettext("the place lies outside every district")))
        else:
            groups[run.mode, district].append(run)
    for (mode, district), some in groups.items():
        part = _told_there(session, mode, district, some, problems)
        if part is not None:
            parts[mode].append(part)
    refuse(sorted(problems))
    return {
        mode: (
            gis.Told(np.concatenate([told.fixed for told, _ in some]), np.vstack([told.groups for told, _ in some])),
            np.concatenate([seconds for _, seconds in some]),
        )
        for mode, some in parts.items()
    }


def _told_there(
    session: Session, mode: Mode, district: int, runs: Sequence[Run], problems: list[Problem]
) -> tuple[gis.Told, gis.Floats] | None:
    """The same for the runs of one mode in one district; adds to `problems`."""
    network = network_of(session, district)
    try:
        ends = [
            network.by(mode).attach(network.frame.metres(np.array([getattr(run, end) for run in runs])))
            for end in ("origin", "destination")
        ]
    except NoRoadError:
        problems += [Problem(run.row, "mode", gettext("the district has no road for it")) for run in runs]
        return None
    for column, places in zip(("origin_lon", "destination_lon"), ends, strict=True):
        problems += [
            Problem(
                runs[at].row,
                column,
                gettext("the nearest road is %(metres)d m away", metres=round(float(places.offset[at]))),
            )
            for at in np.flatnonzero(places.offset > MAX_OFFSET).tolist()
        ]
    told = gis.told(network.roads, table_speeds(session), mode, *ends)
    measured = np.array([run.seconds for run in runs])
    seconds = told.seconds(np.ones(len(gis.GROUPS)))
    for at in np.flatnonzero(~np.isfinite(seconds)).tolist():
        problems.append(Problem(runs[at].row, "destination_lon", gettext("no road leads there from the origin")))
    for at in np.flatnonzero(seconds < SHORTEST).tolist():
        problems.append(Problem(runs[at].row, "destination_lon", gettext("the run ends where it began")))
    strange = (measured > seconds * FARTHEST + gis.LONGEST_DELAY) | (measured * FARTHEST < seconds)
    far = np.isfinite(seconds) & (seconds >= SHORTEST) & strange
    for at in np.flatnonzero(far).tolist():
        wrong = gettext(
            "%(seconds)d s were measured where %(told)d s are reckoned: no speed explains that",
            seconds=round(runs[at].seconds),
            told=round(float(seconds[at])),
        )
        problems.append(Problem(runs[at].row, "seconds", wrong))
    return told, measured


def _result(found: gis.Calibration, runs: Sequence[Run]) -> dict[str, Any]:
    """A calibration of one mode as it is kept."""
    days = sorted(run.day for run in runs)
    return {
        "factors": {group.value: round(factor, 4) for group, factor in found.factors.items()},
        "delay": round(found.delay, 1),
        "runs": found.runs,
        "low": round(found.after.low, 3),
        "high": round(found.after.high, 3),
        "low_before": round(found.before.low, 3),
        "high_before": round(found.before.high, 3),
        "lacking": {group.value: missing for group, missing in found.lacking.items()},
        "since": days[0].isoformat(),
        "until": days[-1].isoformat(),
    }


def _too_few(counts: dict[Mode, int]) -> str:
    """The sentence that says how many more runs are needed, and for which mode."""
    needed = [
        gettext("%(more)d more %(mode)s", more=gis.LEAST_RUNS - n, mode=MODE_WORDS[mode]) for mode, n in counts.items()
    ]
    sentence = gettext(
        "These are too few runs to say anything: at least %(least)d of a mode are needed, so %(needed)s.",
        least=gis.LEAST_RUNS,
        needed=gettext(", ").join(needed),
    )
    return str(sentence)


def _named(source: str) -> str:
    """The file's name as it is kept."""
    clean = "".join(sign for sign in source.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable()).strip()
    return clean[:LONGEST_SOURCE] or "runs.csv"


def _counts(one: Calibration) -> dict[str, Any]:
    """What the audit keeps of a calibration."""
    runs = Counter({mode: said["runs"] for mode, said in one.result.items()})
    return {"runs": sum(runs.values()), "modes": dict(runs), "digest": one.digest[:16]}
