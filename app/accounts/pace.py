"""How often one user may ask for what is costly, counted in the database so that it holds over all workers.

A window begins with its first request and is `seconds` long; whoever asks more often in it waits until it is over.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from flask_babel import ngettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import TooMany
from app.security import View

MINUTE = 60  # seconds

# Nobody waits for the disk: what a crash forgets of a count is a fraction of a second.
ASKED = text("""
    INSERT INTO paces AS p (user_id, what, since, asked) VALUES (:user_id, :what, now(), 1)
    ON CONFLICT (user_id, what) DO UPDATE SET
        asked = CASE WHEN p.since > now() - make_interval(secs => :seconds) THEN p.asked + 1 ELSE 1 END,
        since = CASE WHEN p.since > now() - make_interval(secs => :seconds) THEN p.since ELSE now() END
    RETURNING asked, :seconds - extract(epoch FROM now() - since)::float AS remaining,
        set_config('synchronous_commit', 'off', true)
""")


class Pace(NamedTuple):
    """At most so many requests in so many seconds."""

    most: int
    seconds: int


def paced(most: int, seconds: int = MINUTE) -> Callable[[View], View]:
    """Let each user enter a view at most so often in so many seconds."""

    def mark(view: View) -> View:
        view.pace = Pace(most, seconds)  # type: ignore[attr-defined]
        return view

    return mark


def asked_too_often(session: Session, user_id: int, what: str, pace: Pace) -> TooMany | None:
    """Count a request of the user for `what`; the refusal, with when to come back, where it is one too many."""
    row = session.execute(ASKED, {"user_id": user_id, "what": what, "seconds": pace.seconds}).one()
    if row.asked <= pace.most:
        return None
    seconds = max(1, math.ceil(row.remaining))
    sentence = ngettext(
        "You have asked for this very often. Please wait %(seconds)d second.",
        "You have asked for this very often. Please wait %(seconds)d seconds.",
        seconds,
        seconds=seconds,
    )
    return TooMany(sentence, extra={"retry_after": seconds})
