"""The names the server answers to, the proxies it believes, and what changes where the site is behind TLS."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from apiflask import APIFlask
from flask import request
from flask_babel import gettext
from werkzeug.middleware.proxy_fix import ProxyFix

from app.errors import DomainError
from app.settings import HOST, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REFUSED = "wangge.refused_host"


def install(app: APIFlask, settings: Settings) -> None:
    """Refuse every request for another host, before anything else looks at it."""
    layered: WSGIApplication = Gate(app.wsgi_app, settings)
    if count := settings.proxies:
        layered = ProxyFix(layered, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = layered  # type: ignore[method-assign, assignment]
    app.before_request(check_host)


def check_host() -> None:
    """Nothing where the request is for one of our names; styles and icons are given so that the refusal has its look.

    A page elsewhere may let its own name point here (DNS rebinding), and links may be built from the name.
    """
    if REFUSED in request.environ and request.endpoint != "static":
        raise DomainError(
            gettext("This server does not answer to this name; its administrator sets the names in WANGGE_HOSTS."),
            field="Host",
        )


class Gate:
    """A WSGI layer that lets the application see one of its own names only, and the scheme that browsers use."""

    def __init__(self, inner: "WSGIApplication", settings: Settings) -> None:
        """Before the application `inner`."""
        self._inner = inner
        # Browsers leave the usual ports out.
        self._known = {name.removesuffix(port) for name in settings.known_as for port in ("", ":80", ":443")}
        self._first = settings.known_as[0]
        self._https = settings.https

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The application's answer; another name is noted under REFUSED and replaced by ours."""
        if self._https:
            environ["wsgi.url_scheme"] = "https"
        # HTTP/1.0 may come without a name: then it is the address that was called.
        asked = environ.get("HTTP_HOST", self._first).lower()
        if not self._is_known(asked):
            environ[REFUSED] = asked
            environ["HTTP_HOST"] = self._first
        return self._inner(environ, start_response)

    def _is_known(self, asked: str) -> bool:
        """Whether it is one of our names; one that stands in the settings without a port is ours at every port."""
        found = HOST.fullmatch(asked)
        return found is not None and not self._known.isdisjoint((asked, found[1]))
