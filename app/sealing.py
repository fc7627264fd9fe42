"""Sealing: what must not be read from a stolen disk is kept encrypted, under keys that lie in the home.

`data_keys` holds one Fernet key a line, the newest first: it seals, all of them unseal. Keyed hashes come from the last
line, so that a new key in front changes none of them.
"""

import hmac
import os
from contextlib import suppress
from pathlib import Path

from apiflask import APIFlask
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Unavailable

KEY_FILE = "data_keys"


class Sealer:
    """Seals texts, unseals them, and hashes them so that equal ones are found."""

    def __init__(self, keys: list[bytes]) -> None:
        """A sealer with these Fernet keys, the newest first."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # A key for another purpose is derived, never shared.
        self._hash_key = HKDF(SHA256(), 32, salt=None, info=b"wangge keyed hash").derive(keys[-1])

    @classmethod
    def of(cls, home: Path) -> "Sealer":
        """The sealer with the keys of this home, whose first one is made at first use."""
        file = home / KEY_FILE
        if not file.exists():
            _make(file)
        keys = file.read_bytes().split()
        if not keys:
            raise ValueError(f"{file} is empty: put its keys back from the backup of the home.")
        return cls(keys)

    def seal(self, text: str) -> str:
        """The text, encrypted and signed."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def unseal(self, token: str) -> str:
        """The text that was sealed; Unavailable where none of our keys opens it."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise Unavailable(
                f"What is sealed cannot be read: its key is not in {KEY_FILE} in the server's home."
            ) from error

    def keyed_hash(self, text: str) -> str:
        """64 hexadecimal digits, the same for the same text, that say nothing to who has no key."""
        return hmac.digest(self._hash_key, text.encode(), "sha256").hex()


def install(app: APIFlask, home: Path) -> None:
    """Put the sealer of the home at `current_app.extensions["sealer"]`."""
    app.extensions["sealer"] = Sealer.of(home)


def _make(file: Path) -> None:
    """Write a first key; who comes second takes that of who came first, and nobody reads half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(Fernet.generate_key() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
