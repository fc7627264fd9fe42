"""Settings: read from the environment once, then passed around as one frozen value."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gis.grid_codes import scheme

DEFAULT_PORT = 8000
LONGEST_DAYS = 3650  # that anything personal may be kept
MOST_PROXIES = 10
MOST_WORKERS = 64
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1", re.IGNORECASE)
HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9]\d{0,4})?")
OUTGOING = re.compile(rf"(https?://)?{HOST.pattern}")
IDLE_MINUTES = 60
SESSION_HOURS = 12
ISSUER = re.compile(rf"(https?)://({HOST.pattern})(/[!-~]*)?", re.IGNORECASE)
OIDC = ("WANGGE_OIDC_ISSUER", "WANGGE_OIDC_CLIENT_ID", "WANGGE_OIDC_CLIENT_SECRET_FILE")
LONGEST_NAME = 40
GRID_CODES = "area12+3"


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """An OpenID Connect provider by which people log in: its `issuer`, and how this server is known there.

    `name` is what people call it. `asks_twice` where a second factor that it tells of may count as ours.
    """

    issuer: str
    client_id: str
    secret_file: Path
    name: str | None = None
    asks_twice: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Where data lives (`home`), where the server listens, and which database is used (None: the private cluster).

    `database_url` serves; `database_owner_url` migrates, imports and backs up (None: one role does all of it).
    `hosts` are the names that browsers may know the server by, `proxies` how many reverse proxies stand before it,
    `https` whether the outermost of them speaks TLS, and `outgoing` the only hosts that the server itself may contact.
    A session ends after `idle_minutes` without a request, and `session_hours` after the log-in in any case.
    `key_command` is a program that prints the keys which seal personal data; None: they are in the home.
    Positions on duty are kept `position_hours`, the persons of a closed incident `incident_days`, a flag that is over
    `flag_days`.
    `oidc` is where people may log in instead of here.
    `audit_head` is a second file for the anchors of the audit, on another machine's disk if possible.
    `workers` is how many jobs are done at once beside the server. `grid_codes` is the scheme of the codes of new grids.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database_url: str | None = None
    key_command: str | None = None
    hosts: tuple[str, ...] = ()
    proxies: int = 0
    https: bool = False
    outgoing: tuple[str, ...] = ()
    database_owner_url: str | None = None
    idle_minutes: int = IDLE_MINUTES
    session_hours: int = SESSION_HOURS
    position_hours: int = 24
    incident_days: int = 365
    flag_days: int = 90
    audit_head: Path | None = None
    oidc: OpenIdProvider | None = None
    workers: int = 1
    grid_codes: str = GRID_CODES

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings from the variables WANGGE_…; ValueError with a sentence where one is unusable."""
        values = os.environ if environment is None else environment
        return cls(
            home=Path(values.get("WANGGE_HOME") or _default_home()).expanduser().resolve(),
            host=values.get("WANGGE_HOST") or "127.0.0.1",
            port=_number(values, "WANGGE_PORT", DEFAULT_PORT, least=1, most=2**16 - 1),
            database_url=values.get("WANGGE_DATABASE_URL") or None,
            database_owner_url=_owner_url(values),
            hosts=_listed(values, "WANGGE_HOSTS", HOST, "host or host:port"),
            proxies=_number(values, "WANGGE_PROXIES", 0, least=0, most=MOST_PROXIES),
            https=bool(_number(values, "WANGGE_HTTPS", 0, least=0, most=1)),
            outgoing=_listed(values, "WANGGE_OUTGOING", OUTGOING, "host, host:port or http://host:port"),
            idle_minutes=_number(values, "WANGGE_IDLE_MINUTES", IDLE_MINUTES, least=1, most=24 * 60),
            session_hours=_number(values, "WANGGE_SESSION_HOURS", SESSION_HOURS, least=1, most=7 * 24),
            key_command=values.get("WANGGE_KEY_COMMAND") or None,
            position_hours=_number(values, "WANGGE_POSITION_HOURS", 24, least=1, most=LONGEST_DAYS * 24),
            incident_days=_number(values, "WANGGE_INCIDENT_DAYS", 365, least=1, most=LONGEST_DAYS),
            flag_days=_number(values, "WANGGE_FLAG_DAYS", 90, least=1, most=LONGEST_DAYS),
            audit_head=Path(head).expanduser().resolve() if (head := values.get("WANGGE_AUDIT_HEAD")) else None,
            oidc=_provider(values),
            workers=_number(values, "WANGGE_WORKERS", 1, least=0, most=MOST_WORKERS),
            grid_codes=_grid_codes(values),
        )

    @property
    def address(self) -> str:
        """`host:port` of where the server listens, as in an address bar."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Where a browser finds the server."""
        return f"https://{self.hosts[0] if self.hosts else self.address}" if self.https else f"http://{self.address}"

    @property
    def known_as(self) -> tuple[str, ...]:
        """The Host headers that are answered: `hosts`, or where there are none the address and this machine's own."""
        return self.hosts or (self.address.lower(), f"localhost:{self.port}", f"127.0.0.1:{self.port}")

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine reaches the server."""
        return LOOPBACK.fullmatch(self.host) is not None


def _number(values: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """The whole number in a variable."""
    text = values.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(f"{name} must be a number from {least} to {most}, not {text!r}")
    return int(text)


def _listed(values: Mapping[str, str], name: str, form: re.Pattern[str], said: str) -> tuple[str, ...]:
    """The entries of a variable, separated by commas, in lower case."""
    entries = [entry.strip().lower() for entry in (values.get(name) or "").split(",") if entry.strip()]
    for entry in entries:
        if not form.fullmatch(entry):
            raise ValueError(f"{name} must list {said}, separated by commas, not {entry!r}")
    return tuple(entries)


def _grid_codes(values: Mapping[str, str]) -> str:
    """The name of a scheme of grid codes."""
    name = values.get("WANGGE_GRID_CODES") or GRID_CODES
    try:
        scheme(name)
    except ValueError as error:
        raise ValueError(f"WANGGE_GRID_CODES: {error}") from None
    return name


def _owner_url(values: Mapping[str, str]) -> str | None:
    """The address for the owner of the tables, which goes with one for the role that serves."""
    url = values.get("WANGGE_DATABASE_OWNER_URL") or None
    if url and not values.get("WANGGE_DATABASE_URL"):
        raise ValueError("WANGGE_DATABASE_OWNER_URL needs WANGGE_DATABASE_URL beside it, for the role that serves")
    return url


def _provider(values: Mapping[str, str]) -> OpenIdProvider | None:
    """The OpenID Connect provider, where its three settings are there."""
    missing = [name for name in OIDC if not values.get(name)]
    if len(missing) == len(OIDC):
        return None
    if missing:
        raise ValueError(f"{missing[0]} must be set as well: OpenID Connect needs {', '.join(OIDC)}")
    issuer, client_id, secret_file = (values[name] for name in OIDC)
    found = ISSUER.fullmatch(issuer)
    if not found or {"?", "#"} & set(issuer) or not (found[1].lower() == "https" or _is_this_machine(found[2])):
        raise ValueError(f"{OIDC[0]} must be an https:// address without ? and #, not {issuer!r}")
    name = values.get("WANGGE_OIDC_NAME") or None
    if name and not (name.isprintable() and len(name) <= LONGEST_NAME):
        raise ValueError(f"WANGGE_OIDC_NAME must have at most {LONGEST_NAME} characters")
    return OpenIdProvider(
        issuer=issuer,
        client_id=client_id,
        secret_file=Path(secret_file).expanduser().resolve(),
        name=name,
        asks_twice=bool(_number(values, "WANGGE_OIDC_SECOND_FACTOR", 0, least=0, most=1)),
    )


def _is_this_machine(host: str) -> bool:
    """Whether a host, or host:port, is this machine's own."""
    return LOOPBACK.fullmatch(re.sub(r":\d+$", "", host).strip("[]")) is not None


def _default_home() -> Path:
    """/var/lib/wangge for root (PostgreSQL's own user must reach it), else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/wangge")
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local/share") / "wangge"
