"""The pages "Users and posts": the list, one person with a form that grants posts, somebody new, the end of a post."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date, gettext
from sqlalchemy.orm import Session as SqlSession
from werkzeug.wrappers import Response as Redirect

from app.accounts import jurisdiction, people, people_queries, posts
from app.accounts.access import identity, needs
from app.accounts.desk import ROLES
from app.accounts.models import Role
from app.accounts.people_queries import Wanted
from app.accounts.rights import IN_A_GRID, Capability
from app.db import Session
from app.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from app.i18n import TIMEZONE

ON_A_PAGE = 50  # people
LONGEST_SEARCH = 100  # characters
MOST_PAGES = 10_000
Page = tuple[str, int]

bp = APIBlueprint("people_pages", __name__, url_prefix="/people", enable_openapi=False)


@bp.get("")
@needs(Capability.SEE_USERS)
def index() -> str:
    """The people within one's reach, a page of them."""
    asked = {name: request.args.get(name, "").strip()[:LONGEST_SEARCH] for name in ("q", "role", "area", "state")}
    wanted = Wanted(*(value or None for value in asked.values()))
    number = request.args.get("page", 1, type=int)
    number = min(max(number, 1), MOST_PAGES)
    with Session.begin() as session:
        reach = jurisdiction.reach_of(session, identity(), Capability.SEE_USERS)
        found = people_queries.people(session, reach, wanted, page=number, limit=ON_A_PAGE)
        tree = people_queries.tree(session, reach)
    return render_template(
        "people.html",
        people=found.shown,
        matched=found.matched,
        first=(number - 1) * ON_A_PAGE + 1,
        page=number,
        more=number * ON_A_PAGE < found.matched,
        asked=asked,
        query={name: value for name, value in asked.items() if value},
        tree=tree,
        roles=list(Role),
    )


@bp.get("/new")
@needs(Capability.MANAGE_USERS)
def new() -> str:
    """The form for somebody new."""
    return _new({})


@bp.post("/new")
@needs(Capability.MANAGE_USERS)
def add() -> Page:
    """The first password of the new person, told once; the form again where something is not right."""
    form = _form()
    try:
        with Session.begin() as session:
            user, password = people.add(
                session,
                identity(),
                name=form.get("name", ""),
                display_name=form.get("display_name", ""),
                area_code=form.get("area", ""),
            )
    except DomainError as error:
        return _new(form, error), error.status
    return render_template("person_password.html", user=user, password=password, is_new=True), 201


@bp.get("/<int:user_id>")
@needs(Capability.SEE_USERS)
def person(user_id: int) -> str:
    """One person: who they are, what they hold and held, and the form that grants a post."""
    return _person(user_id, {})


@bp.post("/<int:user_id>")
@needs(Capability.GRANT_POSTS)
def grant(user_id: int) -> Page | Redirect:
    """The person with the granted post; the form again where something is not right."""
    form = _form()
    try:
        term = posts.term(_day(form, "starts_on"), _day(form, "ends_on"))
        with Session.begin() as session:
            made = posts.grant(
                session,
                identity(),
                user_id,
                form.get("role", ""),
                area=form.get("area", ""),
                grid=form.get("grid"),
                term=term,
            )
    except DomainError as error:
        _raise_about_the_person(error)
        return _person(user_id, form, error), error.status
    role = ROLES[Role(made.role)]
    if term.starts_at is None:
        said = gettext("%(role)s: the post is granted. It counts from the next click on.", role=role)
    else:
        day = format_date(term.starts_at.date())
        said = gettext("%(role)s: the post is granted. It counts from %(day)s on.", role=role, day=day)
    flash(said, "good")
    return redirect(url_for(".person", user_id=user_id))


@bp.get("/<int:user_id>/posts/<int:post_id>/end")
@needs(Capability.GRANT_POSTS)
def ending(user_id: int, post_id: int) -> str:
    """The question whether, and when, a post ends."""
    return _ending(user_id, post_id, {})


@bp.post("/<int:user_id>/posts/<int:post_id>/end")
@needs(Capability.GRANT_POSTS)
def end(user_id: int, post_id: int) -> Page | Redirect:
    """The person without the post; the question again where the day is not right."""
    form = _form()
    try:
        last_day = _day(form, "ends_on", required=True) if form.get("when") == "day" else None
        with Session.begin() as session:
            before = _post(_facts(session, user_id), post_id)
            posts.end(session, identity(), user_id, post_id, last_day=last_day)
    except Invalid as error:
        return _ending(user_id, post_id, form, error), error.status
    except Conflict as error:
        flash(str(error.message), "bad")
        return redirect(url_for(".person", user_id=user_id))
    if last_day:
        flash(gettext("The post ends after %(day)s.", day=format_date(last_day)), "good")
        return redirect(url_for(".person", user_id=user_id))
    until = _last_day(before["ends_at"])
    return redirect(url_for(".person", user_id=user_id, ended=post_id, until=until))


@bp.post("/<int:user_id>/disable")
@needs(Capability.MANAGE_USERS)
def disable(user_id: int) -> Redirect:
    """The person, disabled."""
    said = gettext(
        "Disabled: this person is logged out everywhere and can no longer log in. Their posts stay on record."
    )
    return _set_disabled(user_id, disabled=True, said=said)


@bp.post("/<int:user_id>/enable")
@needs(Capability.MANAGE_USERS)
def enable(user_id: int) -> Redirect:
    """The person, enabled."""
    return _set_disabled(user_id, disabled=False, said=gettext("Enabled: this person can log in again."))


@bp.post("/<int:user_id>/password")
@needs(Capability.MANAGE_USERS)
def new_password(user_id: int) -> str:
    """A new first password, told once."""
    with Session.begin() as session:
        user, password = people.new_password(session, identity(), user_id)
    return render_template("person_password.html", user=user, password=password, is_new=False)


def _set_disabled(user_id: int, *, disabled: bool, said: str) -> Redirect:
    try:
        with Session.begin() as session:
            (people.disable if disabled else people.enable)(session, identity(), user_id)
        flash(said, "good")
    except Conflict as error:
        flash(str(error.message), "bad")
    return redirect(url_for(".person", user_id=user_id))


def _new(form: dict[str, str], error: DomainError | None = None) -> str:
    with Session.begin() as session:
        reach = jurisdiction.reach_of(session, identity(), Capability.MANAGE_USERS)
        tree = people_queries.tree(session, reach)
    return render_template("person_new.html", form=form, error=error, tree=tree)


def _person(user_id: int, form: dict[str, str], error: DomainError | None = None) -> str:
    """The page of a person, with what the grant form holds and what is wrong with it."""
    who = identity()
    with Session.begin() as session:
        facts = _facts(session, user_id)
        user = jurisdiction.find(session, who, user_id)
        is_me = user_id == who.id
        may_grant = who.may(Capability.GRANT_POSTS) and not is_me
        choices = _choices(session) if may_grant and facts["disabled_at"] is None else {}
        may_manage = who.may(Capability.MANAGE_USERS) and not is_me and jurisdiction.is_ours(session, who, user)
    groups = {state: [post for post in facts["posts"] if post["state"] == state] for state in ("in_force", "to_come")}
    past = [post for post in reversed(facts["posts"]) if post["state"] == "past"]
    return render_template(
        "person.html",
        person=facts,
        groups={**groups, "past": past},
        ended=_ended(past),
        is_me=is_me,
        may_grant=may_grant,
        may_manage=may_manage,
        form=form,
        error=error,
        today=datetime.now(TIMEZONE).date(),
        last_day=_last_day,
        **choices,
    )


def _choices(session: SqlSession) -> dict[str, Any]:
    """What the grant form offers: roles, areas and grids within one's reach."""
    who = identity()
    reach = jurisdiction.reach_of(session, who, Capability.GRANT_POSTS)
    return {
        "roles": posts.grantable(session, who),
        "in_a_grid": IN_A_GRID,
        "tree": people_queries.tree(session, reach),
        "grids": people_queries.grids(session, reach),
    }


def _ended(past: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The post that was ended just now, with what its holder would be granted again; None where none was."""
    number = request.args.get("ended", type=int)
    post = next((post for post in past if post["id"] == number), None)
    if post is None:
        return None
    starts_on = post["starts_at"].astimezone(TIMEZONE).date() if post["starts_at"] > datetime.now(UTC) else None
    until = None
    with suppress(ValueError):
        until = date.fromisoformat(request.args.get("until", ""))
    return {**post, "starts_on": starts_on, "ends_on": until}


def _ending(user_id: int, post_id: int, form: dict[str, str], error: DomainError | None = None) -> str:
    with Session.begin() as session:
        facts = _facts(session, user_id)
    if user_id == identity().id:
        raise Forbidden(gettext("Nobody grants or ends a post of their own. Another security officer can do this."))
    post = _post(facts, post_id)
    return render_template(
        "person_post_end.html",
        person=facts,
        post=post,
        form=form,
        error=error,
        today=datetime.now(TIMEZONE).date(),
        last_day=_last_day,
    )


def _facts(session: SqlSession, user_id: int) -> dict[str, Any]:
    """The person and their posts; NotFound where they are out of one's reach."""
    reach = jurisdiction.reach_of(session, identity(), Capability.SEE_USERS)
    found = people_queries.person(session, reach, user_id)
    if found is None:
        raise NotFound(gettext("There is no such user in your area."))
    return found


def _post(facts: dict[str, Any], post_id: int) -> dict[str, Any]:
    for post in facts["posts"]:
        if post["id"] == post_id:
            return dict(post)
    raise NotFound(gettext("There is no such post in your area."))


def _form() -> dict[str, str]:
    """The filled fields of the form; Invalid for a text that no table can hold."""
    filled = {name: value.strip() for name, value in request.form.items() if value.strip()}
    if any("\0" in value for value in filled.values()):
        raise Invalid(gettext("A text may not hold a NUL character."))
    return filled


def _day(form: dict[str, str], field: str, *, required: bool = False) -> date | None:
    """The day in a field; None where it is empty and may be. Invalid where it is none."""
    if field not in form and not required:
        return None
    try:
        return date.fromisoformat(form.get(field, ""))
    except ValueError:
        raise Invalid(gettext("Write a day like 2026-05-01."), field=field) from None


def _last_day(ends_at: datetime | None) -> date | None:
    """The last day of a post that ends at this instant, which is the first after it; None where it does not end."""
    return (ends_at - timedelta(microseconds=1)).astimezone(TIMEZONE).date() if ends_at else None


def _raise_about_the_person(error: DomainError) -> None:
    """Raise what no field of a form can mend: the person is not there, or not for this user."""
    if error.field is None and isinstance(error, NotFound | Forbidden):
        raise error
