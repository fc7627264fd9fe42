"""Snapshots of coverage, and what has changed between two answers to a question."""

import io
from typing import Any

import numpy as np
from flask_babel import gettext
from sqlalchemy import RowMapping, delete
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.scope import Scope
from app.coverage import queries
from app.coverage.batch import KIND
from app.coverage.models import CoverageSnapshot
from app.coverage.reckoning import Columns
from app.coverage.schemas import CoverageQuery, SnapshotIn
from app.coverage.service import answer, area_of, columns_told, question_told, tables
from app.errors import Forbidden, NotFound
from app.jobs import queries as jobs
from app.jobs.models import JobState

MOVED = 1.0  # seconds; what changes by less has not changed

Tables = dict[str, Any]


def keep(session: Session, who: Identity, scope: Scope, wanted: SnapshotIn) -> RowMapping:
    """The snapshot of the question's answer as it is now, or as a job has found it, written down. NotFound."""
    name = wanted.name.strip()
    if wanted.job is not None:
        made = _of_job(session, who, scope, name, wanted.job)
    else:
        asked = answer(session, scope, wanted)
        told_ = {"limit": asked.found.limit, **tables(session, scope, asked.found)}
        question = {part: value for part, value in question_told(asked).items() if part not in {"name", "job"}}
        made = _snapshot(who, name, asked.area, question, told_, asked.found.buildings())
    session.add(made)
    session.flush()
    record(session, who, "coverage.kept", "coverage_snapshot", made.id)
    return one(session, scope, made.id)


def _of_job(session: Session, who: Identity, scope: Scope, name: str, job_id: int) -> CoverageSnapshot:
    """The snapshot of what a coverage job of the user has found about an area, as of when it was asked. NotFound."""
    job = jobs.one(session, who, job_id)
    if job is None or job["kind"] != KIND or job["state"] != JobState.DONE or job["area_id"] is None:
        raise NotFound(gettext("There is no such result of yours about an area."), field="job")
    area, result = area_of(session, scope, job["area_id"]), job["result"]
    made = _snapshot(who, name, area, {**result["question"], "area": area.id}, result, columns_of(result["buildings"]))
    made.made_at = job["finished_at"]
    return made


def _snapshot(
    who: Identity, name: str, area: queries.Area, question: dict[str, Any], answered: Tables, buildings: Columns
) -> CoverageSnapshot:
    """An answer about an area as a snapshot, without what is known of flags."""
    return CoverageSnapshot(
        name=name,
        made_by=who.id,
        area_id=area.id,
        communities=area.communities,
        question=question,
        tables={
            "limit": answered["limit"],
            "totals": _without_flags(answered["totals"]),
            **{part: [_without_flags(row) for row in answered[part]] for part in ("communities", "grids")},
        },
        buildings=packed(buildings),
    )


def columns_of(told_: dict[str, list[Any]]) -> Columns:
    """The columns of `columns_told`."""
    seconds = [np.inf if value is None else value for value in told_["seconds"]]
    whole = (np.array(told_[part], dtype=np.int64) for part in ("id", "households", "inside"))
    number, households, inside = whole
    return Columns(number, np.array(seconds, dtype=np.float64), households, inside)


def one(session: Session, scope: Scope, snapshot_id: int) -> RowMapping:
    """A snapshot; NotFound where the scope does not show all of it."""
    found = queries.snapshot(session, scope, snapshot_id)
    if found is None:
        raise NotFound(gettext("There is no such snapshot in your area."))
    return found


def drop(session: Session, who: Identity, scope: Scope, snapshot_id: int) -> None:
    """Delete one's own snapshot; NotFound, Forbidden."""
    if one(session, scope, snapshot_id)["made_by"] != who.id:
        raise Forbidden(gettext("Only who made a snapshot may delete it."))
    session.execute(delete(CoverageSnapshot).where(CoverageSnapshot.id == snapshot_id))
    record(session, who, "coverage.dropped", "coverage_snapshot", snapshot_id)


def told(row: RowMapping) -> dict[str, Any]:
    """A snapshot as it is listed."""
    parts = ("id", "name", "made_by", "made_by_name", "area_id", "area", "area_en", "question", "totals")
    return {**{part: row[part] for part in parts}, "made_at": row["made_at"].isoformat()}


def whole(row: RowMapping) -> dict[str, Any]:
    """A snapshot with its tables and buildings."""
    return {**told(row), **row["tables"], "buildings": columns_told(unpacked(row["buildings"]))}


def difference(session: Session, scope: Scope, snapshot_id: int, against: int | None) -> dict[str, Any]:
    """What has changed since a snapshot until another, or until now with the same question."""
    before = one(session, scope, snapshot_id)
    if against is None:
        asked = answer(session, scope, CoverageQuery.model_validate(before["question"]), only=before["communities"])
        after: Tables = {"limit": asked.found.limit, **tables(session, scope, asked.found)}
        later, columns = None, asked.found.buildings()
    else:
        row = one(session, scope, against)
        after, later, columns = row["tables"], told(row), unpacked(row["buildings"])
    return {
        "before": told(before),
        "after": later,
        "same_question": later is None or _asked(before) == _asked(later),
        **_changes(before["tables"], after, unpacked(before["buildings"]), columns),
    }


def scenario_difference(session: Session, scope: Scope, question: CoverageQuery) -> dict[str, Any]:
    """What the scenario of a question changes: the register as it is before, the scenario after. Invalid, NotFound."""
    after = answer(session, scope, question).found
    before = answer(session, scope, question.model_copy(update={"scenario": None})).found
    sides = (tables(session, scope, before), tables(session, scope, after))
    return {
        "before": None,
        "after": None,
        "same_question": True,
        **_changes(*sides, before.buildings(), after.buildings()),
    }


def packed(columns: Columns) -> bytes:
    """The columns of buildings as one compressed archive; seconds to a tenth."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        id=columns.id.astype(np.int32),
        seconds=np.round(columns.seconds, 1).astype(np.float32),
        households=columns.households.astype(np.int32),
        inside=columns.inside.astype(np.int32),
    )
    return out.getvalue()


def unpacked(content: bytes) -> Columns:
    """The columns of `packed`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        return Columns(
            kept["id"].astype(np.int64),
            kept["seconds"].astype(np.float64),
            kept["households"].astype(np.int64),
            kept["inside"].astype(np.int64),
        )


def _without_flags(row: Tables) -> Tables:
    return {name: value for name, value in row.items() if name != "flags"}


def _asked(row: RowMapping | Tables) -> Tables:
    """What two answers must have been asked alike, for their difference to be one of the ground."""
    parts = ("kinds", "mode", "minutes", "area", "open_now", "scenario")
    return {name: row["question"].get(name) for name in parts}


def _changes(before: Tables, after: Tables, old: Columns, new: Columns) -> Tables:
    """The tables and buildings of two answers beside each other."""
    return {
        "totals": _pair(before["totals"], after["totals"]),
        "communities": _joined(before["communities"], after["communities"]),
        "grids": _joined(before["grids"], after["grids"]),
        "buildings": _moved(old, new),
    }


def _pair(before: Tables | None, after: Tables | None) -> Tables:
    """Households inside and in all, before and after; 0 where there was nothing."""
    return {
        part: {name: row[name] if row else 0 for name in ("households", "inside", "outside")}
        for part, row in (("before", before), ("after", after))
    }


def _joined(before: list[Tables], after: list[Tables]) -> list[Tables]:
    """The rows of two tables by id, most lost first."""
    left, right = ({row["id"]: row for row in rows} for rows in (before, after))
    rows = []
    for number in sorted(left.keys() | right.keys()):
        named = right.get(number) or left[number]
        names = {name: named[name] for name in ("id", "code", "name", "name_en", "lon", "lat")}
        rows.append({**names, **_pair(left.get(number), right.get(number))})
    return sorted(rows, key=lambda row: row["after"]["inside"] - row["before"]["inside"])


def _moved(before: Columns, after: Columns) -> Tables:
    """The buildings that are in both, with seconds before and after and the change: -1 later, 1 sooner, 0 as before."""
    ids, left, right = np.intersect1d(before.id, after.id, assume_unique=True, return_indices=True)
    old, new = before.seconds[left], after.seconds[right]
    with np.errstate(invalid="ignore"):  # never, before and after
        change = np.where(np.isinf(old) & np.isinf(new), 0.0, old - new)
    change = np.where(np.abs(change) < MOVED, 0, np.sign(change)).astype(int)
    told_ = (columns_told(Columns(ids, seconds, ids, ids))["seconds"] for seconds in (old, new))
    return {"id": ids.tolist(), "change": change.tolist(), **dict(zip(("before", "after"), told_, strict=True))}
