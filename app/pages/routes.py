"""The map page and what it loads beside the tiles."""

from functools import lru_cache
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from app import static_files
from app.accounts.access import identity, needs
from app.accounts.desk import home
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.features import etag, not_modified, revalidated, versions
from app.pages import queries, wallmap_routes

bp = APIBlueprint("pages", __name__, enable_openapi=False)
bp.register_blueprint(wallmap_routes.bp)

COUNTED = ("areas", "grids", "buildings", "flags", "stations", "patrol_routes", "incidents")


@bp.get("/")
@needs(Capability.OWN_ACCOUNT)
def map_page() -> str | Redirect:
    """The map: a page that starts static/js/main.js; for who may not see it, the page that is theirs."""
    if not identity().may(Capability.SEE_MAP):
        return redirect(url_for(home()))
    with Session.begin() as session:
        credit = queries.is_from_openstreetmap(session)
    modules = _modules(Path(current_app.static_folder or ""), static_files.version(current_app))
    return render_template("map.html", who=identity(), credit=credit, modules=modules)


@bp.get("/map/counts.json")
def counts() -> Response:
    """How many there are of everything in the user's scope, by layer and kind."""
    with Session.begin() as session:
        scope = scope_of(session, identity())
        tag = etag(versions(session, *COUNTED), scope.key)
        return not_modified(tag) or revalidated(jsonify(queries.counts(session, scope)), tag)


@lru_cache(maxsize=2)
def _modules(static: Path, version: str) -> list[str]:  # noqa: ARG001 (another version is another entry)
    """Paths below static/ of the scripts that the page needs at once, so that the browser fetches them side by side."""
    return [str(module.relative_to(static)) for module in static_files.modules(static / "js/main.js")]
