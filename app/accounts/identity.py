"""Who a request comes from: what Flask-Login calls the current user, read anew for every request."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from app.accounts.models import Role
from app.accounts.rights import Capability, Reach, may, reach


class Post(NamedTuple):
    """A post that a user holds now: a role in an area, or in one grid of it."""

    role: Role
    area_id: int
    grid_id: int | None = None


class Step(StrEnum):
    """What is still missing of a log-in; nothing else opens before."""

    CODE = "code"  # of the authenticator app that the user has
    PASSWORD = "password"  # noqa: S105 (a new one, instead of one that somebody else chose)
    ENROLMENT = "enrolment"  # of an authenticator app, for a role that needs one


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as they are in the database now; `by_token` where a bearer token named them, not a session."""

    id: int
    name: str
    display_name: str
    posts: tuple[Post, ...]
    language: str
    by_token: bool = False
    scopes: frozenset[Capability] | None = None  # what the token is for; None: all that its user may
    session_id: int | None = None
    missing: Step | None = None

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def post(self) -> Post | None:
        """The post held longest, by which the user is called; None for somebody who holds none now."""
        return self.posts[0] if self.posts else None

    def may(self, capability: Capability) -> bool:
        """Whether a post of this user carries the capability, and their token is for it."""
        if capability is Capability.OWN_ACCOUNT:
            return True
        return self._in_scope(capability) and any(may(post.role, capability) for post in self.posts)

    def can(self) -> list[Capability]:
        """Everything this user may do somewhere, in the order of Capability."""
        return [capability for capability in Capability if self.may(capability)]

    def reaches(self, capability: Capability) -> list[tuple[Post, Reach]]:
        """The posts that carry the capability, each with how far."""
        if not self._in_scope(capability):
            return []
        found = ((post, reach(post.role, capability)) for post in self.posts)
        return [(post, far) for post, far in found if far is not None]

    def holds(self, roles: frozenset[Role]) -> bool:
        """Whether one of the posts has one of the roles."""
        return any(post.role in roles for post in self.posts)

    @property
    def is_program(self) -> bool:
        """Whether this is no person: it has tokens, and neither password nor sessions."""
        return self.holds(frozenset({Role.API_CLIENT}))

    def in_session(self, number: int, missing: Step | None) -> "Identity":
        """The same user in this session, in which something may be missing of the log-in."""
        return replace(self, session_id=number, missing=missing)

    def with_token(self, scopes: frozenset[Capability] | None) -> "Identity":
        """The same user, named by a token for these capabilities."""
        return replace(self, by_token=True, scopes=scopes)

    def _in_scope(self, capability: Capability) -> bool:
        return self.scopes is None or capability in self.scopes
