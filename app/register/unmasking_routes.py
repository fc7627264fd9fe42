"""A household's name and phone, shown for a reason; and households found by the end of a phone.

What is asked and what is answered stands in bodies: no address, no cache and no log holds any of it.
"""

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from flask_babel import ngettext

from app.accounts.access import identity, needs
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import TooMany
from app.register.quota import QUOTA, Blocked
from app.register.schemas import PhoneTailIn, UnmaskIn
from app.register.unmasking import find, unmask

bp = APIBlueprint("unmasking", __name__, url_prefix="/api/v1/households", tag="Register")


@bp.post("/<int:household_id>/unmask")
@needs(Capability.UNMASK_HOUSEHOLDS)
@bp.input(UnmaskIn)
@bp.doc(summary="The name and phone of a household, for a reason that is kept on record")
def unmask_household(household_id: int, json_data: UnmaskIn) -> Response:
    """The contact of a household in full; 429 after so and so many in an hour."""
    who, sealer = identity(), current_app.extensions["sealer"]
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.UNMASK_HOUSEHOLDS)
        shown = unmask(session, sealer, scope, who, household_id, reason=json_data.reason, note=json_data.note)
    # Told after the transaction: that somebody was blocked is on record whatever the answer.
    if isinstance(shown, Blocked):
        raise too_many(shown)
    return jsonify(shown._asdict())


@bp.post("/find")
@needs(Capability.SEE_HOUSEHOLDS)
@bp.input(PhoneTailIn)
@bp.doc(summary="Find households by the last four digits of their phone")
def find_households(json_data: PhoneTailIn) -> Response:
    """Visible households, masked, each with its place; 429 after so and so many in an hour."""
    who, sealer = identity(), current_app.extensions["sealer"]
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.SEE_HOUSEHOLDS)
        found = find(session, sealer, scope, who, json_data.phone_tail)
    if isinstance(found, Blocked):
        raise too_many(found)
    households, more = found
    return jsonify({"households": households, "more": more})


def too_many(blocked: Blocked) -> TooMany:
    """The error that says when one more is free."""
    sentence = ngettext(
        "This may be done %(quota)d times an hour. You can do it again in %(minutes)d minute.",
        "This may be done %(quota)d times an hour. You can do it again in %(minutes)d minutes.",
        blocked.minutes,
        quota=QUOTA[blocked.act],
        minutes=blocked.minutes,
    )
    return TooMany(sentence, extra={"retry_after": blocked.seconds})
