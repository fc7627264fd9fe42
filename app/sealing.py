"""Sealing: what must not be read from a stolen disk or a backup is kept encrypted, under keys that are not in it.

A sealed text is "3f2a90c1.gAAAA…": the id of the key, and a Fernet token. That a column holds them is said where it is
declared (`info=SEALED`), so that the rotation of keys finds it.
"""

import hmac
import logging
import threading
from typing import Any

from apiflask import APIFlask
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask_babel import gettext
from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Session

from app.errors import Unavailable
from app.keys import ID_DIGITS, KeyCommand, KeyFile, Keys, Source, key_id
from app.settings import Settings

SEALED: dict[str, Any] = {"sealed": True}
"""`mapped_column(Text, info=SEALED)`: the column holds sealed texts, and empty ones."""

LOCK = 0x5345414C  # "SEAL": held by who writes sealed texts, and by who takes keys away
FORM = f"^[0-9a-f]{{{ID_DIGITS}}}[.]gAAAA[A-Za-z0-9_=-]+$"

log = logging.getLogger(__name__)


class Sealer:
    """Seals texts, unseals them, and hashes them so that equal ones are found; follows its keys when they change."""

    def __init__(self, source: Source) -> None:
        """A sealer with the keys of a source, read now; ValueError where it has none."""
        self.source = source
        self._lock = threading.Lock()
        self._known: dict[str, Fernet] = {}  # keys that are gone too: what was read before they went is still opened
        self._unknown: set[str] = set()
        self._read()

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        """The sealer with the keys of an installation: its key service's, else those in its home."""
        command = settings.key_command
        return cls(KeyCommand(command) if command else KeyFile(settings.home))

    @property
    def keys(self) -> Keys:
        """The keys as they are now; as they were, where the source does not answer at this moment."""
        stamp = self.source.stamp()
        if stamp is not None and stamp != self._stamp:
            self._follow()
        return self._keys

    def seal(self, plain: str) -> str:
        """The text, encrypted and signed with the newest key; an empty one stays empty."""
        if not plain:
            return ""
        newest = self.keys.data[0]
        name = key_id(newest)
        return f"{name}.{self._known[name].encrypt(plain.encode()).decode('ascii')}"

    def unseal(self, sealed: str) -> str:
        """The text that was sealed; Unavailable where none of our keys opens it."""
        if not sealed:
            return ""
        name, _, token = sealed.partition(".")
        if name not in self._known and (name not in self._unknown or self.source.stamp() != self._stamp):
            self._follow()
            if name not in self._known:
                self._unknown.add(name)
        try:
            return self._known[name].decrypt(token).decode()
        except (KeyError, InvalidToken):
            raise Unavailable(gettext("This is sealed with a key that is not here. Ask who runs the server.")) from None

    def keyed_hash(self, plain: str) -> str:
        """64 hexadecimal digits, the same for the same text, that say nothing to who has no key."""
        return hmac.digest(self._hash_key, plain.encode(), "sha256").hex()

    def _follow(self) -> None:
        with self._lock:
            try:
                self._read()
            except ValueError as error:
                self._stamp = self.source.stamp()
                log.warning("the keys cannot be read again: %s", error)

    def _read(self) -> None:
        stamp = self.source.stamp()
        keys = self.source.read()
        self._known = self._known | {key_id(key): Fernet(key) for key in keys.data}
        # A key for another purpose is derived, never shared.
        self._hash_key = HKDF(SHA256(), 32, salt=None, info=b"wangge keyed hash").derive(keys.hash.encode())
        self._keys, self._stamp, self._unknown = keys, stamp, set()


def install(app: APIFlask, settings: Settings) -> None:
    """Put the sealer of the installation at `current_app.extensions["sealer"]`."""
    app.extensions["sealer"] = Sealer.of(settings)


def hold_keys(session: Session) -> None:
    """Let no key go before this transaction ends: whoever seals something and writes it calls this first."""
    session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": LOCK})


def only_sealed(column: str, *, found_by: str) -> CheckConstraint:
    """The constraint by which the database refuses a plain text, and a keyed hash that outlives what it finds."""
    return CheckConstraint(f"({column} = '' AND {found_by} = '') OR {column} ~ '{FORM}'", name=f"{column}_sealed")
