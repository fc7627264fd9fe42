"""Who a request comes from: what Flask-Login calls the current user, read anew for every request."""

from dataclasses import dataclass

from app.accounts.models import Role
from app.accounts.rights import Capability, may


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as they are in the database now; `by_token` where a bearer token named them, not a session."""

    id: int
    name: str
    display_name: str
    role: Role
    area_id: int
    grid_id: int | None
    language: str
    session_epoch: int
    by_token: bool = False

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the session cookie holds: the user, and the epoch that ends all sessions when it is raised."""
        return f"{self.id}.{self.session_epoch}"

    def may(self, capability: Capability) -> bool:
        """Whether this user's role has the capability."""
        return may(self.role, capability)
