"""Values made from the database and kept in this process for as long as the data they were made from is the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.days import TODAY_SQL

T = TypeVar("T")
Stamp: TypeAlias = tuple[tuple[str, ...], ...]

TODAY = "today"
"""As a dataset: the day, and the grids whose households the database was told that this user may see."""
CALIBRATIONS = "calibrations"
"""As a dataset: the calibrations in force, which are a few rows."""
# xmin tells versions apart that two transactions made at once, of which one was rolled back.
_ROWS = f"""
    SELECT current_database() AS base, dataset, version::text, xmin::text FROM data_versions
    WHERE dataset = ANY(:datasets)
    UNION ALL
    SELECT current_database(), '{TODAY}', ({TODAY_SQL})::text, coalesce({{grids}}, '')
    WHERE '{TODAY}' = ANY(:datasets)
    UNION ALL
    SELECT current_database(), '{CALIBRATIONS}', coalesce(string_agg(id || ' ' || xmin, ',' ORDER BY id), ''), ''
    FROM calibrations WHERE applied_at IS NOT NULL AND undone_at IS NULL AND '{CALIBRATIONS}' = ANY(:datasets)
    HAVING '{CALIBRATIONS}' = ANY(:datasets)
    ORDER BY dataset
"""  # noqa: S608 (our own words)
_STAMP = text(_ROWS.format(grids="current_setting('wangge.grids', true)"))
# For a statement that tells the database :told_grids itself; `read_stamp` reads it.
STAMP = f"""(
    SELECT coalesce(json_agg(json_build_array(one.base, one.dataset, one.version, one.xmin) ORDER BY one.dataset), '[]')
    FROM ({_ROWS.format(grids="CAST(:told_grids AS text)")}) one
)"""  # noqa: S608


def stamp_of(session: Session, *datasets: str) -> Stamp:
    """What differs whenever one of the datasets, or the database itself, is another."""
    return read_stamp(session.execute(_STAMP, {"datasets": list(datasets)}))


def read_stamp(rows: Iterable[Iterable[str]]) -> Stamp:
    """The stamp of these rows."""
    return tuple(tuple(row) for row in rows)


def part_of(stamp: Stamp, *datasets: str) -> Stamp:
    """The part of a stamp that is about these datasets."""
    return tuple(row for row in stamp if row[1] in datasets)


class _Slot(NamedTuple, Generic[T]):
    """A value with the stamp of the data it was made from."""

    stamp: Stamp
    value: T


class Kept(Generic[T]):
    """The last values of a few keys. Safe to share between threads; however many ask, a value is made once."""

    def __init__(self, size: int) -> None:
        """Keep the values of the `size` keys that were asked for last."""
        self._size = size
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, stamp: Stamp, make: Callable[[], T]) -> T:
        """The value of `key` made from data of this stamp, by `make` where there is none yet."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                slot = self._slots.get(key)
                if slot is not None and slot.stamp == stamp:
                    self._slots.move_to_end(key)
                    return slot.value
            try:
                value = make()
            except BaseException:
                with self._lock:
                    if key not in self._slots:
                        self._making.pop(key, None)
                raise
            with self._lock:
                self._slots[key] = _Slot(stamp, value)
                self._slots.move_to_end(key)
                while len(self._slots) > self._size:
                    dropped, _ = self._slots.popitem(last=False)
                    self._making.pop(dropped, None)
            return value

    def forget(self, unwanted: Callable[[Any], bool]) -> None:
        """Let the values go whose keys are `unwanted`."""
        with self._lock:
            for key in [key for key in self._slots if unwanted(key)]:
                del self._slots[key]
                self._making.pop(key, None)
