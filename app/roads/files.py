"""Where this machine keeps its networks: a folder of the home with one file for each district and version of its data.

All processes map the same file. Who finds none makes it, one at a time for a district, while others wait for it. Files
of versions gone by are removed: who still maps one keeps it until the last request that reckons with it is over.
"""

import fcntl
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gis.network import Network
from gis.network_file import NetworkFileError, code, read, write

SUFFIX = ".network"
VERSIONS = 2  # of a district's network that may lie in the folder: the one in use, and the one that takes its place

log = logging.getLogger(__name__)


class NetworkFiles:
    """The files in one folder; with None nothing is kept, for commands that reckon once."""

    def __init__(self, folder: Path | None) -> None:
        """The folder is made, closed to everybody else, when the first network is kept."""
        self._folder = folder

    def get(self, name: str, key: str, make: Callable[[], Network]) -> Network:
        """The network of `name` as of the data `key` stands for: mapped, or made by `make` and kept for all."""
        if self._folder is None:
            return make()
        found = self.find(name, key)
        if found is not None:
            return found
        try:
            with self._alone(name):
                found = self.find(name, key)
                return self._made(name, key, make) if found is None else found
        except OSError as error:
            log.warning("a road network is in the memory of this process only: %s", error)
            return make()

    def has(self, name: str, key: str) -> bool:
        """Whether the network lies there."""
        return self._folder is not None and self._path(name, key).exists()

    def find(self, name: str, key: str) -> Network | None:
        """The network where it is kept whole."""
        if self._folder is None:
            return None
        try:
            return read(self._path(name, key), key)
        except FileNotFoundError:
            return None
        except (NetworkFileError, OSError) as error:
            log.warning("a file of a road network is made anew: %s", error)
            return None

    def _made(self, name: str, key: str, make: Callable[[], Network]) -> Network:
        made, path = make(), self._path(name, key)
        try:
            self._remove_broken_off(name, path)
            write(path, made, key)
            self._remove_old(name, path)
            return read(path, key)
        except (NetworkFileError, OSError) as error:
            log.warning("a road network is in the memory of this process only: %s", error)
            return made

    def _remove_broken_off(self, name: str, path: Path) -> None:
        """Remove what processes left that were killed while they wrote: we alone write this district's files now."""
        for part in path.parent.glob(f"{name}-*{SUFFIX}.*.part"):
            with suppress(OSError):
                part.unlink()

    def _remove_old(self, name: str, newest: Path) -> None:
        files = [file for file in newest.parent.glob(f"{name}-*{SUFFIX}") if file != newest]
        for file in sorted(files, key=_age)[VERSIONS - 1 :]:
            with suppress(OSError):
                file.unlink()

    def _path(self, name: str, key: str) -> Path:
        return (
            self._folder or Path()
        ) / f"{name}-{hashlib.sha256(f'{key} {code()}'.encode()).hexdigest()[:16]}{SUFFIX}"

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Hold the lock of a district's file; the kernel lets it go where this process is killed. OSError."""
        folder = self._folder or Path()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / f"{name}.lock").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _age(file: Path) -> float:
    """What is smaller the younger a file is; one that is gone is oldest."""
    try:
        return -file.stat().st_mtime
    except OSError:
        return 0.0
