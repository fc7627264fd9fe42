"""Where a home keeps its cluster: in the home itself, or beside it where PostgreSQL's user could not reach it.

PostgreSQL refuses root, so root runs it as the user postgres, and a home below a folder with mode 0700 (a `mktemp -d`)
is closed to that user. Such a home holds a pointer to a folder of its own in /var/lib/wangge/clusters.
"""

import hashlib
import os
import pwd
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from app.cluster.programs import SERVICE_USER, server_user
from app.errors import Unavailable

ELSEWHERE = Path("/var/lib/wangge/clusters")
LONGEST_SOCKET = 100  # bytes; a unix socket's path ends at 107
POINTER = "cluster"
PRIVATE = 0o700
THROUGH = 0o711


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one cluster."""

    home: Path
    folder: Path

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.folder / "postgresql.log"

    @property
    def socket(self) -> Path:
        """The folder of the socket, short enough for a socket's path."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return inside
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path("/tmp") / f"wangge-{os.geteuid()}-{key}"  # noqa: S108 (its owner and mode are checked)


def places_of(home: Path) -> Places:
    """The places of `home`, made where they are missing, with the modes that keep others out."""
    make_home(home)
    pointer = home / POINTER
    if pointer.is_file():
        folder = Path(pointer.read_text().strip())
    elif server_user() is None or _reachable(home):
        folder = home / "postgresql"
    else:
        folder = ELSEWHERE / secrets.token_hex(8)
        for step in (ELSEWHERE.parent, ELSEWHERE):
            if not step.exists():
                step.mkdir()
                step.chmod(THROUGH)
        pointer.write_text(f"{folder}\n")
    places = Places(home, folder)
    for private in (places.folder, places.socket):
        _make_private(private)
    return places


def make_home(home: Path) -> None:
    """Make `home` where it is missing: entered by others (PostgreSQL's user among them), listed by nobody else."""
    try:
        if not home.exists():
            home.mkdir(parents=True)
            home.chmod(THROUGH if server_user() else PRIVATE)
        elif not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        raise Unavailable(f"{home} cannot be written: name another folder in WANGGE_HOME.") from error


def _reachable(folder: Path) -> bool:
    """Whether every folder on the way lets any user through."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def _make_private(folder: Path) -> None:
    """Make `folder` with mode 0700, owned by who runs the server; Unavailable where somebody else owns it."""
    try:
        owner = pwd.getpwnam(SERVICE_USER) if server_user() else pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise Unavailable(f"This machine has no user {SERVICE_USER}: install Debian's postgresql package.") from error
    try:
        folder.mkdir(mode=PRIVATE)
        if server_user():
            os.chown(folder, owner.pw_uid, owner.pw_gid)
    except FileExistsError:
        pass
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner.pw_uid:
        raise Unavailable(f"{folder} belongs to somebody else: remove it, or name another folder in WANGGE_HOME.")
    if stat.S_IMODE(status.st_mode) != PRIVATE:
        folder.chmod(PRIVATE)
