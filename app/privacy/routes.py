"""Exports of households: ask, decide, withdraw, download."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from flask_babel import gettext
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session as SqlSession

from app.accounts.access import identity, needs
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import NotFound
from app.features import attachment
from app.privacy import lists, queries, service
from app.privacy.schemas import ExportIn, RefusalIn

OVER = {409: "It is not, or not any more, in the state for this."}
GONE = {404: "There is no such place in your area."}

bp = APIBlueprint("exports", __name__, url_prefix="/api/v1/exports", tag="Exports")


@bp.get("")
@needs(Capability.EXPORT_HOUSEHOLDS)
@bp.doc(summary="My exports, those that wait for my decision, and those that I decided on")
def exports() -> Response:
    """Three lists, newest first."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.APPROVE_EXPORTS)
        found = {
            "mine": queries.mine(session, who.id),
            "to_decide": queries.to_decide(session, who.id, scope),
            "decided": queries.decided(session, who.id),
        }
    return jsonify({name: [as_json(row) for row in rows] for name, rows in found.items()})


@bp.post("")
@needs(Capability.EXPORT_HOUSEHOLDS)
@bp.input(ExportIn)
@bp.doc(
    summary="Ask for a list of households; somebody else has to approve", responses={201: "It waits.", **GONE, **OVER}
)
def ask(json_data: ExportIn) -> tuple[Response, int]:
    """The new export, waiting."""
    who = identity()
    with Session.begin() as session:
        return jsonify(_one(session, who, service.ask(session, who, json_data.wanted()))), 201


@bp.get("/<int:export_id>")
@needs(Capability.EXPORT_HOUSEHOLDS)
@bp.doc(summary="An export of mine, or one that I may decide on")
def export(export_id: int) -> Response:
    """What was asked, and what became of it."""
    with Session.begin() as session:
        return jsonify(_one(session, identity(), export_id))


@bp.post("/<int:export_id>/approve")
@needs(Capability.APPROVE_EXPORTS)
@bp.doc(summary="Approve the export that somebody else asks for", responses=OVER)
def approve(export_id: int) -> Response:
    """The export, open for a day."""
    who = identity()
    with Session.begin() as session:
        service.approve(session, who, export_id)
        return jsonify(_one(session, who, export_id))


@bp.post("/<int:export_id>/refuse")
@needs(Capability.APPROVE_EXPORTS)
@bp.input(RefusalIn)
@bp.doc(summary="Refuse the export that somebody else asks for", responses=OVER)
def refuse(export_id: int, json_data: RefusalIn) -> Response:
    """The export, refused."""
    who = identity()
    with Session.begin() as session:
        service.refuse(session, who, export_id, json_data.reason)
        return jsonify(_one(session, who, export_id))


@bp.post("/<int:export_id>/withdraw")
@needs(Capability.EXPORT_HOUSEHOLDS)
@bp.doc(summary="Withdraw an export of mine", responses=OVER)
def withdraw(export_id: int) -> Response:
    """The export, withdrawn."""
    who = identity()
    with Session.begin() as session:
        service.withdraw(session, who, export_id)
        return jsonify(_one(session, who, export_id))


# A download counts and is audited, so it is no GET that a browser may repeat by itself.
@bp.post("/<int:export_id>/file")
@needs(Capability.EXPORT_HOUSEHOLDS)
@bp.doc(
    summary="Download an approved export of mine: at most three times within a day",
    responses={**OVER, 413: "The list is too long."},
)
def download(export_id: int) -> Response:
    """The list as XLSX or CSV, made anew."""
    return answer(export_id)


def answer(export_id: int) -> Response:
    """The file of one's own approved export; its download is on record before a byte is sent."""
    with Session.begin() as session:
        listed = service.download(session, identity(), export_id)
    made = lists.file(listed, current_app.extensions["sealer"])
    return attachment(made.content, made.media_type, made.name)


def as_json(row: RowMapping) -> dict[str, Any]:
    """An export as the API answers it."""
    values = dict(row)
    for name in ("requested_at", "decided_at", "expires_at"):
        values[name] = values[name] and values[name].isoformat()
    return values


def _one(session: SqlSession, who: Identity, export_id: int) -> dict[str, Any]:
    row = queries.export(session, who.id, scope_of(session, who, Capability.APPROVE_EXPORTS), export_id)
    if row is None:
        raise NotFound(gettext("There is no such export in your area."))
    return as_json(row)
