"""The desk: pages about people and rights, for who does not need a map. One frame, one list of its pages."""

from typing import NamedTuple

from apiflask import APIFlask
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.accounts.access import identity
from app.accounts.models import Role
from app.accounts.rights import Capability, Reach
from gis.city import PostRole

ROLES: dict[Role, LazyString] = {
    Role.GRID_WORKER: _("Grid worker"),
    Role.GRID_LEADER: _("Grid leader"),
    Role.COMMUNITY_STAFF: _("Community staff"),
    Role.SUBDISTRICT_STAFF: _("Subdistrict staff"),
    Role.COORDINATOR: _("Emergency coordinator"),
    Role.PLANNER: _("Grid planner"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.SECURITY_OFFICER: _("Security officer"),
    Role.AUDITOR: _("Auditor"),
    Role.API_CLIENT: _("API client"),
}

CAPABILITIES: dict[Capability, LazyString] = {
    Capability.OWN_ACCOUNT: _("Look after one's own account"),
    Capability.SEE_MAP: _("See the map: grids, buildings, stations, routes"),
    Capability.SEE_HOUSEHOLDS: _("See households and their flags, names and phones masked"),
    Capability.UNMASK_HOUSEHOLDS: _("Show a name and a phone, for a reason"),
    Capability.SET_FLAGS: _("Set the flags of a household"),
    Capability.EXPORT_HOUSEHOLDS: _("Ask for a list of households as a file"),
    Capability.APPROVE_EXPORTS: _("Approve the export that somebody else asks for"),
    Capability.SEE_INCIDENTS: _("See incidents"),
    Capability.REPORT_INCIDENTS: _("Report incidents"),
    Capability.SEE_RESPONSE: _("Draw response zones"),
    Capability.PLAN_RESPONSE: _("Reckon coverage, what-if scenarios and new sites"),
    Capability.BE_ON_DUTY: _("Be on duty, and let one's own position be known meanwhile"),
    Capability.SEE_ON_DUTY: _("See who is on duty, and where they were last"),
    Capability.REDRAW_GRIDS: _("Draft plans of grids, split and merge blocks"),
    Capability.APPROVE_PLANS: _("Approve a plan of grids that somebody else submits"),
    Capability.EDIT_PATROLS: _("Change patrol routes"),
    Capability.EDIT_SPEEDS: _("Change the speeds on roads"),
    Capability.EDIT_CLIMBS: _("Say how long a building's stairs and lift take"),
    Capability.MAKE_WALLMAP: _("Make wall maps"),
    Capability.SEE_USERS: _("See users and their posts"),
    Capability.MANAGE_USERS: _("Add and disable users"),
    Capability.GRANT_POSTS: _("Grant and end posts, but not one's own"),
    Capability.SEE_AUDIT: _("Read the audit"),
}

REACHES: dict[Reach, LazyString] = {
    Reach.GRID: _("own grid"),
    Reach.AREA: _("own community"),
    Reach.BELOW: _("own area and below"),
    Reach.ANYWHERE: _("anywhere"),
}

STAFFING: dict[PostRole, LazyString] = {
    PostRole.INSTRUCTOR: _("Grid instructor"),
    PostRole.LEADER: _("Grid leader"),
    PostRole.FULL_TIME_WORKER: _("Full-time grid worker"),
    PostRole.PART_TIME_WORKER: _("Part-time grid worker"),
}
"""The places in the 1+1+1+2 staffing of a grid."""


class DeskPage(NamedTuple):
    """A page of the desk: its endpoint, what it is called, and what it takes to see it."""

    endpoint: str
    label: LazyString
    capability: Capability


PAGES = (
    DeskPage("pages.map_page", _("Map"), Capability.SEE_MAP),
    DeskPage("exports_desk.page", _("Exports"), Capability.EXPORT_HOUSEHOLDS),
    DeskPage("calibration_pages.page", _("Calibration"), Capability.EDIT_SPEEDS),
    DeskPage("people_pages.index", _("Users and posts"), Capability.SEE_USERS),
    DeskPage("desk.account", _("My account"), Capability.OWN_ACCOUNT),
    DeskPage("desk.rights", _("Rights"), Capability.OWN_ACCOUNT),
    DeskPage("audit_pages.index", _("Audit"), Capability.SEE_AUDIT),
)
"""The pages of the desk in the order of their menu. A slice that brings a page adds its line here."""

HOMES = (Capability.SEE_AUDIT, Capability.SEE_USERS)
"""Who may not see the map begins at the first page of PAGES that needs one of these, else at their own account."""


def install(app: APIFlask) -> None:
    """Give the templates the words and the menu of the desk."""
    app.jinja_env.globals.update(
        desk_pages=pages,
        may_do=may_do,
        role_word=ROLES.__getitem__,
        reach_word=REACHES.__getitem__,
        staffing_word=STAFFING.__getitem__,
    )
    app.jinja_env.filters["capability_word"] = CAPABILITIES.__getitem__


def may_do(capability: Capability) -> bool:
    """Whether the user of this request has the capability."""
    return identity().may(capability)


def pages() -> list[DeskPage]:
    """The pages that the user of this request may see."""
    who = identity()
    return [page for page in PAGES if who.may(page.capability)]


def home() -> str:
    """The endpoint of the page at which the user of this request begins."""
    mine = {page.capability: page.endpoint for page in reversed(pages())}
    wanted = (Capability.SEE_MAP, *HOMES)
    return next((mine[capability] for capability in wanted if capability in mine), "desk.account")
