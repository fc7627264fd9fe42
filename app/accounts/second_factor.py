"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost it."""

import secrets
import time
from typing import NamedTuple

import pyotp
import segno
from flask import current_app
from flask_babel import gettext
from pyotp.utils import strings_equal
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import RecoveryCode, SecondFactor, User
from app.accounts.rights import SECOND_FACTOR
from app.errors import Forbidden, Invalid, NotFound, Unavailable
from app.sealing import Sealer, hold_keys

STEP = 30  # seconds
WINDOW = 1  # steps that a clock may be fast or slow
ISSUER = "Wangge"
CODES = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without the look-alikes I, O, 0 and 1
CODE_LENGTH = 24  # letters of 5 bits: nobody guesses 120 bits, however fast their hash is made

USE_STEP = text("UPDATE second_factors SET last_step = :step WHERE user_id = :user_id AND last_step < :step")
USE_CODE = text("""
    UPDATE recovery_codes SET used_at = now() WHERE user_id = :user_id AND hash = :hash AND used_at IS NULL
""")
LEFT = text("SELECT count(*) FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL")


class Offer(NamedTuple):
    """A secret that an authenticator app may take: to read, to scan (SVG), and sealed, to come back with a code."""

    secret: str
    picture: str
    sealed: str


def is_enrolled(session: Session, who: Identity) -> bool:
    """Whether the user has an authenticator app."""
    return session.get(SecondFactor, who.id) is not None


def codes_left(session: Session, who: Identity) -> int:
    """How many recovery codes the user has not used."""
    return int(session.scalar(LEFT, {"user_id": who.id}) or 0)


def offer(who: Identity, sealed: str | None = None) -> Offer:
    """The secret that was offered to this user before, where `sealed` holds one, else a new one."""
    secret = _opened(who, sealed) or pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=who.name, issuer_name=ISSUER)
    picture = segno.make(address, error="m").svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
    return Offer(secret, str(picture), _sealer().seal(f"{who.id} {secret}"))


def enrol(session: Session, who: Identity, sealed: str | None, code: str) -> list[str]:
    """Take the offered secret, proven by a code of it, as the user's; returns their recovery codes. Invalid if not."""
    secret = _opened(who, sealed)
    step = _step(secret, code) if secret else None
    if secret is None or step is None:
        raise Invalid(gettext("The code is not right. Take the newest one that the app shows."), field="code")
    # The row of the user is held, so that two pages do not enrol two apps at once.
    session.execute(select(User.id).where(User.id == who.id).with_for_update())
    if is_enrolled(session, who):
        raise Forbidden(gettext("You have an authenticator app already."))
    hold_keys(session)
    session.add(SecondFactor(user_id=who.id, secret=_sealer().seal(secret), last_step=step))
    session.flush()
    record(session, who, "second_factor.enrolled", "user", who.id)
    return new_codes(session, who)


def use(session: Session, who: Identity, code: str) -> bool:
    """Whether the code of the app, or the recovery code, is right; it is so once only."""
    letters = code.replace(" ", "").replace("-", "").upper()
    if len(letters) == CODE_LENGTH:
        return _use_recovery_code(session, who, letters)
    known = session.get(SecondFactor, who.id)
    step = _step(_sealer().unseal(known.secret), letters) if known else None
    if step is None or not _changed(session, USE_STEP, who, step=step):
        record(session, who, "second_factor.failed", "user", who.id)
        return False
    record(session, who, "second_factor.used", "user", who.id)
    return True


def new_codes(session: Session, who: Identity) -> list[str]:
    """Ten new recovery codes, which are shown once; the old ones are void."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == who.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=who.id, hash=_hashed(who, code)) for code in codes)
    record(session, who, "recovery.made", "user", who.id, codes=CODES)
    return ["-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes]


def remove(session: Session, who: Identity) -> None:
    """Let the user log in without a second factor again; Forbidden where a role of theirs needs it."""
    if who.holds(SECOND_FACTOR):
        raise Forbidden(gettext("Your role logs in with a second factor only."))
    _forget(session, who.id)
    record(session, who, "second_factor.removed", "user", who.id)


def reset(session: Session, name: str, *, by: Identity | None = None) -> None:
    """Forget the app of a user who has lost it, and end their sessions; NotFound where nobody is called `name`."""
    user_id = session.scalar(select(User.id).where(User.name == name))
    if user_id is None:
        raise NotFound(gettext("There is no user %(name)s.", name=name), field="name")
    _forget(session, user_id)
    record(session, by, "second_factor.removed", "user", user_id, why="reset")
    sessions.end(session, user_id, by=by, why="second factor reset")


def _forget(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))


def _use_recovery_code(session: Session, who: Identity, letters: str) -> bool:
    if not _changed(session, USE_CODE, who, hash=_hashed(who, letters)):
        record(session, who, "second_factor.failed", "user", who.id)
        return False
    record(session, who, "recovery.used", "user", who.id, left=codes_left(session, who))
    return True


def _step(secret: str, code: str) -> int | None:
    """The step of time that the code belongs to: this one, or one beside it."""
    totp, now = pyotp.TOTP(secret, interval=STEP), int(time.time()) // STEP
    right = (step for step in range(now - WINDOW, now + WINDOW + 1) if strings_equal(totp.at(step * STEP), code))
    return next(right, None)


def _changed(session: Session, statement: object, who: Identity, **values: object) -> bool:
    """Whether the statement changed a row of this user."""
    result = session.execute(statement, {"user_id": who.id, **values})  # type: ignore[call-overload]
    return bool(result.rowcount)


def _opened(who: Identity, sealed: str | None) -> str | None:
    """The secret that we sealed for this user; None for another's, or where its key has gone meanwhile."""
    try:
        owner, _, secret = _sealer().unseal(sealed or "").partition(" ")
    except Unavailable:
        return None
    return secret if owner == str(who.id) else None


def _hashed(who: Identity, code: str) -> str:
    """What stands for a recovery code in the database."""
    return _sealer().keyed_hash(f"recovery code of {who.id}: {code}")


def _sealer() -> Sealer:
    sealer: Sealer = current_app.extensions["sealer"]
    return sealer
