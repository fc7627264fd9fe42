"""Whom a user of the desk may see and look after: those whose posts, or whose home area, lie within their own reach.

Everywhere here `by` None stands for a command of the machine's owner, whose reach (None, too) is everything.
"""

from flask_babel import gettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.models import User
from app.accounts.rights import Capability
from app.errors import Forbidden, NotFound

Reached = list[int] | None
"""Ids of the areas that somebody reaches; None for everything."""

BELOW = text("""
    WITH RECURSIVE below(id) AS (
        SELECT unnest(CAST(:areas AS int[])) UNION SELECT a.id FROM areas a JOIN below b ON a.parent_id = b.id
    ) SELECT id FROM below ORDER BY id
""")
IS_SEEN = """(CAST(:reach AS int[]) IS NULL OR {user}.home_area_id = ANY(:reach) OR EXISTS (
    SELECT FROM appointments seen WHERE seen.user_id = {user}.id AND seen.area_id = ANY(:reach)))"""
"""Whether a user is within reach by a post, be it in force, to come or past, or by the area they belong to."""

NOT_OVER = "({post}.ends_at IS NULL OR {post}.ends_at > greatest(now(), {post}.starts_at))"
"""Whether a post is in force or still to come."""

FIND = text(f"SELECT u.id FROM users u WHERE u.id = :id AND {IS_SEEN.format(user='u')}")  # noqa: S608 (our own words)
# Who holds posts is looked after where all of them are; who holds none, at home.
IS_OURS = text(f"""
    SELECT coalesce(bool_and(p.area_id = ANY(:reach)), coalesce(min(u.home_area_id) = ANY(:reach), false))
    FROM users u LEFT JOIN appointments p ON p.user_id = u.id AND {NOT_OVER.format(post="p")} WHERE u.id = :id
""")  # noqa: S608


def reach_of(session: Session, by: Identity | None, capability: Capability) -> Reached:
    """The areas where `by` may use a capability that reaches an area and all below it."""
    if by is None:
        return None
    return below(session, [post.area_id for post, _ in by.reaches(capability)])


def below(session: Session, areas: list[int]) -> list[int]:
    """The ids of these areas and of everything in them."""
    return list(session.scalars(BELOW, {"areas": areas}))


def find(session: Session, by: Identity | None, user_id: int) -> User:
    """The user, where `by` may see them; NotFound where not, as if they did not exist."""
    found = session.scalar(FIND, {"id": user_id, "reach": reach_of(session, by, Capability.SEE_USERS)})
    if found is None:
        raise NotFound(gettext("There is no such user in your area."))
    return session.get_one(User, found)


def is_ours(session: Session, by: Identity | None, user: User) -> bool:
    """Whether `by` may manage the user: all that the user holds, or their home where they hold nothing, is in reach."""
    reach = reach_of(session, by, Capability.MANAGE_USERS)
    return reach is None or bool(session.scalar(IS_OURS, {"id": user.id, "reach": reach}))


def lock_ours(session: Session, by: Identity | None, user_id: int) -> User:
    """The user, whom `by` may manage, locked until the transaction ends. NotFound or Forbidden where they may not."""
    user = find(session, by, user_id)
    if not is_ours(session, by, user):
        raise Forbidden(gettext("This person serves outside your area too. An administrator of all of it can do this."))
    return lock(session, user)


def lock(session: Session, user: User) -> User:
    """The user as they are now, locked until the transaction ends: whoever else changes them waits."""
    locked = select(User).where(User.id == user.id).with_for_update(key_share=True)
    return session.scalars(locked.execution_options(populate_existing=True)).one()
