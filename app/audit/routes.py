"""The auditor's page, and the audit as JSON and as files. Every read is on record itself."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response, current_app, flash, jsonify, redirect, render_template, stream_with_context, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as Redirect

from app.accounts.access import identity, needs
from app.accounts.anchors import Anchors
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.audit import queries, service, view
from app.audit.acts import SUBJECTS, title
from app.audit.export import MEDIA_TYPES, fields, lines
from app.audit.queries import Filters, Row
from app.audit.schemas import ExportIn, PageIn
from app.days import CHINA
from app.db import Session

PAGE = 50  # rows
URL_NAMES = {"since": "from", "until": "to"}
"""Filters that have another name in an address, as `from` is not one of Python's."""

pages = APIBlueprint("audit_pages", __name__, enable_openapi=False)
bp = APIBlueprint("audit", __name__, url_prefix="/api/v1", tag="Audit")


@pages.get("/audit")
@needs(Capability.SEE_AUDIT)
@pages.input(PageIn, location="query")
def index(query_data: PageIn) -> str:
    """Who did or saw what, newest first, and how the chain stands."""
    who, filters = identity(), query_data.filters()
    with Session.begin() as session:
        scope_of(session, who, Capability.SEE_AUDIT)
        found = queries.page(session, filters, after=query_data.after, limit=PAGE + 1)
        now = service.status(session, _anchors())
        shown = {
            "days": view.days(session, found[:PAGE]),
            "older": found[PAGE - 1].id if len(found) > PAGE else None,
            "status": now,
            "alarms": service.alarms(session, now),
            "people": queries.people(session),
            "acts": sorted((title(act), act) for act in queries.acts(session)),
        }
        service.note_reading(session, who, filters)
    words = {
        "moment": view.moment,
        "in_url": in_url,
        "act_title": title,
        "subjects": SUBJECTS,
        "newest": service.NEWEST,
    }
    return render_template("audit.html", asked=filters, after=query_data.after, **shown, **words)


@pages.post("/audit/verify")
@needs(Capability.SEE_AUDIT)
def verify() -> Redirect:
    """Verify the newest rows, then the page with what was found."""
    who = identity()
    with Session.begin() as session:
        scope_of(session, who, Capability.SEE_AUDIT)
        report = service.verify_and_note(session, who, _anchors())
    if report.sound:
        told = ngettext(
            "%(rows)s row verified: nothing was changed.",
            "%(rows)s rows verified: nothing was changed.",
            report.rows,
            rows=f"{report.rows:,}",
        )
        flash(told, "good")
    else:
        flash(gettext("The audit is bent: %(what)s.", what=service.describe(report.findings[0])), "bad")
    return redirect(url_for("audit_pages.index"))


@bp.get("/audit")
@needs(Capability.SEE_AUDIT)
@bp.input(PageIn, location="query")
@bp.doc(summary="The audit, newest first")
def rows(query_data: PageIn) -> Response:
    """Rows of the audit by day, person, act, subject and area; `next_after` leads to the page that follows."""
    who, filters = identity(), query_data.filters()
    with Session.begin() as session:
        scope_of(session, who, Capability.SEE_AUDIT)
        found = queries.page(session, filters, after=query_data.after, limit=query_data.limit + 1)
        service.note_reading(session, who, filters)
    shown = found[: query_data.limit]
    more = shown[-1].id if len(found) > query_data.limit else None
    return jsonify({"rows": [{**fields(row), "detail": json.loads(row.detail)} for row in shown], "next_after": more})


@bp.get("/audit/export")
@needs(Capability.SEE_AUDIT)
@bp.input(ExportIn, location="query")
@bp.doc(summary="The audit as a file: CSV for a spreadsheet, or a JSON object a line")
def export(query_data: ExportIn) -> Response:
    """All rows of the filters, newest first, sent as they are read."""
    who, filters, form = identity(), query_data.filters(), query_data.format
    with Session.begin() as session:
        service.note_reading(session, who, filters, "audit.exported")
    made = stream_with_context(lines(_every(who, filters), form))
    response = Response(made, mimetype=MEDIA_TYPES[form])
    day = datetime.now(UTC).astimezone(CHINA)
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{day:%Y%m%d-%H%M}.{form}"'
    return response


def in_url(filters: Filters) -> dict[str, str]:
    """The filters as the arguments of an address."""
    return {URL_NAMES.get(name, name): value for name, value in filters.given.items()}


def _every(who: Identity, filters: Filters) -> Iterator[Row]:
    """All rows, in a transaction of their own that lasts as long as they are sent."""
    with Session.begin() as session:
        scope_of(session, who, Capability.SEE_AUDIT)
        yield from queries.every(session, filters)


def _anchors() -> Anchors:
    anchors: Anchors = current_app.extensions["anchors"]
    return anchors
