"""The page of one's own account."""

from typing import NamedTuple

from flask import render_template

from app.accounts import identities, oidc, queries, second_factor, sessions, tokens
from app.accounts.access import identity
from app.accounts.desk import CAPABILITIES
from app.accounts.rights import SECOND_FACTOR, Capability
from app.db import Session


class NewToken(NamedTuple):
    """A token just made, shown this once."""

    name: str
    secret: str


def account_page(new_token: NewToken | None = None) -> str:
    """The page, with a new token on it where there is one."""
    who, provider = identity(), oidc.provider()
    with Session.begin() as session:
        return render_template(
            "account.html",
            who=who,
            posts=queries.held(session, who.id),
            enrolled=second_factor.is_enrolled(session, who),
            required=who.holds(SECOND_FACTOR),
            codes_left=second_factor.codes_left(session, who),
            provider=provider.name if provider else None,
            connected=identities.connected(session, who.id, provider.issuer) if provider else None,
            sessions=sessions.open_ones(session, who.id, sessions.limits()),
            tokens=tokens.of_user(session, who.id),
            new_token=new_token,
            capabilities={one: CAPABILITIES[one] for one in who.can() if one is not Capability.OWN_ACCOUNT},
            longest_name=tokens.LONGEST_NAME,
            longest_days=tokens.LONGEST_DAYS,
        )
