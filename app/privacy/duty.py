"""Who is on duty, and where they were last: only while they say so, only the last place, only inside their own area."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.errors import Conflict, NotFound
from app.geo import LONLAT

LONGEST = timedelta(hours=12)  # a duty that nobody ends is over then
IN_FORCE = f"d.ended_at IS NULL AND d.started_at > now() - interval '{LONGEST.total_seconds():.0f} seconds'"

_MINE = text(f"SELECT d.started_at FROM duties d WHERE d.user_id = :me AND {IN_FORCE}")  # noqa: S608
_START = text("""
    INSERT INTO duties (user_id, communities) VALUES (:me, :communities)
    ON CONFLICT (user_id) DO UPDATE SET communities = :communities, started_at = now(), ended_at = NULL
""")
_WHO_ACTS = text("SELECT current_setting('wangge.user_id', true)")
_ACT_AS = text("SELECT set_config('wangge.user_id', CAST(:me AS text), true)")
_END = text("UPDATE duties SET ended_at = now() WHERE user_id = :me AND ended_at IS NULL")
_FORGET = text("DELETE FROM duty_positions WHERE user_id = :me")
_MOVE = text(f"""
    INSERT INTO duty_positions (user_id, community_id, geom)
    SELECT :me, a.id, place.geom
    FROM areas a, (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), {LONLAT}) AS geom) place
    WHERE a.id = ANY(CAST(:communities AS int[])) AND ST_Covers(a.geom, place.geom)
    ORDER BY a.id LIMIT 1
    ON CONFLICT (user_id) DO UPDATE SET community_id = excluded.community_id, at = now(), geom = excluded.geom
    RETURNING user_id
""")  # noqa: S608 (a number of our own)
# The post that is held longest names the role, as everywhere.
_ON_DUTY = text(f"""
    SELECT u.id, u.display_name, post.role, d.started_at AS since, p.at,
           extract(epoch FROM now() - p.at)::int AS age, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat
    FROM duties d
      JOIN users u ON u.id = d.user_id AND u.disabled_at IS NULL
      JOIN LATERAL (
        SELECT role FROM appointments WHERE user_id = u.id AND starts_at <= now()
          AND (ends_at IS NULL OR ends_at > now()) ORDER BY starts_at, id LIMIT 1) post ON true
      LEFT JOIN duty_positions p ON p.user_id = d.user_id
        AND (CAST(:communities AS int[]) IS NULL OR p.community_id = ANY(CAST(:communities AS int[])))
    WHERE (CAST(:communities AS int[]) IS NULL OR d.communities && CAST(:communities AS int[])) AND {IN_FORCE}
    ORDER BY p.at DESC NULLS LAST, u.id
""")  # noqa: S608 (our own words)


def since(session: Session, who: Identity) -> datetime | None:
    """When the duty of this user began; None while they are off duty."""
    scope_of(session, who, Capability.BE_ON_DUTY)
    started: datetime | None = session.scalar(_MINE, {"me": who.id})
    return started


def start(session: Session, who: Identity) -> None:
    """Go on duty in the communities of one's posts; who is on duty stays so."""
    scope = scope_of(session, who, Capability.BE_ON_DUTY)
    if session.scalar(_MINE, {"me": who.id}) is None:
        session.execute(_FORGET, {"me": who.id})  # of a duty that nobody ended
        session.execute(_START, {"me": who.id, "communities": scope.communities})


def end(session: Session, user_id: int) -> None:
    """Take a user off duty, whoever ends it: the last position is deleted at once."""
    before = session.scalar(_WHO_ACTS)
    session.execute(_ACT_AS, {"me": user_id})  # row-level security lets everybody end their own
    session.execute(_END, {"me": user_id})
    session.execute(_FORGET, {"me": user_id})
    session.execute(_ACT_AS, {"me": before})


def move(session: Session, who: Identity, lon: float, lat: float) -> None:
    """Keep where somebody on duty is (degrees), in place of where they were. Conflict, NotFound."""
    scope = scope_of(session, who, Capability.BE_ON_DUTY)
    if session.scalar(_MINE, {"me": who.id}) is None:
        raise Conflict(_("You are not on duty, so your position is not taken."))
    bound: dict[str, Any] = {"me": who.id, "communities": scope.communities, "lon": lon, "lat": lat}
    if session.scalar(_MOVE, bound) is None:
        raise NotFound(_("This place lies outside your area."), field="lon")


def on_duty(session: Session, who: Identity) -> Sequence[RowMapping]:
    """Who is on duty in the communities that this user dispatches in; a position only where it lies in one of them."""
    scope = scope_of(session, who, Capability.SEE_ON_DUTY)
    return session.execute(_ON_DUTY, {"communities": scope.communities}).mappings().all()
