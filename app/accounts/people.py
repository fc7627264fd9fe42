"""Rules of who is let in: an administrator adds, disables and enables people within their reach, and grants nothing."""

from datetime import UTC, datetime

from flask_babel import gettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts import jurisdiction, oversight, service, sessions
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Appointment, User
from app.accounts.rights import Capability
from app.errors import Conflict, Forbidden, NotFound

HOME = text("SELECT id FROM areas WHERE code = :code AND (CAST(:reach AS int[]) IS NULL OR id = ANY(:reach))")


def add(
    session: Session, by: Identity | None, *, name: str, display_name: str, area_code: str
) -> tuple[User, str | None]:
    """The new user, who belongs to an area and holds no post yet, and their first password, which is kept nowhere.

    Invalid where a value is impossible, NotFound for an area out of reach, Conflict where the log-in name is taken.
    """
    reach = jurisdiction.reach_of(session, by, Capability.MANAGE_USERS)
    home = session.scalar(HOME, {"code": area_code, "reach": reach})
    if home is None:
        raise NotFound(gettext("There is no such area in yours."), field="area")
    return service.new_user(session, by, name=name.strip(), display_name=display_name.strip(), home_area_id=home)


def disable(session: Session, by: Identity | None, user_id: int) -> User:
    """The user, who can no longer log in and whose sessions are over; their posts stay, and count again when enabled.

    NotFound or Forbidden where `by` may not, Conflict where it is done already or nobody would be left with a role.
    """
    if by is not None and by.id == user_id:
        raise Forbidden(gettext("Nobody disables themselves. Another administrator can do this."))
    oversight.lock(session)
    user = jurisdiction.lock_ours(session, by, user_id)
    if user.disabled_at is not None:
        raise Conflict(gettext("This person is disabled already."))
    now = datetime.now(UTC)
    posts = session.scalars(select(Appointment).where(Appointment.user_id == user.id)).all()
    for post in posts:
        oversight.must_stay_covered(session, post, now, [post.id for post in posts])
    user.disabled_at = now
    session.flush()
    sessions.end(session, user.id, by=by, why="disabled")  # so that enabling opens none of before
    record(session, by, "user.disabled", "user", user.id)
    return user


def enable(session: Session, by: Identity | None, user_id: int) -> User:
    """The user, who may log in again. NotFound or Forbidden where `by` may not, Conflict where they are enabled."""
    user = jurisdiction.lock_ours(session, by, user_id)
    if user.disabled_at is None:
        raise Conflict(gettext("This person is enabled already."))
    user.disabled_at = None
    record(session, by, "user.enabled", "user", user.id)
    return user


def new_password(session: Session, by: Identity, user_id: int) -> tuple[User, str]:
    """The user, and a new first password for them; all their sessions end. NotFound or Forbidden where `by` may not."""
    if by.id == user_id:
        raise Forbidden(gettext("Change your own password on the page of your account."))
    user = jurisdiction.lock_ours(session, by, user_id)
    return user, service.set_password(session, user.name, by=by)
