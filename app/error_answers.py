"""Every error as an answer: one JSON shape for the API, a small page for people. Nothing internal is ever said.

{"error": {"code": "validation", "message": "a sentence in the user's language", "field": "lon" or null}}
"""

import traceback
from collections.abc import Iterator
from typing import Any

import psycopg2.errors
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.errors import Conflict, DomainError, TooLarge, Unavailable
from app.incoming import limits

RETRY_AFTER = 5  # seconds
NOTED = {"unauthorised", "forbidden", "csrf", "too_many"}  # refusals that the log tells of

SENTENCES = {
    400: ("bad_request", lazy_gettext("The request cannot be read.")),
    401: ("unauthorised", lazy_gettext("Please log in.")),
    403: ("forbidden", lazy_gettext("Your role may not do this.")),
    404: ("not_found", lazy_gettext("There is nothing here, or not for you.")),
    405: ("method_not_allowed", lazy_gettext("This address does not take this method.")),
    413: ("too_large", lazy_gettext("This is larger than is allowed.")),
    415: ("unsupported", lazy_gettext("This kind of content is not taken here.")),
    429: ("too_many", lazy_gettext("Too many attempts. Please wait a moment.")),
    500: ("internal", lazy_gettext("Something went wrong on the server. It has been written down.")),
    503: ("unavailable", lazy_gettext("The server is busy. Please try again in a moment.")),
}

REASONS = {
    "missing": lazy_gettext("this is required"),
    "extra_forbidden": lazy_gettext("this field is unknown"),
    "float_parsing": lazy_gettext("this must be a number"),
    "float_type": lazy_gettext("this must be a number"),
    "finite_number": lazy_gettext("this must be a number"),
    "int_parsing": lazy_gettext("this must be a whole number"),
    "int_parsing_size": lazy_gettext("this must be a whole number"),
    "int_type": lazy_gettext("this must be a whole number"),
    "int_from_float": lazy_gettext("this must be a whole number"),
    "bool_parsing": lazy_gettext("this must be yes or no"),
    "bool_type": lazy_gettext("this must be yes or no"),
    "greater_than_equal": lazy_gettext("this must be at least {ge}"),
    "less_than_equal": lazy_gettext("this must be at most {le}"),
    "greater_than": lazy_gettext("this must be over {gt}"),
    "less_than": lazy_gettext("this must be under {lt}"),
    "string_type": lazy_gettext("this must be a text"),
    "string_too_short": lazy_gettext("this must have at least {min_length} characters"),
    "string_too_long": lazy_gettext("this may have at most {max_length} characters"),
    "string_pattern_mismatch": lazy_gettext("this does not have the right form"),
    "too_short": lazy_gettext("this must have at least {min_length} entries"),
    "too_long": lazy_gettext("this may have at most {max_length} entries"),
    "enum": lazy_gettext("this must be one of {expected}"),
    "literal_error": lazy_gettext("this must be one of {expected}"),
    "uuid_parsing": lazy_gettext("this must be a UUID"),
    "uuid_type": lazy_gettext("this must be a UUID"),
    "date_parsing": lazy_gettext("this must be a date like 2026-05-01"),
    "date_type": lazy_gettext("this must be a date like 2026-05-01"),
    "date_from_datetime_parsing": lazy_gettext("this must be a date like 2026-05-01"),
    "datetime_parsing": lazy_gettext("this must be an instant like 2026-05-01T08:00:00+08:00"),
    "datetime_from_date_parsing": lazy_gettext("this must be an instant like 2026-05-01T08:00:00+08:00"),
    "datetime_type": lazy_gettext("this must be an instant like 2026-05-01T08:00:00+08:00"),
    "timezone_aware": lazy_gettext("this must be an instant like 2026-05-01T08:00:00+08:00"),
    "list_type": lazy_gettext("this must be a list"),
    "dict_type": lazy_gettext("this must be an object"),
    "model_type": lazy_gettext("this must be an object"),
    "model_attributes_type": lazy_gettext("this must be an object"),
    # marshmallow's own texts
    "Missing data for required field.": lazy_gettext("this is required"),
    "Field may not be null.": lazy_gettext("this is required"),
    "Unknown field.": lazy_gettext("this field is unknown"),
    "Not a valid number.": lazy_gettext("this must be a number"),
    "Special numeric values (nan or infinity) are not permitted.": lazy_gettext("this must be a number"),
    "Not a valid integer.": lazy_gettext("this must be a whole number"),
    "Not a valid boolean.": lazy_gettext("this must be yes or no"),
    "Not a valid string.": lazy_gettext("this must be a text"),
    "Not a valid UUID.": lazy_gettext("this must be a UUID"),
    "Not a valid date.": lazy_gettext("this must be a date like 2026-05-01"),
    "Not a valid list.": lazy_gettext("this must be a list"),
    "Invalid input type.": lazy_gettext("this must be an object"),
}
NOT_VALID = lazy_gettext("this is not valid")


def install(app: APIFlask) -> None:
    """Answer every error of the application here."""
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(HTTPError, api_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(CSRFError, csrf_error)
    app.register_error_handler(PoolTimeout, busy)
    app.register_error_handler(DBAPIError, database_error)
    app.register_error_handler(Exception, unexpected)


def answer(
    status: int, code: str, message: object, field: str | None = None, extra: dict[str, Any] | None = None
) -> Response:
    """The error as JSON for the API and whoever asks for it, else as a page."""
    if code in NOTED:
        note_refusal(status, code)
    error = {"code": code, "message": str(message), "field": field, **(extra or {})}
    if wants_json():
        response = jsonify({"error": error})
    else:
        response = current_app.make_response(render_template("error.html", error=error, status=status))
    response.status_code = status
    if status == Unavailable.status:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    if "retry_after" in error:
        response.headers["Retry-After"] = str(error["retry_after"])
    if status == 401:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def note_refusal(status: int, code: str) -> None:
    """Tell the log who was refused where: a number and the name of a route, for an address may name somebody.

    A page whose session is over asks on, so who sends no token and is nobody is not told of.
    """
    user = getattr(g.get("_login_user"), "id", None)  # Flask-Login's place; nothing is loaded for this
    if user is None and code == "unauthorised" and "Authorization" not in request.headers:
        return
    who = "nobody" if user is None else f"user {user}"
    current_app.logger.warning("refused %d %s: %s, %s %s", status, code, who, request.method, request.endpoint)


def wants_json() -> bool:
    """Whether the request is a program's: under /api, or one that names JSON and not HTML."""
    accepted = request.accept_mimetypes
    return request.path.startswith(("/api/", "/i18n/")) or (accepted.accept_json and not accepted.accept_html)


def domain_error(error: DomainError) -> Response:
    """What a slice raised, with its own sentence."""
    return answer(error.status, error.code, error.message, error.field, error.extra)


def http_error(error: HTTPException) -> Response:
    """What Flask raised: no route, no such method, too large a body …; redirects pass."""
    if error.code is None or error.code < 400:  # noqa: PLR2004
        return current_app.make_response(error)
    large = error.code == TooLarge.status
    response = domain_error(TooLarge(limits())) if large else _by_status(error.code)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def api_error(error: HTTPError) -> Response:
    """What APIFlask raised; for a refused input the first field and what is wrong with it."""
    for field, reason in _reasons(error):
        message = f"{field}: {reason}" if field else reason
        return answer(422, "validation", message, field or None)
    return _by_status(error.status_code)


def csrf_error(_: CSRFError) -> Response:
    """A write that did not come from one of our own pages, or from one that is too old."""
    return answer(400, "csrf", gettext("This page is too old. Please reload it and try again."))


def busy(_: Exception) -> Response:
    """No free connection within the time: the database has too much to do."""
    current_app.logger.warning("no free database connection: %s", request.path)
    return _by_status(503)


def database_error(error: DBAPIError) -> Response:
    """The database is down (503), somebody else was first (409), or our SQL is wrong (500)."""
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        current_app.logger.warning("the database does not answer: %s", type(error.orig).__name__)
        return _by_status(503)
    first_come = psycopg2.errors.UniqueViolation, psycopg2.errors.ForeignKeyViolation
    if isinstance(error.orig, first_come):
        return domain_error(Conflict(gettext("This has changed meanwhile. Please look again.")))
    return refused_statement(error)


def refused_statement(error: DBAPIError) -> Response:
    """A mistake of ours in SQL: written to the log without the database's own words, which quote rows and values."""
    code, diagnosis = getattr(error.orig, "pgcode", None), getattr(error.orig, "diag", None)
    subject = [getattr(diagnosis, part, None) for part in ("table_name", "column_name", "constraint_name")]
    current_app.logger.error(
        "the database refused a statement at %s %s: %s %s %s\n%s",
        request.method,
        request.path,
        type(error.orig).__name__,
        code,
        " ".join(filter(None, subject)),
        "".join(traceback.format_tb(error.__traceback__)),
    )
    return _by_status(500)


def unexpected(error: Exception) -> Response:
    """A mistake of ours: written to the log with its trace, told to nobody."""
    current_app.logger.error("unexpected error at %s %s", request.method, request.path, exc_info=error)
    return _by_status(500)


def _by_status(status: int) -> Response:
    known = status if status in SENTENCES else (400 if status < 500 else 500)  # noqa: PLR2004
    code, message = SENTENCES[known]
    return answer(status, code, message)


def _reasons(error: HTTPError) -> Iterator[tuple[str, str]]:
    """Field and reason of every refused input, in the user's language."""
    if isinstance(error.__cause__, ValidationError):
        for found in error.__cause__.errors(include_url=False, include_input=False):
            yield ".".join(str(step) for step in found["loc"]), _sentence(found["type"], found.get("ctx", {}))
        return
    for refused in error.detail.values() if isinstance(error.detail, dict) else ():
        yield from _flattened("", refused)


def _flattened(path: str, refused: Any) -> Iterator[tuple[str, str]]:
    """Field and reason out of marshmallow's nested messages."""
    if isinstance(refused, dict):
        for name, inner in refused.items():
            step = "" if name == "_schema" else str(name)
            yield from _flattened(f"{path}.{step}".strip("."), inner)
    elif isinstance(refused, list):
        for message in refused:
            yield path, str(REASONS.get(str(message), message))


def _sentence(kind: str, context: dict[str, Any]) -> str:
    """The sentence for one of pydantic's kinds of error; a validator's own sentence as it is."""
    if kind == "value_error":
        return str(context["error"])
    return str(REASONS.get(kind, NOT_VALID)).format(**context)
