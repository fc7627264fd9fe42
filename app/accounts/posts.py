"""Posts: who is appointed to which role, where, from when until when."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts import jurisdiction, oversight, queries
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Appointment, Role, User
from app.accounts.rights import APART, IN_A_GRID, RIGHTS, Capability, Reach
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import TIMEZONE

LONGEST_TERM = 50  # years that a post is planned ahead

PLACED = text("""
    WITH RECURSIVE up(id, parent_id, grid_id, community_id) AS (
        SELECT a.id, a.parent_id, g.id, a.id FROM grids g JOIN areas a ON a.id = g.community_id
        WHERE g.code = :code AND g.valid_to IS NULL
        UNION ALL SELECT a.id, a.parent_id, up.grid_id, up.community_id FROM areas a JOIN up ON a.id = up.parent_id
    ) SELECT grid_id, community_id FROM up WHERE id = :area_id
""")
HELD = text(f"SELECT role FROM appointments p WHERE user_id = :id AND {jurisdiction.NOT_OVER.format(post='p')}")  # noqa: S608
HELD_ALREADY = text("""
    SELECT EXISTS (
        SELECT FROM appointments p WHERE p.user_id = :user AND p.role = :role AND p.area_id = :area
            AND p.grid_id IS NOT DISTINCT FROM CAST(:grid AS int)
            AND tstzrange(p.starts_at, p.ends_at) && tstzrange(coalesce(:starts_at, now()), :ends_at))
""")
# By the clock, not by the start of this transaction, which may have waited for somebody who ended the post meanwhile.
IS_OVER = text("SELECT ends_at <= greatest(clock_timestamp(), starts_at) FROM appointments WHERE id = :id")
IN_REACH = text("SELECT id FROM areas WHERE code = :code AND id = ANY(:reach)")
REACHES_A_DISTRICT = text("SELECT EXISTS (SELECT FROM areas WHERE parent_id IS NULL AND id = ANY(:reach))")


class Term(NamedTuple):
    """From when until when somebody holds a post; None: from now, and for good."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


FROM_NOW = Term()


def term(first: date | None = None, last: date | None = None) -> Term:
    """The term from the beginning of a day (None: now) to the end of another (None: for good), both of them included.

    Invalid where it begins or ends in the past, ends before it begins, or lies too far ahead.
    """
    today = datetime.now(TIMEZONE).date()
    if first is not None and first < today:
        raise Invalid(gettext("A post starts today or later."), field="starts_on")
    for day, field in ((first, "starts_on"), (last, "ends_on")):
        if day is not None and day.year > today.year + LONGEST_TERM:
            raise Invalid(gettext("A post is planned at most %(years)d years ahead.", years=LONGEST_TERM), field=field)
    if last is not None and last < (first or today):
        raise Invalid(gettext("The last day of a post is not before its first day, nor in the past."), field="ends_on")
    start = first if first and first > today else None
    return Term(_begin(start) if start else None, _begin(last + timedelta(days=1)) if last else None)


def _begin(day: date) -> datetime:
    """The instant in which a day begins."""
    return datetime.combine(day, time(), TIMEZONE)


class Seat(NamedTuple):
    """Where a post is: an area, and the grid in it that the post is bound to, if any."""

    area_id: int
    grid_id: int | None = None


def seat(session: Session, role: Role, area_code: str, grid_code: str | None = None) -> Seat:
    """Where a post with this role can be. NotFound for an unknown area or grid, Invalid for one that cannot be."""
    area = session.execute(text("SELECT id, level FROM areas WHERE code = :code"), {"code": area_code}).one_or_none()
    if area is None:
        known = ", ".join(f"{code} {name}" for code, name in queries.districts(session))
        sentence = gettext(
            "There is no area with the code %(code)s. Districts: %(known)s.", code=area_code, known=known
        )
        raise NotFound(sentence, field="area")
    if grid_code:
        return _grid_seat(session, role, area.id, grid_code)
    local = RIGHTS[role].get(Capability.SEE_MAP) is Reach.AREA
    if local and area.level not in {"community", "sub_area"}:
        raise Invalid(gettext("This role is held in one community, sub-area or grid."), field="area")
    return Seat(area.id)


def grant(
    session: Session,
    by: Identity | None,
    user_id: int,
    role: str,
    *,
    area: str,
    grid: str | None = None,
    term: Term = FROM_NOW,
) -> Appointment:
    """The post that `by` grants to somebody else within their own reach; it counts from the next request on.

    NotFound for a user, area or grid out of reach (areas and grids by code), Forbidden for one's own post and for
    a role that reaches further than `by`, Conflict where the user is disabled or their other posts forbid it.
    """
    user = _of_another(session, by, user_id)
    wanted = known_role(role)
    if by is not None:
        _check_reach(session, by, wanted, area)
    where = seat(session, wanted, area, grid)
    if jurisdiction.lock(session, user).disabled_at is not None:
        raise Conflict(gettext("This person is disabled. An administrator has to enable them first."))
    return appoint(session, by, user, wanted, where, term=term)


def end(
    session: Session, by: Identity | None, user_id: int, post_id: int, *, last_day: date | None = None
) -> Appointment:
    """The post, ended now or after `last_day`. It is kept; one that has not begun is withdrawn, and never was.

    NotFound for what is out of reach, Forbidden for one's own post, Conflict where it has ended already or where nobody
    would be left with its role, Invalid for a day on which it has ended anyway.
    """
    user = _of_another(session, by, user_id)
    reach = jurisdiction.reach_of(session, by, Capability.GRANT_POSTS)
    post = session.get(Appointment, post_id)
    if post is None or post.user_id != user.id or (reach is not None and post.area_id not in reach):
        raise NotFound(gettext("There is no such post in your area."))
    if post.role in oversight.KEPT:
        oversight.lock(session)
    session.refresh(post, with_for_update={"key_share": True})
    if session.scalar(IS_OVER, {"id": post.id}):
        raise Conflict(gettext("This post has ended already. Please look again."))
    until = _end_of(session, post, last_day)
    oversight.must_stay_covered(session, post, until, [post.id])
    post.ends_at = until
    session.flush()
    place = {"area": post.area_id, "grid": post.grid_id}
    record(session, by, "post.ended", "user", user.id, post=post.id, role=post.role, at=until.isoformat(), **place)
    return post


def appoint(
    session: Session, by: Identity | None, user: User, role: Role, where: Seat, *, term: Term = FROM_NOW
) -> Appointment:
    """The new post of a user; it counts from the next request on. Conflict where the user's other posts forbid it.

    `by` is None for a command. Who may appoint, and where, is checked by the caller.
    """
    jurisdiction.lock(session, user)  # two appointments at once must each see the other
    held = {Role(other) for other in session.scalars(HELD, {"id": user.id})}
    apart = next((other for other in held if other != role and {other, role} & APART), None)
    if apart is not None:
        raise Conflict(gettext("This role is kept apart from the one that this person holds already."), field="role")
    if term.starts_at and term.ends_at and term.ends_at <= term.starts_at:
        raise Invalid(gettext("A post ends after it starts."), field="ends_at")
    place = {"area": where.area_id, "grid": where.grid_id}
    if session.scalar(HELD_ALREADY, {"user": user.id, "role": role, **place, **term._asdict()}):
        raise Conflict(gettext("This person holds this post already."), field="role")
    made = Appointment(
        user_id=user.id,
        role=role,
        area_id=where.area_id,
        grid_id=where.grid_id,
        ends_at=term.ends_at,
        granted_by=by.id if by else None,
    )
    if term.starts_at is not None:
        made.starts_at = term.starts_at
    session.add(made)
    session.flush()
    record(session, by, "post.granted", "user", user.id, post=made.id, role=role, **place)
    return made


def known_role(role: str) -> Role:
    """The role of this name; Invalid where there is none."""
    if role not in list(Role):
        raise Invalid(gettext("The role must be one of %(roles)s.", roles=", ".join(Role)), field="role")
    return Role(role)


def grantable(session: Session, by: Identity) -> list[Role]:
    """The roles that `by` may grant: those that carry anywhere need a reach over a whole district."""
    reach = jurisdiction.reach_of(session, by, Capability.GRANT_POSTS)
    wide = session.scalar(REACHES_A_DISTRICT, {"reach": reach})
    return [role for role in Role if wide or Reach.ANYWHERE not in RIGHTS[role].values()]


def _of_another(session: Session, by: Identity | None, user_id: int) -> User:
    """The user whose posts `by` may change: one whom they see, but not themselves."""
    user = jurisdiction.find(session, by, user_id)
    if by is not None and user.id == by.id:
        raise Forbidden(gettext("Nobody grants or ends a post of their own. Another security officer can do this."))
    return user


def _check_reach(session: Session, by: Identity, role: Role, area_code: str) -> None:
    """NotFound for an area where `by` may not grant posts; Forbidden for a role that reaches further than `by`."""
    reach = jurisdiction.reach_of(session, by, Capability.GRANT_POSTS)
    if session.execute(IN_REACH, {"code": area_code, "reach": reach}).one_or_none() is None:
        raise NotFound(gettext("There is no such area in yours."), field="area")
    if role not in grantable(session, by):
        sentence = gettext("This role reaches beyond your area. A security officer of the whole district can grant it.")
        raise Forbidden(sentence, field="role")


def _end_of(session: Session, post: Appointment, last_day: date | None) -> datetime:
    """When the post ends: now, but not before it starts, or after a day; Invalid where it would be over by then."""
    if last_day is None:
        now: datetime = session.scalars(select(text("now()"))).one()
        return max(now, post.starts_at)
    until = term(last=last_day).ends_at
    if until is None or until <= post.starts_at or (post.ends_at is not None and until > post.ends_at):
        raise Invalid(gettext("Choose a day between the first and the last day of the post."), field="ends_on")
    return until


def _grid_seat(session: Session, role: Role, area_id: int, code: str) -> Seat:
    """The seat in the grid with this code in the area or below; its area is the grid's community."""
    if role not in IN_A_GRID:
        raise Invalid(gettext("Only a grid worker or a grid leader is bound to a grid."), field="grid")
    found = session.execute(PLACED, {"code": code, "area_id": area_id}).one_or_none()
    if found is None:
        raise NotFound(gettext("There is no grid with the code %(code)s in this area.", code=code), field="grid")
    return Seat(found.community_id, found.grid_id)
