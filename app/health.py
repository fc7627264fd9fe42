"""Whether the application can work: the database answers, and its schema is the one this code knows."""

from functools import cache
from pathlib import Path

from apiflask import APIBlueprint, APIFlask
from flask import Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import Session
from app.documentation import VERSION
from app.jobs.queries import workers
from app.security import public

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

bp = APIBlueprint("health", __name__, url_prefix="/api/v1", tag="System")


def install(app: APIFlask) -> None:
    """Add GET /health."""
    app.register_blueprint(bp)


@bp.get("/health")
@public
@bp.doc(summary="Whether the server can work", responses={200: "It can.", 503: "It cannot, and why."})
def health() -> Response:
    """Whether the database answers and has the schema of this version; 503 where not. How many workers do jobs."""
    wanted, working = wanted_migration(), 0
    try:
        with Session.begin() as session:
            found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
            working = workers(session) if found == wanted else 0
    except SQLAlchemyError:
        found = None
    status = "ok" if found == wanted else ("migration" if found else "database")
    told = {"status": status, "database": found is not None, "migration": found, "wanted": wanted, "workers": working}
    response = jsonify({**told, "version": VERSION})
    response.status_code = 200 if status == "ok" else 503
    return response


@cache
def wanted_migration() -> str | None:
    """The revision that the newest migration makes."""
    # Imported here: a server starts sooner without it.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()
