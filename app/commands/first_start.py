"""What a new home gets at its first start: the demo district where it holds no city, and somebody who can log in."""

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts.models import Role
from app.accounts.service import add_user
from app.areas.models import Area, Grid
from app.cluster import Database
from app.cluster.secrets import write_private
from app.settings import Settings
from gis.city import GridKind

FILE = "demo-logins.txt"
NAMES = {
    Role.GRID_WORKER: "worker",
    Role.GRID_LEADER: "leader",
    Role.COMMUNITY_STAFF: "community",
    Role.SUBDISTRICT_STAFF: "subdistrict",
    Role.COORDINATOR: "coordinator",
    Role.PLANNER: "planner",
    Role.ADMINISTRATOR: "admin",
    Role.SECURITY_OFFICER: "security",
    Role.AUDITOR: "auditor",
}

IS_UNPEOPLED_DEMO = text("""
    SELECT NOT EXISTS (SELECT FROM users) AND EXISTS (SELECT FROM areas)
        AND NOT EXISTS (SELECT FROM areas WHERE key LIKE 'osm:%')
""")
SECOND_FACTOR_LINE = "  (admin, security and auditor set up an authenticator app at their first log-in)\n"


def is_empty(database: Database) -> bool:
    """Whether the database has no area at all."""
    with create_engine(database.owner, poolclass=NullPool).connect() as connection:
        return not connection.scalar(text("SELECT EXISTS (SELECT FROM areas)"))


def logins(settings: Settings, database: Database) -> str:
    """Who may log in with which password, a line each; users are made for the demo, where there are none at all.

    A real city gets no user whose name is known beforehand: 'wangge user add' makes the first.
    """
    file = settings.home / FILE
    engine = create_engine(database.owner, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        if session.scalar(IS_UNPEOPLED_DEMO):
            write_private(file, _make_users(session))
    return f"Demo log-ins, kept in {file}:\n{file.read_text()}" if file.exists() else ""


def _make_users(session: Session) -> str:
    """One new user for each role of a person, in the first district, subdistrict, community or grid."""
    district = session.scalars(select(Area.code).where(Area.parent_id.is_(None)).order_by(Area.id).limit(1)).one()
    first = select(Grid.code, Area.code).join(Area, Grid.community_id == Area.id).where(Grid.kind == GridKind.BASE)
    grid, community = session.execute(first.order_by(Grid.code).limit(1)).first() or (None, None)
    subdistrict = session.scalar(select(Area.code).where(Area.level == "subdistrict").order_by(Area.code).limit(1))
    seats = {
        Role.GRID_WORKER: (community, grid),
        Role.GRID_LEADER: (community, grid),
        Role.COMMUNITY_STAFF: (community, None),
        Role.SUBDISTRICT_STAFF: (subdistrict or district, None),
    }
    lines = []
    for role, name in NAMES.items():
        area, grid_code = seats.get(role, (district, None))
        if area is not None:
            # Not to be changed at the first log-in: each home has its own at random, in a file of its owner's only.
            _, secret = add_user(session, name=name, role=role, area_code=area, grid_code=grid_code, must_change=False)
            lines.append(f"  {name:12} {secret}  {role.value.replace('_', ' ')}\n")
    return "".join(lines) + SECOND_FACTOR_LINE
