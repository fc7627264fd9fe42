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
    Role.COORDINATOR: "coordinator",
    Role.PLANNER: "planner",
    Role.ADMINISTRATOR: "admin",
}


def is_empty(database: Database) -> bool:
    """Whether the database has no area at all."""
    with create_engine(database.owner, poolclass=NullPool).connect() as connection:
        return not connection.scalar(text("SELECT EXISTS (SELECT FROM areas)"))


def logins(settings: Settings, database: Database) -> str:
    """Who may log in with which password, a line each; users are made where there are none at all."""
    file = settings.home / FILE
    engine = create_engine(database.owner, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        if session.scalar(text("SELECT NOT EXISTS (SELECT FROM users) AND EXISTS (SELECT FROM areas)")):
            write_private(file, _make_users(session))
    return f"Demo log-ins, kept in {file}:\n{file.read_text()}" if file.exists() else ""


def _make_users(session: Session) -> str:
    """One new user for each role, in the first district; the grid worker in its first grid."""
    district = session.scalars(select(Area.code).where(Area.parent_id.is_(None)).order_by(Area.id).limit(1)).one()
    first = select(Grid.code, Area.code).join(Area, Grid.community_id == Area.id).where(Grid.kind == GridKind.BASE)
    grid = session.execute(first.order_by(Grid.code).limit(1)).first()
    lines = []
    for role, name in NAMES.items():
        if role is Role.GRID_WORKER and grid is not None:
            _, secret = add_user(session, name=name, role=role, area_code=grid[1], grid_code=grid[0])
        else:
            _, secret = add_user(session, name=name, role=role, area_code=district)
        lines.append(f"  {name:12} {secret}  {role.value.replace('_', ' ')}\n")
    return "".join(lines)
