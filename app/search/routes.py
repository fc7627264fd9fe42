"""The search."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.access import identity
from app.areas.scope import scope_of
from app.db import Session
from app.search import queries
from app.search.schemas import SearchQuery

bp = APIBlueprint("search", __name__, url_prefix="/api/v1", tag="Search")


@bp.post("/search")
@bp.input(SearchQuery)
@bp.doc(summary="The same, with the words in the body: what a person types may be a phone or a name")
def find_unlogged(json_data: SearchQuery) -> Response:
    """The visible things that match, best first; what was typed stands in no address and so in no log."""
    return _found(json_data)


@bp.get("/search")
@bp.input(SearchQuery, location="query")
@bp.doc(summary="Find areas, grids, compounds, stations and buildings by name, code, address, pinyin or initials")
def find(query_data: SearchQuery) -> Response:
    """The visible things that match, best first."""
    return _found(query_data)


def _found(wanted: SearchQuery) -> Response:
    with Session.begin() as session:
        scope = scope_of(session, identity())
        return jsonify({"results": queries.search(session, scope, wanted.q, limit=wanted.limit)})
