"""The API described: OpenAPI 3.1 as JSON, and a page to read it that asks nobody else for anything."""

import re
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
    "AUTO_OPERATION_ID": True,
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

PHOTO = {
    "type": "object",
    "required": ["photo"],
    "properties": {"photo": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP, at most 10 MB."}},
}
NET = {
    "type": "object",
    "required": ["name", "area_id", "file"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "area_id": {"type": "integer"},
        "file": {"type": "string", "format": "binary", "description": "At most 10 MB."},
    },
}
FORMS = {("PUT", "/api/v1/incidents/{incident_id}/photo"): PHOTO, ("POST", "/api/v1/legacy/nets"): NET}

PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = {
    "/api/v1/incidents/{incident_id}/photo": "image/jpeg",
    **dict.fromkeys(
        (
            f"/api/v1/{name}/file"
            for name in ("exports/{export_id}", "response/zone", "sitings/{siting_id}")
        ),
        f"{XLSX}, text/csv",
    ),
    "/api/v1/coverage/outside/file": XLSX,
    **dict.fromkeys(("/api/v1/response/zone/doors", "/api/v1/buildings/{building_id}/climb"), "application/json"),
    "/api/v1/legacy/crosswalk": f"application/json, {XLSX}",
    "/api/v1/legacy/nets/{net_id}/accept": "application/json",
    "/api/v1/legacy/nets/{net_id}": "application/geo+json",
    **dict.fromkeys(
        ("/api/v1/grids/dates", "/api/v1/blocks/merge", "/api/v1/blocks/{block_id}/split"), "application/json"
    ),
    "/api/v1/plans/{plan_id}/consequences/file": f"{XLSX}, application/geo+json, application/geopackage+sqlite3",
    "/api/v1/plans/{plan_id}/notices": "text/html",
    "/api/v1/audit/export": "text/csv, application/x-ndjson",
    "/api/v1/tiles/": "application/vnd.mapbox-vector-tile",
    "/api/v1/events": "text/event-stream",
    **dict.fromkeys(
        (
            f"/api/v1/{name}"
            for name in (
                "areas", "compounds", "blocks", "grids", "buildings", "stations", "patrol-routes", "incidents",
                "response/zone",
            )
        ),
        "application/geo+json",
    ),
}  # fmt: skip
"""What the addresses that begin so answer in, the longer ones first; all others in JSON."""

bp = APIBlueprint("documentation", __name__, url_prefix="/api/v1", enable_openapi=False)


def install(app: APIFlask) -> None:
    """Add /api/v1/openapi.json and /api/v1/docs."""
    app.register_blueprint(bp)
    app.spec_processor(complete)


def complete(spec: Any) -> Any:
    """The specification with the API's own paths only, the shape of errors, and what each answer is written in."""
    spec.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    spec["paths"] = {path: methods for path, methods in spec["paths"].items() if path.startswith("/api/")}
    schemes = spec["components"]["securitySchemes"]
    session = {**schemes["session"], "name": current_app.config["SESSION_COOKIE_NAME"]}
    spec["components"]["securitySchemes"] = {**schemes, "session": session}
    spec["security"] = [{"session": []}, {"bearer": []}]
    for rule in current_app.url_map.iter_rules():
        path = PARAMETER.sub(r"{\1}", rule.rule)
        for method in rule.methods or ():
            operation = spec["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                _complete_operation(operation, method, path, current_app.view_functions[rule.endpoint])
    return spec


def _complete_operation(operation: dict[str, Any], method: str, path: str, view: object) -> None:
    """Say who may call it, what it refuses, and in which media type it answers."""
    refusals = {"400": "The request cannot be read, or it is for another host."}
    if "{" in path:
        refusals["404"] = "There is no such thing in your area."
    if operation.get("parameters"):
        refusals["422"] = "The input is not valid; `field` names it."
    if form := FORMS.get((method, path)):
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
        refusals["422"] = "The form is not valid; `field` names what of it."
    if "requestBody" in operation:
        refusals |= {"413": "The body is larger than is allowed.", "415": "The body is not of the kind that is taken."}
    if getattr(view, "public", False):
        operation["security"] = []
    else:
        refusals |= {"401": "Nobody is logged in.", "403": "The role may not do this."}
    if hasattr(view, "pace"):
        refusals["429"] = "You have asked for this very often; `retry_after` says in how many seconds to ask again."
    for status, description in refusals.items():
        operation["responses"][status] = {
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    if not {"200", "201"} & operation["responses"].keys() and method != "DELETE":
        operation["responses"]["200"] = {"description": "It worked."}
    # A photo is put as a picture and answered as the incident that it belongs to.
    path = path.removesuffix("/photo") if method == "PUT" else path
    media_type = next((kind for start, kind in MEDIA_TYPES.items() if path.startswith(start)), "application/json")
    for status in {"200", "201"} & operation["responses"].keys():
        operation["responses"][status]["content"] = {kind: {"schema": {}} for kind in media_type.split(", ")}


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
