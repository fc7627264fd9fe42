"""The API described: OpenAPI 3.1 as JSON, and a page to read it that asks nobody else for anything."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, jsonify, render_template

from app.security import public


def _version() -> str:
    try:
        return version("wangge")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0"


VERSION = _version()
METHODS = ("get", "post", "put", "patch", "delete")
CONFIGURATION: dict[str, object] = {
    "OPENAPI_VERSION": "3.1.0",
    "INFO": {
        "title": "Wangge",
        "description": "Community grids and emergency response on the map. Log in by session cookie (writes then carry "
        "the header X-CSRFToken) or send `Authorization: Bearer …` with a token of `wangge token`.",
    },
    "SERVERS": [{"url": "/"}],
    "SECURITY_SCHEMES": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "wangge_8000"},
    },
    "VALIDATION_ERROR_DESCRIPTION": "The input is not valid; `field` names it.",
    "VALIDATION_ERROR_SCHEMA": {"$ref": "#/components/schemas/Error"},
    "HTTP_ERROR_SCHEMA": {"$ref": "#/components/schemas/Error"},
    "AUTO_404_RESPONSE": False,
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "field"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "description": "A sentence in the user's language."},
                "field": {"type": ["string", "null"], "description": "The input that it is about."},
            },
        }
    },
}

bp = APIBlueprint("documentation", __name__, url_prefix="/api/v1", enable_openapi=False)


def install(app: APIFlask) -> None:
    """Add /api/v1/openapi.json and /api/v1/docs."""
    app.register_blueprint(bp)
    app.spec_processor(complete)


def complete(spec: Any) -> Any:
    """The specification with the shape of errors, and with only the API's own paths."""
    spec.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    spec["paths"] = {path: methods for path, methods in spec["paths"].items() if path.startswith("/api/")}
    spec["security"] = [{"session": []}, {"bearer": []}]
    return spec


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI 3.1 description of the API."""
    return jsonify(specification())


@bp.get("/docs")
@public
def docs() -> str:
    """The description as a page."""
    return render_template("api_docs.html", spec=specification(), methods=METHODS)


def specification() -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once."""
    # APIFlask keeps what `_get_spec` makes; its public `.spec` makes it anew each time, in 0.1 s.
    made: dict[str, Any] = current_app._get_spec("json")  # type: ignore[attr-defined]  # noqa: SLF001
    return made
