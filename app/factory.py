"""The application put together: configuration, walls, errors, languages, and the routes of every slice."""

from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask
from werkzeug.routing import IntegerConverter

from app import (
    documentation,
    error_answers,
    events,
    health,
    hosts,
    i18n,
    incoming,
    log_lines,
    outgoing,
    sealing,
    security,
    static_files,
    tiles,
)
from app.accounts import (
    access,
    account_routes,
    anchors,
    desk,
    desk_routes,
    oidc,
    oidc_routes,
    people_pages,
    people_routes,
    step_routes,
)
from app.accounts import routes as accounts
from app.areas import routes as areas
from app.areas import tiles as area_tiles
from app.audit import routes as audit
from app.calibration import pages as calibration_pages
from app.calibration import routes as calibration
from app.coverage import routes as coverage
from app.db import connect
from app.incidents import routes as incidents
from app.incidents import tiles as incident_tiles
from app.jobs import routes as jobs
from app.legacy import routes as legacy
from app.pages import routes as pages
from app.patrols import routes as patrols
from app.patrols import tiles as patrol_tiles
from app.plans import routes as plans
from app.privacy import duty_routes
from app.privacy import pages as export_pages
from app.privacy import routes as exports
from app.publication import routes as publication
from app.register import routes as register
from app.register import tiles as register_tiles
from app.register import unmasking_routes
from app.response import routes as response
from app.roads import networks
from app.roads import routes as roads
from app.roads import tiles as road_tiles
from app.scenarios import routes as scenarios
from app.search import found_anew
from app.search import routes as search
from app.settings import Settings
from app.siting import routes as siting
from app.staffing import routes as staffing
from app.stations import routes as stations
from app.stations import tiles as station_tiles
from app.strict_json import StrictJSON

ROOT = Path(__file__).resolve().parent.parent
API = "/api/v1"
LARGEST_ID = 2**31 - 1  # of PostgreSQL's integer

BLUEPRINTS = (
    accounts.bp,
    step_routes.bp,
    account_routes.bp,
    oidc_routes.bp,
    desk_routes.bp,
    people_routes.bp,
    people_pages.bp,
    jobs.bp,
    areas.bp,
    register.bp,
    unmasking_routes.bp,
    stations.bp,
    roads.bp,
    patrols.bp,
    incidents.bp,
    exports.bp,
    export_pages.bp,
    duty_routes.bp,
    calibration.bp,
    calibration_pages.bp,
    scenarios.bp,
    response.bp,
    coverage.bp,
    siting.bp,
    plans.bp,
    publication.bp,
    legacy.bp,
    staffing.bp,
    search.bp,
    audit.bp,
    audit.pages,
    pages.bp,
)
TILED = (area_tiles, register_tiles, station_tiles, road_tiles, patrol_tiles, incident_tiles)
"""The modules that bring layers of tiles, in the order of the slices."""


class RowId(IntegerConverter):
    """An integer in a path that PostgreSQL can hold; a larger one is the largest, which no row has."""

    def to_python(self, value: str) -> int:
        """The number, from 0 to LARGEST_ID."""
        digits = value.lstrip("0")[: len(str(LARGEST_ID)) + 1]
        return min(int(digits or "0"), LARGEST_ID)


def make_app(
    settings: Settings, *, database_url: str | None = None, secret_key: str | None = None, connections: int = 32
) -> APIFlask:
    """The application of `settings`, bound to its database by at most so many connections."""
    url = database_url or settings.database_url
    if not url:
        raise ValueError("Name the database: WANGGE_DATABASE_URL, or start the server with 'wangge up'.")
    app = APIFlask(
        "app",
        title="Wangge",
        version=documentation.VERSION,
        spec_path=None,
        docs_path=None,
        static_folder=str(ROOT / "static"),
    )
    app.config.update(configuration(settings))
    app.secret_key = secret_key or security.secret_key(settings.home)
    app.json = StrictJSON(app)
    app.url_map.converters["int"] = RowId
    app.extensions["engine"] = connect(url, pool_size=connections // 2)
    app.extensions["database_url"] = url
    static_files.install(app)
    networks.keep_in(settings.home)
    app.extensions["anchors"] = anchors.Anchors(settings.home, settings.audit_head)
    anchors.install(app.extensions["engine"], app.extensions["anchors"])
    hosts.install(app, settings)
    outgoing.install(app, settings)
    sealing.install(app, settings)
    oidc.install(app, settings)
    for part in (log_lines, error_answers, i18n, incoming, security, access, desk, documentation, health, events):
        part.install(app)
    duty_routes.install(app)
    found_anew.install()
    for layers in TILED:
        tiles.register(*layers.LAYERS)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def configuration(settings: Settings) -> dict[str, object]:
    """Flask's configuration values."""
    return {
        "HTTPS": settings.https,
        # Cookies are not kept apart by port, so two homes on one host need two names. Browsers take a cookie called
        # __Host-… from TLS only, and from no other host of the domain.
        "SESSION_COOKIE_NAME": f"{'__Host-' if settings.https else ''}wangge_{settings.port}",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "SESSION_IDLE": timedelta(minutes=settings.idle_minutes),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a map stays open all day: the token lives as long as the session
        "WTF_CSRF_CHECK_DEFAULT": False,  # `access` checks it, on cookie-authenticated writes only
        "SEND_FILE_MAX_AGE_DEFAULT": None,
        "GRID_CODES": settings.grid_codes,
        **documentation.CONFIGURATION,
    }
