"""Posts: who is appointed to which role, where, from when until when."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Appointment, Role, User
from app.accounts.rights import APART, IN_A_GRID, RIGHTS, Capability, Reach
from app.errors import Conflict, Invalid, NotFound

PLACED = text("""
    WITH RECURSIVE up(id, parent_id, grid_id, community_id) AS (
        SELECT a.id, a.parent_id, g.id, a.id FROM grids g JOIN areas a ON a.id = g.community_id
        WHERE g.code = :code AND g.valid_to IS NULL
        UNION ALL SELECT a.id, a.parent_id, up.grid_id, up.community_id FROM areas a JOIN up ON a.id = up.parent_id
    ) SELECT grid_id, community_id FROM up WHERE id = :area_id
""")


class Term(NamedTuple):
    """From when until when somebody holds a post; None: from now, and for good."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


FROM_NOW = Term()


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


def appoint(
    session: Session, by: Identity | None, user: User, role: Role, where: Seat, *, term: Term = FROM_NOW
) -> Appointment:
    """The new post of a user; it counts from the next request on. Conflict where the user's other posts forbid it.

    `by` is None for a command. Who may appoint, and where, is checked by the caller.
    """
    # Two appointments at once must each see the other.
    session.execute(select(User.id).where(User.id == user.id).with_for_update())
    held = _held(session, user.id)
    apart = next((other for other in held if other != role and {other, role} & APART), None)
    if apart is not None:
        raise Conflict(gettext("This role is kept apart from the one that this person holds already."), field="role")
    if term.starts_at and term.ends_at and term.ends_at <= term.starts_at:
        raise Invalid(gettext("A post ends after it starts."), field="ends_at")
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
    place = {"area": where.area_id, "grid": where.grid_id}
    record(session, by, "post.granted", "user", user.id, post=made.id, role=role, **place)
    return made


def _held(session: Session, user_id: int) -> set[Role]:
    """The roles of a user's posts that are in force or still to come."""
    rows = session.scalars(
        text("SELECT role FROM appointments WHERE user_id = :id AND (ends_at IS NULL OR ends_at > now())"),
        {"id": user_id},
    )
    return {Role(role) for role in rows}


def _grid_seat(session: Session, role: Role, area_id: int, code: str) -> Seat:
    """The seat in the grid with this code in the area or below; its area is the grid's community."""
    if role not in IN_A_GRID:
        raise Invalid(gettext("Only a grid worker or a grid leader is bound to a grid."), field="grid")
    found = session.execute(PLACED, {"code": code, "area_id": area_id}).one_or_none()
    if found is None:
        raise NotFound(gettext("There is no grid with the code %(code)s in this area.", code=code), field="grid")
    return Seat(found.community_id, found.grid_id)
