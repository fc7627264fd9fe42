"""The keys that seal, and where they come from: a file in the home, or a program that prints them.

Both have one form: a Fernet key a line, the newest first, and a line `hash:KEY` for keyed hashes, which never changes.
"""

import hashlib
import os
import shlex
import subprocess
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet

FILE = "data_keys"
HASH = "hash:"
PATIENCE = 20  # seconds that a key service may take
FRESH = 30.0  # seconds for which what a key service said is taken as its word
ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Keys:
    """Fernet keys, the newest first, and the key of keyed hashes."""

    data: tuple[str, ...]
    hash: str

    @classmethod
    def of(cls, text: str, origin: object) -> "Keys":
        """The keys in the lines of a text; ValueError, which names the origin and no key, where they are not whole."""
        lines = text.split()
        data = tuple(line for line in lines if not line.startswith(HASH))
        hashes = [line.removeprefix(HASH) for line in lines if line.startswith(HASH)]
        if not data or len(hashes) != 1 or not hashes[0]:
            raise ValueError(f"{origin} must give at least one key and one line '{HASH}…': put back what it was.")
        for place, key in enumerate(data, 1):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(f"Key {place} of {origin} is not a Fernet key: put back what it was.") from None
        return cls(data, hashes[0])

    def text(self) -> str:
        """The lines of which `of` makes these keys."""
        return "".join(f"{line}\n" for line in (*self.data, HASH + self.hash))

    def ids(self) -> tuple[str, ...]:
        """The id of every data key, the newest first."""
        return tuple(key_id(key) for key in self.data)


class Source(Protocol):
    """Where keys come from."""

    def stamp(self) -> object:
        """Something that differs once the keys may have changed; cheap to ask."""

    def read(self) -> Keys:
        """The keys as they are now."""


class KeyFile:
    """The keys in a file of the home that its owner alone reads; the first ones are made at random."""

    def __init__(self, home: Path) -> None:
        """The file of this home."""
        self.path = home / FILE

    def stamp(self) -> object:
        """The file's identity and time: it is always replaced, never written over."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self) -> Keys:
        """The keys, made first where there is no file."""
        if not self.path.exists():
            self._make()
        return Keys.of(self.path.read_text(), self.path)

    def add(self) -> Keys:
        """The keys with a new one in front."""
        keys = self.read()
        return self._replace(Keys((_fresh(), *keys.data), keys.hash))

    def keep_newest(self) -> Keys:
        """The keys without the older ones, which are gone from the file for good."""
        keys = self.read()
        return self._replace(Keys(keys.data[:1], keys.hash))

    def _replace(self, keys: Keys) -> Keys:
        self._part(keys).replace(self.path)
        return keys

    def _make(self) -> None:
        """Write the first keys; who comes second takes those of who came first, and nobody reads half a file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self._part(Keys((_fresh(),), _fresh()))
        with suppress(FileExistsError):
            os.link(part, self.path)
        part.unlink()

    def _part(self, keys: Keys) -> Path:
        part = self.path.with_name(f"{FILE}.{os.getpid()}")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(keys.text())
            stream.flush()
            os.fsync(stream.fileno())
        return part


class KeyCommand:
    """The keys that a program of the operator prints: a key service, so that the home holds none."""

    def __init__(self, command: str) -> None:
        """The program and its arguments, as a shell would split them; no shell runs it."""
        self.command = command

    def stamp(self) -> object:
        """What differs every FRESH seconds."""
        return time.monotonic() // FRESH

    def read(self) -> Keys:
        """The keys; ValueError, which repeats nothing of what the program said, where it fails."""
        try:
            done = subprocess.run(
                shlex.split(self.command), capture_output=True, text=True, check=False, timeout=PATIENCE
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ValueError(f"WANGGE_KEY_COMMAND cannot be run: {type(error).__name__}.") from None
        if done.returncode:
            raise ValueError(f"WANGGE_KEY_COMMAND ended with code {done.returncode}.")
        return Keys.of(done.stdout, "WANGGE_KEY_COMMAND")


def key_id(key: str) -> str:
    """The short name of a key, which stands before what it sealed and tells nothing about it."""
    return hashlib.sha256(key.encode()).hexdigest()[:ID_DIGITS]


def new_keys() -> Keys:
    """Keys made at random: what a key service is set up with."""
    return Keys((_fresh(),), _fresh())


def _fresh() -> str:
    """32 random bytes as text."""
    return urlsafe_b64encode(os.urandom(32)).decode("ascii")
