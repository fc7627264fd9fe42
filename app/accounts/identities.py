"""What users are called by an OpenID Connect provider: said by themselves or by a command, never guessed."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries, sessions
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import ProviderIdentity
from app.errors import Conflict, Invalid, NotFound
from app.settings import OIDC, OpenIdProvider

LONGEST_SUBJECT = 255

OWNER = text("SELECT user_id FROM identities WHERE issuer = :issuer AND subject = :subject")
CONNECTED = text("SELECT subject, connected_at FROM identities WHERE issuer = :issuer AND user_id = :user_id")
DISCONNECT = text("DELETE FROM identities WHERE issuer = :issuer AND user_id = :user_id")
HAS_PASSWORD = text("SELECT password_hash IS NOT NULL FROM users WHERE id = :user_id")


class Connected(NamedTuple):
    """What a user is called there, and since when that is known here."""

    subject: str
    since: datetime


def usable(subject: str) -> bool:
    """Whether this may be what somebody is called."""
    return 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()


def owner(session: Session, issuer: str, subject: str) -> Identity | None:
    """The user who is called so by the provider and may log in; None, which is on record, where there is none."""
    number = session.scalar(OWNER, {"issuer": issuer, "subject": subject})
    who = queries.by_id(session, number) if number else None
    if who is None or who.is_program:
        record(session, None, "login.failed", "user", number or "unknown", method="oidc")
        return None
    return who


def connected(session: Session, user_id: int, issuer: str) -> Connected | None:
    """What the user is called by the provider."""
    row = session.execute(CONNECTED, {"issuer": issuer, "user_id": user_id}).one_or_none()
    return Connected(*row) if row else None


def connect(session: Session, by: Identity | None, user_id: int, *, issuer: str, subject: str) -> None:
    """Let the user log in as `subject` of the provider.

    Conflict where they have another subject there, or somebody else has this one; Invalid where it is none.
    """
    if not usable(subject):
        raise Invalid(gettext("A subject has 1 to %(most)d printable characters.", most=LONGEST_SUBJECT))
    who = queries.by_id(session, user_id)
    if who is not None and who.is_program:
        raise Invalid(gettext("An API client has tokens and does not log in."), field="name")
    try:
        with session.begin_nested():
            session.add(ProviderIdentity(issuer=issuer, subject=subject, user_id=user_id))
    except IntegrityError as error:
        sentence = gettext("This account, or that of the log-in service, is connected already. Disconnect it first.")
        raise Conflict(sentence) from error
    record(session, by, "identity.connected", "user", user_id)


def disconnect(session: Session, by: Identity | None, user_id: int, *, issuer: str, but: int | None = None) -> None:
    """Forget what the user is called there, and end their sessions, all `but` this one; NotFound where it is unknown.

    Invalid where they could not log in any more.
    """
    if connected(session, user_id, issuer) is None:
        raise NotFound(gettext("The account is not connected."))
    if not session.scalar(HAS_PASSWORD, {"user_id": user_id}):
        raise Invalid(gettext("Without a password the account needs this way to log in."))
    session.execute(DISCONNECT, {"issuer": issuer, "user_id": user_id})
    record(session, by, "identity.disconnected", "user", user_id)
    sessions.end(session, user_id, by=by, why="log-in service disconnected", but=but)


def configured(provider: OpenIdProvider | None) -> OpenIdProvider:
    """The provider of the settings; Invalid where there is none."""
    if provider is None:
        raise Invalid(f"There is no log-in service yet: set {', '.join(OIDC)}.")
    return provider
