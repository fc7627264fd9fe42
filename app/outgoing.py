"""The only way by which the server contacts another host: those of WANGGE_OUTGOING, and nothing else.

    session = requests.Session()  # or one of Authlib's
    guard(session)                # in a request or command of the application
    session.get("https://login.example.cn/.well-known/openid-configuration")

A name is resolved once and the connection goes to that address, so that a name server cannot send it elsewhere between
the check and the call (DNS rebinding). No proxy of the environment is used, no redirect is followed, and both size and
time are bounded. Certificates are those that the machine trusts (on Debian, /usr/local/share/ca-certificates adds one).
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from apiflask import APIFlask
from flask import current_app
from flask_babel import gettext
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout, parse_url

from app.errors import Unavailable
from app.settings import Settings

SILENCE = 5.0  # seconds without a byte
LONGEST = 10.0  # seconds of a whole call after its name is resolved
LARGEST = 2**20  # bytes of an answer
CHUNK = 2**14  # bytes
PORTS = {"https": 443, "http": 80}


class Target(NamedTuple):
    """A host that may be contacted, and how."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> "Target":
        """The target of a URL, or of an entry like "login.example.cn:8443"; https where nothing else is said."""
        url = parse_url(address if "://" in address else f"https://{address}")
        scheme = url.scheme or ""
        return cls(scheme, (url.host or "").lower().strip("[]"), url.port or PORTS.get(scheme, 0))


class Outgoing(HTTPAdapter):
    """The transport of a `requests` session that reaches the allowed targets only; Unavailable where it does not."""

    def __init__(self, entries: Iterable[str], *, longest: float = LONGEST) -> None:
        """Allow the entries of WANGGE_OUTGOING."""
        super().__init__()
        self._allowed = frozenset(Target.of(entry) for entry in entries)
        self._longest = longest

    def allows(self, address: str) -> bool:
        """Whether the address is one of the allowed targets'."""
        return Target.of(address) in self._allowed

    def send(self, request: PreparedRequest, *_: object, **options: Any) -> Response:
        """The whole answer, whatever the session's own `options` for timeouts, proxies and certificates are."""
        del options
        target = Target.of(request.url or "")
        if target not in self._allowed:
            raise Unavailable(gettext("This server may not contact %(host)s.", host=target.host))
        deadline = time.monotonic() + self._longest
        pool = _pool(target, _address(target))
        clock = _Clock(self._longest)
        pool.ConnectionCls = type("Timed", (_Timed, pool.ConnectionCls), {"clock": clock})
        try:
            raw = pool.urlopen(
                request.method or "GET",
                request.path_url,
                body=request.body,
                headers=_headers(request.headers, target),
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
                timeout=Timeout(SILENCE),
            )
            answer = self.build_response(request, raw)
            with raw:
                answer._content = _content(raw, target, deadline)  # noqa: SLF001
        except (HTTPError, OSError) as error:
            raise Unavailable(gettext("%(host)s does not answer.", host=target.host)) from error
        finally:
            clock.stop()
            pool.close()
        return answer


def install(app: APIFlask, settings: Settings) -> None:
    """Keep what the application may contact."""
    app.extensions["outgoing"] = Outgoing(settings.outgoing)


def guard(session: Session) -> None:
    """Let the session reach nothing but what the application may contact."""
    session.trust_env = False
    session.adapters.clear()
    for scheme in PORTS:
        session.mount(f"{scheme}://", current_app.extensions["outgoing"])


def _address(target: Target) -> str:
    """The one address of the target's name that this call goes to."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(gettext("%(host)s is not known here.", host=target.host)) from error
    address = ipaddress.ip_address(found[0][4][0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    # A certificate proves who answers. Without one, a name that is suddenly this machine would reach its own services.
    strange = address.is_link_local or address.is_multicast or address.is_unspecified
    ours = address.is_loopback and target.scheme == "http" and target.host not in {"localhost", str(address)}
    if strange or ours:
        raise Unavailable(gettext("This server may not contact %(host)s.", host=target.host))
    return str(address)


def _pool(target: Target, address: str) -> HTTPConnectionPool:
    """A single connection to `address` that is told, and proven, to be the target's."""
    if target.scheme == "http":
        return HTTPConnectionPool(address, target.port)
    proven: dict[str, Any] = {"server_hostname": target.host, "assert_hostname": target.host}
    return HTTPSConnectionPool(address, target.port, ssl_context=ssl.create_default_context(), **proven)


def _headers(given: Mapping[str, str | bytes], target: Target) -> dict[str, Any]:
    """The headers with the target's own name, and no encoding that could unpack to more than was sent."""
    name = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == PORTS[target.scheme]
    host = name if usual else f"{name}:{target.port}"
    return {**given, "Host": host, "Accept-Encoding": "identity", "Connection": "close"}


def _content(raw: BaseHTTPResponse, target: Target, deadline: float) -> bytes:
    """The bytes of the answer; Unavailable where it is none that we take."""
    if 300 <= raw.status < 400 and raw.status != 304:  # noqa: PLR2004
        raise Unavailable(gettext("%(host)s sends us elsewhere, which is not followed.", host=target.host))
    if raw.headers.get("Content-Encoding", "identity") != "identity":
        raise Unavailable(gettext("%(host)s answers in a way that is not taken.", host=target.host))
    content = bytearray()
    while chunk := raw.read1(CHUNK, decode_content=False):
        content += chunk
        if len(content) > LARGEST:
            raise Unavailable(gettext("%(host)s answers with more than is taken.", host=target.host))
    if time.monotonic() > deadline:  # the connection was cut, which looks like an end
        raise Unavailable(gettext("%(host)s does not answer.", host=target.host))
    return bytes(content)


class _Clock:
    """Cuts a connection when its time is over, however slowly the other side drips."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def start(self, connection: socket.socket) -> None:
        """Let the time of a connection run."""
        self._timer = threading.Timer(self._seconds, self._cut, (connection,))
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Let it live."""
        if self._timer:
            self._timer.cancel()

    @staticmethod
    def _cut(connection: socket.socket) -> None:
        # The plain method: that of a TLS socket would first take from the waiting thread what it waits with.
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Timed(HTTPConnection):
    """Mixed into a connection that has a clock."""

    clock: _Clock

    def connect(self) -> None:
        """Connect, and let the time run."""
        super().connect()
        self.clock.start(self.sock)
