"""The application put together: configuration, walls, errors, languages, and the routes of every slice."""

import importlib
import importlib.util
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from apiflask import APIBlueprint, APIFlask
from flask import Blueprint
from werkzeug.routing import IntegerConverter, Map

from app import documentation, error_answers, events, health, i18n, security
from app.accounts import access
from app.db import connect
from app.settings import Settings
from app.strict_json import StrictJSON

ROOT = Path(__file__).resolve().parent.parent
API = "/api/v1"
LARGEST_ID = 2**31 - 1  # of PostgreSQL's integer
SESSION_HOURS = 12

SLICES = ("accounts", "areas", "register", "stations", "roads", "patrols", "incidents", "response", "search", "pages")


class RowId(IntegerConverter):
    """An integer in a path that PostgreSQL can hold; a larger one matches no route, so it is not found."""

    def __init__(self, url_map: Map) -> None:
        """A converter of numbers from 0 to LARGEST_ID."""
        super().__init__(url_map, min=0, max=LARGEST_ID)


def make_app(settings: Settings, *, database_url: str | None = None, secret_key: str | None = None) -> APIFlask:
    """The application of `settings`, bound to its database."""
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
    app.extensions["engine"] = connect(url)
    app.extensions["database_url"] = url
    for part in (error_answers, i18n, security, access, documentation, health, events):
        part.install(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    return app


def configuration(settings: Settings) -> dict[str, object]:
    """Flask's configuration values."""
    return {
        # Cookies are not kept apart by port, so two homes on one host need two names.
        "SESSION_COOKIE_NAME": f"wangge_{settings.port}",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=SESSION_HOURS),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": security.LARGEST_BODY,
        "WTF_CSRF_TIME_LIMIT": None,  # a map stays open all day: the token lives as long as the session
        "WTF_CSRF_CHECK_DEFAULT": False,  # `access` checks it, on cookie-authenticated writes only
        "SEND_FILE_MAX_AGE_DEFAULT": None,
        **documentation.CONFIGURATION,
    }


def blueprints() -> Iterable[Blueprint | APIBlueprint]:
    """The blueprint `bp` of every slice that has routes."""
    for name in SLICES:
        if importlib.util.find_spec(f"app.{name}.tiles"):
            importlib.import_module(f"app.{name}.tiles")
        if importlib.util.find_spec(f"app.{name}.routes"):
            yield importlib.import_module(f"app.{name}.routes").bp
