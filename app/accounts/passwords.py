"""Passwords: Argon2id, the same time for people who exist and people who do not, and a delay that grows."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 1024  # characters of a password that is hashed at all
FREE_FAILURES = 3
LONGEST_DELAY = 300  # seconds
REMEMBERED = 10_000  # pairs of account and address
FORGOTTEN = 3600  # seconds after which a failure no longer counts

_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)  # one hash takes 64 MB: a flood of log-ins may not take all memory


def make_hash(password: str) -> str:
    """The Argon2id hash of a password."""
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hashed one; takes as long where there is no hash to compare with."""
    if len(password) > LONGEST:
        return False
    with _at_once:
        try:
            return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def make_password() -> str:
    """A random password of 96 bits that a person can type."""
    return secrets.token_urlsafe(12)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(12))


class Attempts:
    """Failed log-ins of this process, each account from each address: 1, 2, 4 … seconds after the third failure.

    Only that address waits, so nobody can lock somebody else out. The oldest are forgotten when there are too many.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with none; `clock` gives seconds."""
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, account: str, address: str) -> float:
        """Seconds until this account may be tried again from this address; 0 where it may now."""
        with self._lock:
            count, last = self._failures.get((account, address), (0, 0.0))
        if count < FREE_FAILURES:
            return 0.0
        delay = min(2.0 ** (count - FREE_FAILURES), LONGEST_DELAY)
        return max(0.0, last + delay - self._clock())

    def failed(self, account: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            count, last = self._failures.pop((account, address), (0, now))
            self._failures[(account, address)] = (1 if now - last > FORGOTTEN else count + 1, now)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of the pair."""
        with self._lock:
            self._failures.pop((account, address), None)
