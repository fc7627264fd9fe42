"""The pages of one's own account and of everybody's rights."""

from apiflask import APIBlueprint
from flask import render_template

from app.accounts import queries
from app.accounts.access import identity, needs
from app.accounts.desk import CAPABILITIES
from app.accounts.models import Role
from app.accounts.rights import Capability, reach
from app.db import Session

bp = APIBlueprint("desk", __name__, enable_openapi=False)


@bp.get("/account")
@needs(Capability.OWN_ACCOUNT)
def account() -> str:
    """Who I am, and which posts I hold."""
    who = identity()
    with Session.begin() as session:
        posts = [queries.place(session, post) for post in who.posts]
    return render_template("account.html", who=who, posts=posts)


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
    return render_template("rights.html", roles=list(Role), rows=rows, mine=mine)
