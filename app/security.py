"""The web's own walls: which views are open, the secret key, and the headers of every answer."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from apiflask import APIFlask
from flask import Response, current_app, g, request
from werkzeug.wrappers import Response as BaseResponse

KEY_FILE = "secret_key"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
}
ONLY_TLS = f"max-age={365 * 24 * 3600}; includeSubDomains"

LEFT_BEHIND = '"cache", "storage"'

View = TypeVar("View", bound=Callable[..., Any])
Kept = TypeVar("Kept", bound=BaseResponse)


def public(view: View) -> View:
    """The view, marked as open to people who are not logged in; every other one is closed to them."""
    view.public = True  # type: ignore[attr-defined]
    return view


def install(app: APIFlask) -> None:
    """Set the headers of every answer."""
    app.after_request(set_headers)
    app.jinja_env.globals["csp_nonce"] = nonce


def secret_key(home: Path) -> str:
    """The key that signs sessions: the one in the home's 0600 file, made at random the first time."""
    file = home / KEY_FILE
    home.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _make_key(file)
    key = file.read_text()
    if not key:
        raise ValueError(f"{file} is empty: remove it, and everybody logs in again.")
    return key


def _make_key(file: Path) -> None:
    """Write a key; workers that start together take the first one's, and nobody reads half a file."""
    number, part = tempfile.mkstemp(dir=file.parent, prefix=f"{KEY_FILE}.")  # 0600
    with os.fdopen(number, "w") as stream:
        stream.write(secrets.token_urlsafe(48))
        stream.flush()
        os.fsync(number)
    with suppress(FileExistsError):
        os.link(part, file)
    Path(part).unlink()


def nonce() -> str:
    """The Content-Security-Policy nonce of this request, for `<script nonce=…>` in templates."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy() -> str:
    """The Content-Security-Policy: everything from this host, scripts by nonce, no inline style, nobody frames us."""
    scripts = f"'self' 'nonce-{nonce()}'" if "csp_nonce" in g else "'self'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def clear_away(response: Kept) -> Kept:
    """The answer to who logs out: their browser throws away what it has kept of this site."""
    response.headers["Clear-Site-Data"] = LEFT_BEHIND
    return response


def set_headers(response: Response) -> Response:
    """The answer with every security header that the route has not set itself (a wall map brings its own policy)."""
    response.headers.setdefault("Content-Security-Policy", policy())
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["HTTPS"]:
        response.headers["Strict-Transport-Security"] = ONLY_TLS
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Cookie", "Authorization", "Accept-Language"))
    return response
