"""Kinds of jobs: what a slice defines so that a worker can do it.

    @define("siting.solve", needs=Capability.PLAN_RESPONSE)
    def solve(sessions: Sessions, task: Task, report: Report) -> dict[str, Any]:
        with sessions.begin() as session:
            scope = scope_of(session, task.who, Capability.PLAN_RESPONSE)   # the wall knows who asks, too
            …
        report(0.3, note=gettext("Looking for better places"), result=first)
        return best

The function runs in a process that is killed when the job is cancelled: it needs no check of its own. What it raises as
DomainError is told to who asked. A worker that dies has the job done again from the start, so it writes nothing else,
or writes so that twice is once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from sqlalchemy.orm import Session, sessionmaker

from app.accounts.identity import Identity
from app.accounts.rights import Capability

Result: TypeAlias = dict[str, Any]
"""What JSON can hold."""
Sessions: TypeAlias = sessionmaker[Session]
Merge: TypeAlias = Callable[[Sequence[Result]], Result]


class Task(NamedTuple):
    """A job as its function gets it; `who` None where a command of the machine's owner asked."""

    id: int
    question: dict[str, Any]
    who: Identity | None
    area_id: int | None


class Report(Protocol):
    """How a function tells how far it is. It may be called as often as one likes; the newest is what people see."""

    def __call__(self, progress: float, *, note: str | None = None, result: Result | None = None) -> None:
        """Tell the share that is done (0–1), what is being done, and what is known so far."""


Work: TypeAlias = Callable[[Sessions, Task, Report], Result]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its function, the capability that it needs, and how the results of a batch's parts become one."""

    name: str
    needs: Capability
    work: Work
    merge: Merge | None = None


_kinds: dict[str, Kind] = {}


def define(name: str, *, needs: Capability, merge: Merge | None = None) -> Callable[[Work], Work]:
    """Let jobs of the kind `name` be done by the decorated function."""

    def keep(work: Work) -> Work:
        _kinds[name] = Kind(name, needs, work, merge)
        return work

    return keep


def kind_of(name: str) -> Kind | None:
    """The kind of this name; None where no slice defines it (any more)."""
    return _kinds.get(name)
