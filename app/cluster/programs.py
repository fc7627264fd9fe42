"""PostgreSQL's own programs: where they are, and running them as a user whom they accept."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import Unavailable

OLDEST = 14
DEBIAN = Path("/usr/lib/postgresql")
SERVICE_USER = "postgres"
"""Who runs the server when we are root, which PostgreSQL refuses to be."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The `bin` folder of one PostgreSQL of major version `version`."""

    folder: Path
    version: int

    def run(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The finished program `name`, run as the cluster's user; its exit code is the caller's to judge."""
        user = server_user()
        return subprocess.run(
            [self.folder / name, *arguments],
            cwd="/",
            env={"PATH": f"{self.folder}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )

    def client(self, name: str, arguments: Sequence[str | Path], *, password: str | None) -> None:
        """Run `pg_dump` or `pg_restore` as ourselves; Unavailable with its last line where it fails."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8"} | ({"PGPASSWORD": password} if password else {})
        done = subprocess.run(
            [self.folder / name, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Unavailable(f"{name} failed: {last_line(done.stderr)}")


def server_user() -> str | None:
    """The user to switch to for the server; None where we may run it ourselves."""
    return SERVICE_USER if os.geteuid() == 0 else None


def find_programs(written_by: int | None = None) -> Programs:
    """The newest PostgreSQL with PostGIS of this machine, or that of version `written_by`; Unavailable without one."""
    found = {programs.version: programs for programs in _installed()}
    if written_by is not None:
        if written_by not in found:
            raise Unavailable(
                f"The data were written by PostgreSQL {written_by}, which is not installed: "
                f"install postgresql-{written_by}-postgis-3 and postgresql-{written_by}-pgrouting."
            )
        return found[written_by]
    if not found:
        raise Unavailable(
            f"No PostgreSQL {OLDEST} or newer with PostGIS is installed: run 'make run' (it installs Debian's), "
            "or name a server in WANGGE_DATABASE_URL."
        )
    return found[max(found)]


def _installed() -> list[Programs]:
    """Every PostgreSQL with the postgis extension, in Debian's places or behind the `pg_config` on the PATH."""
    places = [(folder, Path("/usr/share/postgresql") / folder.parent.name) for folder in DEBIAN.glob("*/bin")]
    if not places and (config := shutil.which("pg_config")):
        ask = [subprocess.check_output([config, option], text=True).strip() for option in ("--bindir", "--sharedir")]
        places = [(Path(ask[0]), Path(ask[1]))]
    return [
        Programs(folder, version)
        for folder, share in places
        if (share / "extension/postgis.control").exists() and (version := _version(folder)) >= OLDEST
    ]


def _version(folder: Path) -> int:
    """The major version of the server in `folder`; 0 where there is none."""
    if not (folder / "initdb").exists():
        return 0
    answer = subprocess.check_output([folder / "postgres", "--version"], text=True)
    match = re.search(r"\d+", answer)
    return int(match.group()) if match else 0


def last_line(output: str) -> str:
    """The last line of `output` that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
