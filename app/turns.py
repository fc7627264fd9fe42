"""Turns: how many of the requests that compute do so at once in a worker.

Python runs one thread at a time. Twenty that compute side by side are all as late as the last of them, and each that
comes back from the database waits for the others' slices; one after the other, most are answered early.
"""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from app.wanted import still_wanted

P = ParamSpec("P")
R = TypeVar("R")

AT_ONCE = 2  # one computes while the database answers another

_turns = BoundedSemaphore(AT_ONCE)


def in_turn(view: Callable[P, R]) -> Callable[P, R]:
    """The view, entered by AT_ONCE requests at a time, first come, first served; Abandoned where nobody waits then."""

    @wraps(view)
    def entered(*args: P.args, **kwargs: P.kwargs) -> R:
        with _turns:
            still_wanted()
            return view(*args, **kwargs)

    return entered
