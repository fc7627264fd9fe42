"""Who a request comes from: what Flask-Login calls the current user, read anew for every request."""

from dataclasses import dataclass
from typing import NamedTuple

from app.accounts.models import Role
from app.accounts.rights import Capability, Reach, may, reach


class Post(NamedTuple):
    """A post that a user holds now: a role in an area, or in one grid of it."""

    role: Role
    area_id: int
    grid_id: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as they are in the database now; `by_token` where a bearer token named them, not a session."""

    id: int
    name: str
    display_name: str
    posts: tuple[Post, ...]
    language: str
    session_epoch: int
    by_token: bool = False

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the session cookie holds: the user, and the epoch that ends all sessions when it is raised."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def post(self) -> Post | None:
        """The post held longest, by which the user is called; None for somebody who holds none now."""
        return self.posts[0] if self.posts else None

    def may(self, capability: Capability) -> bool:
        """Whether a post of this user carries the capability."""
        return capability is Capability.OWN_ACCOUNT or any(may(post.role, capability) for post in self.posts)

    def can(self) -> list[Capability]:
        """Everything this user may do somewhere, in the order of Capability."""
        return [capability for capability in Capability if self.may(capability)]

    def reaches(self, capability: Capability) -> list[tuple[Post, Reach]]:
        """The posts that carry the capability, each with how far."""
        found = ((post, reach(post.role, capability)) for post in self.posts)
        return [(post, far) for post, far in found if far is not None]
