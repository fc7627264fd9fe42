"""The pages of one's own account and of everybody's rights."""

from apiflask import APIBlueprint
from flask import render_template

from app.accounts.access import identity, in_person, needs
from app.accounts.account_page import account_page
from app.accounts.desk import CAPABILITIES
from app.accounts.models import Role
from app.accounts.rights import Capability, reach

bp = APIBlueprint("desk", __name__, enable_openapi=False)


@bp.get("/account")
@needs(Capability.OWN_ACCOUNT)
@in_person
def account() -> str:
    """Who I am, which posts I hold, how I log in, where I am logged in, and my tokens."""
    return account_page()


@bp.get("/rights")
@needs(Capability.OWN_ACCOUNT)
def rights() -> str:
    """The table of rights: what each role may do, and how far from its own place."""
    rows = [
        (label, [(role, reach(role, capability)) for role in Role])
        for capability, label in CAPABILITIES.items()
        if capability is not Capability.OWN_ACCOUNT
    ]
    mine = {post.role for post in identity().posts}
    own_first = sorted(Role, key=lambda role: role not in mine)
    return render_template("rights.html", roles=list(Role), own_first=own_first, rows=rows, mine=mine)
