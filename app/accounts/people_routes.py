"""The API about people and their posts: list, add, disable, first password; grant and end."""

from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask_babel import gettext
from sqlalchemy.orm import Session as SqlSession

from app.accounts import jurisdiction, people, people_queries, posts
from app.accounts.access import identity, needs
from app.accounts.people_queries import Wanted
from app.accounts.people_schemas import PeopleQuery, PersonChange, PersonIn, PostChange, PostIn
from app.accounts.rights import Capability
from app.db import Session
from app.errors import NotFound

bp = APIBlueprint("people", __name__, url_prefix="/api/v1/users", tag="Users and posts")


@bp.get("")
@needs(Capability.SEE_USERS)
@bp.input(PeopleQuery, location="query")
@bp.doc(summary="Users within one's reach, each with the posts in force")
def list_people(query_data: PeopleQuery) -> Response:
    """A page of users by log-in name."""
    wanted = Wanted(query_data.q.strip() or None, query_data.role, query_data.area, query_data.state)
    with Session.begin() as session:
        reach = jurisdiction.reach_of(session, identity(), Capability.SEE_USERS)
        found = people_queries.people(session, reach, wanted, page=query_data.page, limit=query_data.limit)
    more = query_data.page * query_data.limit < found.matched
    links = [{"rel": "next", "href": _page(query_data.page + 1)}] if more else []
    return jsonify({"users": found.shown, "numberMatched": found.matched, "links": links})


@bp.post("")
@needs(Capability.MANAGE_USERS)
@bp.input(PersonIn)
@bp.doc(
    summary="Add somebody who holds no post yet; the first password is told once",
    responses={201: "The user and the password.", 404: "No such area in yours.", 409: "The log-in name is taken."},
)
def add(json_data: PersonIn) -> Response:
    """The new user and their first password: 201."""
    who = identity()
    with Session.begin() as session:
        user, password = people.add(
            session, who, name=json_data.name, display_name=json_data.display_name, area_code=json_data.area
        )
        answer = jsonify({"user": _person(session, user.id), "password": password})
    answer.status_code = 201
    return answer


@bp.get("/<int:user_id>")
@needs(Capability.SEE_USERS)
@bp.doc(summary="A user with all posts within one's reach", responses=[404])
def get_person(user_id: int) -> Response:
    """One user with the posts in force, to come and past, and their places in the staffing of grids."""
    with Session.begin() as session:
        return jsonify(_person(session, user_id))


@bp.put("/<int:user_id>")
@needs(Capability.MANAGE_USERS)
@bp.input(PersonChange)
@bp.doc(summary="Disable somebody, or enable them again", responses=[403, 404, 409])
def change(user_id: int, json_data: PersonChange) -> Response:
    """The user as they are now."""
    act = people.disable if json_data.disabled else people.enable
    with Session.begin() as session:
        act(session, identity(), user_id)
        return jsonify(_person(session, user_id))


@bp.post("/<int:user_id>/password")
@needs(Capability.MANAGE_USERS)
@bp.doc(summary="Give somebody a new first password, told once; their sessions end", responses=[403, 404])
def new_password(user_id: int) -> Response:
    """The password."""
    with Session.begin() as session:
        _, password = people.new_password(session, identity(), user_id)
    return jsonify({"password": password})


@bp.get("/<int:user_id>/posts")
@needs(Capability.SEE_USERS)
@bp.doc(summary="The posts of a user: in force, to come and past", responses=[404])
def list_posts(user_id: int) -> Response:
    """The posts within one's reach by their beginning."""
    with Session.begin() as session:
        return jsonify({"posts": _person(session, user_id)["posts"]})


@bp.post("/<int:user_id>/posts")
@needs(Capability.GRANT_POSTS)
@bp.input(PostIn)
@bp.doc(
    summary="Grant a post to somebody else",
    responses={201: "The post.", 404: "No such user, area or grid in your area.", 409: "Their other posts forbid it."},
)
def grant(user_id: int, json_data: PostIn) -> Response:
    """The post as it was granted: 201."""
    with Session.begin() as session:
        made = posts.grant(
            session,
            identity(),
            user_id,
            json_data.role,
            area=json_data.area,
            grid=json_data.grid,
            term=posts.term(json_data.starts_on, json_data.ends_on),
        )
        answer = jsonify(_post(session, user_id, made.id))
    answer.status_code = 201
    return answer


@bp.put("/<int:user_id>/posts/<int:post_id>")
@needs(Capability.GRANT_POSTS)
@bp.input(PostChange)
@bp.doc(summary="End a post of somebody else after a day", responses=[403, 404, 409])
def end_after(user_id: int, post_id: int, json_data: PostChange) -> Response:
    """The post with its end."""
    with Session.begin() as session:
        posts.end(session, identity(), user_id, post_id, last_day=json_data.ends_on)
        return jsonify(_post(session, user_id, post_id))


@bp.delete("/<int:user_id>/posts/<int:post_id>")
@needs(Capability.GRANT_POSTS)
@bp.doc(
    summary="End a post of somebody else now; it stays on record",
    responses={204: "It has ended.", 409: "It has ended already, or nobody would be left with its role."},
)
def end_now(user_id: int, post_id: int) -> Response:
    """Nothing: 204."""
    with Session.begin() as session:
        posts.end(session, identity(), user_id, post_id)
    return Response(status=204)


def _person(session: SqlSession, user_id: int) -> dict[str, Any]:
    """The user as `identity()` may see them; NotFound where they may not."""
    reach = jurisdiction.reach_of(session, identity(), Capability.SEE_USERS)
    found = people_queries.person(session, reach, user_id)
    if found is None:
        raise NotFound(gettext("There is no such user in your area."))
    return found


def _post(session: SqlSession, user_id: int, post_id: int) -> dict[str, Any]:
    return next(post for post in _person(session, user_id)["posts"] if post["id"] == post_id)


def _page(number: int) -> str:
    return f"{request.path}?{urlencode({**request.args.to_dict(), 'page': number})}"
