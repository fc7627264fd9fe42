"""Settings: read from the environment once, then passed around as one frozen value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Settings:
    """Where data lives (`home`), where the server listens, and which database is used (None: the private cluster)."""

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database_url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings from WANGGE_HOME, _HOST, _PORT and _DATABASE_URL; ValueError where one is unusable."""
        values = os.environ if environment is None else environment
        port = values.get("WANGGE_PORT") or str(DEFAULT_PORT)
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
            raise ValueError(f"WANGGE_PORT must be a number from 1 to 65535, not {port!r}")
        return cls(
            home=Path(values.get("WANGGE_HOME") or _default_home()).expanduser().resolve(),
            host=values.get("WANGGE_HOST") or "127.0.0.1",
            port=int(port),
            database_url=values.get("WANGGE_DATABASE_URL") or None,
        )


def _default_home() -> Path:
    """/var/lib/wangge for root (PostgreSQL's own user must reach it), else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/wangge")
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local/share") / "wangge"
