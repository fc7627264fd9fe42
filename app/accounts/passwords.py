"""Passwords: Argon2id, the same work for people who exist and people who do not, and which ones are taken."""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext

from app.accounts.worst_passwords import WORST
from app.errors import Invalid
from app.slots import Slots

SHORTEST = 12  # characters
LONGEST = 1024  # of a password that is hashed at all
FEWEST_CHARACTERS = 3  # different ones: "111111111111" and "ababababababab" are guessed first
# What everybody here thinks of first: the product, what it is about, and the roles.
OF_THE_PLACE = re.compile("wangge|网格|shequ|社区|jiedao|街道|yingji|应急|admin|管理员|password|密码")
SHORTEST_REST = 10  # characters that stand beside such a word
SHORTEST_NAME = 4  # a log-in name of this length may not be part of the password

_hasher = PasswordHasher()
_hashing = Slots(1)  # one hash takes 64 MB and 50 ms: a flood of log-ins may not take all memory and every core


def make_hash(password: str) -> str:
    """The Argon2id hash of a password."""
    with _hashing.one():
        return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hashed one; takes as long where there is no hash to compare with."""
    if len(password) > LONGEST:
        return False
    with _hashing.one():
        try:
            return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def check_new(password: str, name: str, *, field: str = "password") -> None:
    """Nothing where the user called `name` may choose the password; Invalid with what is wrong where not.

    Length is what helps, so nothing is asked of its characters (NIST SP 800-63B).
    """
    if len(password) < SHORTEST:
        raise Invalid(gettext("A password has at least %(shortest)d characters.", shortest=SHORTEST), field=field)
    if len(password) > LONGEST:
        raise Invalid(gettext("A password has at most %(longest)d characters.", longest=LONGEST), field=field)
    folded = password.casefold()
    if len(name) >= SHORTEST_NAME and name in folded:
        raise Invalid(gettext("A password may not hold the user name."), field=field)
    rest = OF_THE_PLACE.sub("", folded)
    if rest != folded and len(rest) < SHORTEST_REST:
        raise Invalid(gettext("This password is little more than a word that everybody here knows."), field=field)
    if folded in WORST or len(set(folded)) <= FEWEST_CHARACTERS:
        raise Invalid(gettext("This password is among the first that are guessed. Choose another one."), field=field)


def make_password() -> str:
    """A random password of 96 bits that a person can type."""
    return secrets.token_urlsafe(12)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(12))
