"""Browsers that are known: which accounts have logged in here before, and what a browser is called in a list.

A signed cookie remembers them for half a year. It opens nothing: it only tells the owner's browser from a stranger's,
so that strangers' failures do not make the owner wait (OWASP calls it a device cookie).
"""

import re
import secrets
from typing import Any

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

DAYS = 180
MOST_ACCOUNTS = 8  # of one browser: an office shares it

# The first that matches: nearly all of them claim to be Safari, and Mozilla.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("OpenHarmony|HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def known(account: str) -> str | None:
    """What this request's browser is known by, where the account has logged in from it before."""
    device, accounts = _read()
    return device if _hashed(account) in accounts else None


def remember(response: Response, account: str) -> None:
    """Let the browser that gets this answer be known for the account."""
    device, accounts = _read()
    kept = [_hashed(account), *(one for one in accounts if one != _hashed(account))][:MOST_ACCOUNTS]
    response.set_cookie(
        _name(),
        str(_serializer().dumps([device, kept])),
        max_age=DAYS * 86400,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )


def described() -> str:
    """This request's browser in few words, as "Chrome · Windows"."""
    agent = request.headers.get("User-Agent", "")
    words = [next((word for pattern, word in table if re.search(pattern, agent)), "") for table in (BROWSERS, SYSTEMS)]
    return " · ".join(word for word in words if word)


def _read() -> tuple[str, list[str]]:
    """The number and the accounts of the cookie; a new number where there is none."""
    try:
        value: Any = _serializer().loads(request.cookies.get(_name(), ""), max_age=DAYS * 86400)
    except BadData:
        return secrets.token_urlsafe(12), []
    return value[0], value[1]


def _hashed(account: str) -> str:
    return str(current_app.extensions["sealer"].keyed_hash(f"an account of a device: {account}"))[:16]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="wangge-device")


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_device"
