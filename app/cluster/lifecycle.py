"""Making, starting and stopping the private cluster of a home."""

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Self

from app.cluster import roles, secrets
from app.cluster.database import ADMIN, PORT, Database
from app.cluster.places import Places, places_of
from app.cluster.programs import Programs, find_programs, last_line, server_user
from app.errors import Unavailable

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": 100,
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": 1.1,
    "jit": "off",  # it costs more than it saves on queries of milliseconds
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and rows hold names: the log tells what went wrong, and not with whom.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: a crash loses everything."""

START_TIMEOUT = 60  # seconds; recovery after a crash is part of it
RETRY_TIMEOUT = 10  # seconds in which the remains of a killed server go away
NO_ANSWER = 2  # of pg_isready; a server that is still starting answers with 1
INCLUDED = "wangge.conf"
BUSY = ("lock file", "shared memory block")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One private cluster: its programs, its folders, and what its configuration adds to the usual."""

    programs: Programs
    places: Places
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Path, **extra: str) -> Self:
        """The cluster of `home`, not started yet; Unavailable where PostgreSQL is missing."""
        places = places_of(home)
        return cls(find_programs(_written_by(places.data)), places, extra)

    @property
    def database(self) -> Database:
        """The URLs of its database."""
        return Database.private(self.places.socket, secrets.passwords(self.places.home))

    def running(self) -> bool:
        """Whether its server answers: a process alone may be a killed one that nobody has reaped yet."""
        if not (self.places.data / "postmaster.pid").exists() or self._ctl("status").returncode:
            return False
        answer = self.programs.run("pg_isready", f"--host={self.places.socket}", f"--port={PORT}")
        return answer.returncode != NO_ANSWER

    def start(self) -> None:
        """Start the server, made first where it is missing; it has its roles and its database then."""
        if not (self.places.data / "PG_VERSION").exists():
            self._initialise()
        self._configure()
        deadline = time.monotonic() + RETRY_TIMEOUT
        while (failed := self._try_start()) is not None:
            if not any(word in failed for word in BUSY) or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL does not start: {last_line(failed)} (see {self.places.log})")
            time.sleep(0.2)
        roles.prepare(self.database)

    def stop(self) -> None:
        """Stop the server, and wait until it has written everything; nothing happens where it does not run."""
        if not self.running():
            return
        done = self._ctl("stop", "-m", "fast", "-w", "-t", str(START_TIMEOUT))
        if done.returncode and self.running():
            raise Unavailable(f"PostgreSQL does not stop: {last_line(done.stderr)} (see {self.places.log})")

    def remove(self) -> None:
        """Stop the server and delete all its data."""
        self.stop()
        shutil.rmtree(self.places.folder)
        shutil.rmtree(self.places.socket, ignore_errors=True)

    def _try_start(self) -> str | None:
        """None once the server accepts connections, else what it said."""
        before = self.places.log.stat().st_size if self.places.log.exists() else 0
        done = self._ctl("start", "-w", "-t", str(START_TIMEOUT), "-l", self.places.log)
        if not done.returncode:
            return None
        with self.places.log.open(errors="replace") as log:
            log.seek(before)
            said = [line for line in log if "FATAL" in line or "ERROR" in line]
        return "".join(said) or done.stderr or done.stdout

    def _ctl(self, action: str, *options: str | Path) -> CompletedProcess[str]:
        return self.programs.run("pg_ctl", action, "-D", self.places.data, *options)

    def _initialise(self) -> None:
        """Make the data folder, whole or not at all."""
        part = self.places.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        word = self.places.folder / "password"
        secrets.write_private(word, secrets.passwords(self.places.home)[ADMIN])
        _give_to_server(word)
        done = self.programs.run(
            "initdb",
            f"--pgdata={part}",
            f"--username={ADMIN}",
            f"--pwfile={word}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        )
        word.unlink()
        if done.returncode:
            raise Unavailable(f"PostgreSQL cannot be set up in {self.places.folder}: {last_line(done.stderr)}")
        with (part / "postgresql.conf").open("a") as configuration:
            configuration.write(f"include '{INCLUDED}'\n")
        (part / INCLUDED).touch()
        part.rename(self.places.data)

    def _configure(self) -> None:
        """Write our part of the configuration, so that a newer version of it counts from the next start on."""
        values = CONFIGURATION | {"unix_socket_directories": self.places.socket} | self.extra
        lines = [f"{name} = '{value}'" for name, value in values.items()]
        file = self.places.data / INCLUDED
        file.write_text("\n".join(lines) + "\n")
        _give_to_server(file)


def _give_to_server(file: Path) -> None:
    """Let the user who runs the server own `file`."""
    if user := server_user():
        shutil.chown(file, user)


def _written_by(data: Path) -> int | None:
    """The major version that wrote the data folder; None where there is none yet."""
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None
