"""Duty: say that one is on it, send one's position meanwhile, and see who else is."""

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, jsonify
from sqlalchemy.orm import Session as SqlSession

from app.accounts.access import identity, needs
from app.accounts.leaving import leaving
from app.accounts.rights import Capability
from app.db import Session
from app.privacy import duty
from app.privacy.schemas import DutyIn, PositionIn

bp = APIBlueprint("duty", __name__, url_prefix="/api/v1", tag="Duty")


def install(_app: APIFlask) -> None:
    """End the duty of whoever logs out."""
    leaving.connect(_leave)


@bp.get("/me/duty")
@needs(Capability.BE_ON_DUTY)
@bp.doc(summary="Whether I am on duty")
def get_duty() -> Response:
    """Since when, and when it ends by itself."""
    with Session.begin() as session:
        return jsonify(_as_json(duty.since(session, identity())))


@bp.put("/me/duty")
@needs(Capability.BE_ON_DUTY)
@bp.input(DutyIn)
@bp.doc(summary="Go on duty, or off: it ends by itself with the log-out and after 12 hours")
def put_duty(json_data: DutyIn) -> Response:
    """Since when, and when it ends by itself."""
    who = identity()
    with Session.begin() as session:
        if json_data.on:
            duty.start(session, who)
        else:
            duty.end(session, who.id)
        return jsonify(_as_json(duty.since(session, who)))


@bp.put("/me/position")
@needs(Capability.BE_ON_DUTY)
@bp.input(PositionIn)
@bp.doc(
    summary="Where I am, while on duty; it replaces the last place and is deleted when the duty ends",
    responses={204: "It is kept.", 404: "The place lies outside your area.", 409: "You are not on duty."},
)
def put_position(json_data: PositionIn) -> Response:
    """Nothing."""
    with Session.begin() as session:
        duty.move(session, identity(), json_data.lon, json_data.lat)
    return Response(status=204)


@bp.get("/on-duty")
@needs(Capability.SEE_ON_DUTY)
@bp.doc(summary="Who is on duty in my area, and where they were last")
def on_duty() -> Response:
    """Display name, role, since when, last position and its age in seconds; the newest position first."""
    with Session.begin() as session:
        found = duty.on_duty(session, identity())
    people = []
    for row in found:
        values: dict[str, Any] = dict(row)
        place = {name: values.pop(name) for name in ("at", "age", "lon", "lat")}
        position = {**place, "at": place["at"].isoformat()} if place["at"] else None
        people.append({**values, "since": values["since"].isoformat(), "position": position})
    return jsonify({"people": people})


def _as_json(since: datetime | None) -> dict[str, Any]:
    until = since and since + duty.LONGEST
    return {
        "on": since is not None,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
    }


def _leave(session: SqlSession, user_id: int) -> None:
    """End the duty of the user who logs out."""
    duty.end(session, user_id)
