"""The two roles without which nobody could add a user or grant a post any more: one of each always stays."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Appointment, Role
from app.errors import Conflict

KEPT = {
    Role.ADMINISTRATOR: _("There would be a time without any administrator. Grant the role to somebody else first."),
    Role.SECURITY_OFFICER: _(
        "There would be a time without any security officer. Grant the role to somebody else first."
    ),
}
LOCK = 0x0FF1CE  # of whoever ends one of their posts: two who end each other's at once would leave none

# The time that the posts would still have covered is covered by other posts of people who can log in.
COVERED = text("""
    SELECT coalesce(tstzrange(:since, :until) <@ range_agg(tstzrange(p.starts_at, p.ends_at)), false)
    FROM appointments p JOIN users u ON u.id = p.user_id
    WHERE p.role = :role AND u.disabled_at IS NULL AND p.id <> ALL(:without)
""")


def lock(session: Session) -> None:
    """Wait until nobody else is ending a post of these roles; released with the transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def must_stay_covered(session: Session, post: Appointment, since: datetime, without: list[int]) -> None:
    """Conflict where nobody would hold the role for some time that `post` covers after `since`.

    `without` are the ids of the posts that end. Call `lock` first.
    """
    if post.role not in KEPT or (post.ends_at is not None and post.ends_at <= since):
        return
    times = {"since": max(since, post.starts_at), "until": post.ends_at}
    if not session.scalar(COVERED, {**times, "role": post.role, "without": without}):
        raise Conflict(KEPT[Role(post.role)])
