"""People who log in, their sessions, second factors and bearer tokens, and the audit of what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import one_of
from app.sealing import SEALED


class Role(StrEnum):
    """What a user is here for; `accounts/rights.py` says what each may do."""

    GRID_WORKER = "grid_worker"
    GRID_LEADER = "grid_leader"
    COMMUNITY_STAFF = "community_staff"
    SUBDISTRICT_STAFF = "subdistrict_staff"
    COORDINATOR = "coordinator"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"
    API_CLIENT = "api_client"


class User(Base):
    """Somebody who logs in. What they may do, and where, is in their appointments."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)  # the log-in name
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)  # None: no log-in by password
    must_change_password: Mapped[bool] = mapped_column(server_default="false")  # somebody else chose it
    language: Mapped[str] = mapped_column(Text, server_default="zh")
    home_area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)  # where the user belongs
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Appointment(Base):
    """A post that a user holds: a role in an area, or in one grid of it, from an instant until another or for good.

    One that is withdrawn before it starts ends when it starts. No row is ever deleted.
    """

    __tablename__ = "appointments"
    __table_args__ = (one_of("role", Role), CheckConstraint("ends_at >= starts_at", name="ends_after_start"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by a command
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LoginSession(Base):
    """A browser in which somebody is logged in. Its key is in the cookie; here is the key's SHA-256 digest only."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    former_digest: Mapped[str | None] = mapped_column(Text, index=True)  # good a little longer, for what was under way
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    method: Mapped[str] = mapped_column(Text)  # how they proved who they are: "password" …
    rights: Mapped[str] = mapped_column(Text)  # a print of the posts that the key was given for
    device: Mapped[str] = mapped_column(Text)  # "Chrome · Windows"; no address
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    second_factor_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SecondFactor(Base):
    """A user's authenticator app: the secret that it shares with us, sealed, and the newest code that was used."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(Text, info=SEALED)
    last_step: Mapped[int] = mapped_column(BigInteger)  # 30-second steps since 1970
    enrolled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class RecoveryCode(Base):
    """A code that stands in once for the authenticator app, kept as a keyed hash."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ProviderIdentity(Base):
    """What a user is called by an OpenID Connect provider: a name that it never gives to anybody else."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("user_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    connected_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Attempt(Base):
    """Failed attempts of one subject (a keyed hash, so that no address is kept); lost when the database crashes."""

    __tablename__ = "attempts"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 (SQLAlchemy's form)

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), index=True)


class Asked(Base):
    """How often a user has asked for one thing since the window began; lost when the database crashes."""

    __tablename__ = "paces"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 (SQLAlchemy's form)

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked: Mapped[int]


class Token(Base):
    """A bearer token for scripts, kept as a SHA-256 digest only."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(Text, server_default="")  # what it is for, in its owner's words
    digest: Mapped[str] = mapped_column(Text, unique=True)
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # capabilities; None: all that its user has
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # None: not any more
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


AREA = literal_column("(detail ->> 'area')", Text)
GRID = literal_column("(detail ->> 'grid')", Text)


class AuditRow(Base):
    """One act: who did or saw what, when. The application may insert rows and, for an auditor, read them.

    The database itself sets `id`, `at` and the hashes (migration 0007); `accounts/audit.py` writes rows.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_user_id", "user_id", "at", "id"),
        Index("ix_audit_act", "act", "at", "id"),
        Index("ix_audit_subject", "subject_id", "subject_type", "at", "id"),
        Index("ix_audit_area", AREA, postgresql_where=AREA.is_not(None)),
        Index("ix_audit_grid", GRID, postgresql_where=GRID.is_not(None)),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # gapless
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user_id: Mapped[int | None]  # no foreign key: the audit waits for nobody, and outlives whom it names
    act: Mapped[str] = mapped_column(Text)  # "household.seen", "flag.set" …
    subject_type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # never a name or a phone
    previous_hash: Mapped[str] = mapped_column(Text)  # of the row before; empty in the first
    hash: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The one row that says where the chain of the audit ends; only the database's own trigger reads and writes it."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("sole", name="one_row"),)

    sole: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
