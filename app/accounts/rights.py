"""Who may do what, and how far from their own place: one table of capabilities and roles.

`app.areas.scope` turns a reach into communities and grids. The table is shown to people on the page /rights.
"""

from enum import StrEnum

from app.accounts.models import Role


class Capability(StrEnum):
    """Something that a role may be allowed to do."""

    OWN_ACCOUNT = "account.own"  # one's own account: everybody who is logged in, with or without a post
    SEE_MAP = "map.see"  # areas, grids, buildings, stations, routes, incidents as dots, counts of households
    SEE_HOUSEHOLDS = "households.see"  # who lives where, and their flags; names and phones masked
    UNMASK_HOUSEHOLDS = "households.unmask"  # a name and a phone, for a reason
    SET_FLAGS = "flags.set"
    EXPORT_HOUSEHOLDS = "households.export"  # ask for a list of households as a file
    APPROVE_EXPORTS = "exports.approve"  # of somebody else
    SEE_INCIDENTS = "incidents.see"
    REPORT_INCIDENTS = "incidents.report"
    SEE_RESPONSE = "response.see"
    PLAN_RESPONSE = "response.plan"  # coverage, what if, siting: for whole areas, with lists of counts
    BE_ON_DUTY = "duty.be"  # one's own position is known while one says so
    SEE_ON_DUTY = "duty.see"  # who is on duty, and where they were last
    REDRAW_GRIDS = "grids.redraw"  # drafts of plans, blocks split and merged; nothing is in force by it
    APPROVE_PLANS = "plans.approve"  # of somebody else
    EDIT_PATROLS = "patrols.edit"
    EDIT_SPEEDS = "speeds.edit"
    EDIT_CLIMBS = "climbs.edit"  # how long a building's own stairs and lift take
    MAKE_WALLMAP = "wallmap.make"
    SEE_USERS = "users.see"  # who there is, and who holds which post
    MANAGE_USERS = "users.manage"  # add, disable, new password
    GRANT_POSTS = "posts.grant"  # to others
    SEE_AUDIT = "audit.see"


class Reach(StrEnum):
    """How far from the place of a post a capability carries."""

    GRID = "grid"  # the post's own grid; its community where the post has no grid
    AREA = "area"  # the community of the post
    BELOW = "below"  # the post's area and everything in it
    ANYWHERE = "anywhere"


GRID, AREA, BELOW, ANYWHERE = Reach

RIGHTS: dict[Role, dict[Capability, Reach]] = {
    Role.GRID_WORKER: {
        Capability.SEE_MAP: AREA,
        Capability.SEE_HOUSEHOLDS: GRID,
        Capability.UNMASK_HOUSEHOLDS: GRID,
        Capability.SET_FLAGS: GRID,
        Capability.SEE_INCIDENTS: AREA,
        Capability.REPORT_INCIDENTS: AREA,
        Capability.SEE_RESPONSE: AREA,
        Capability.BE_ON_DUTY: AREA,
        Capability.EDIT_PATROLS: GRID,
        Capability.EDIT_CLIMBS: GRID,
        Capability.MAKE_WALLMAP: AREA,
    },
    Role.GRID_LEADER: {
        Capability.SEE_MAP: AREA,
        Capability.SEE_HOUSEHOLDS: GRID,
        Capability.UNMASK_HOUSEHOLDS: GRID,
        Capability.SET_FLAGS: GRID,
        Capability.SEE_INCIDENTS: AREA,
        Capability.REPORT_INCIDENTS: AREA,
        Capability.SEE_RESPONSE: AREA,
        Capability.BE_ON_DUTY: AREA,
        Capability.SEE_ON_DUTY: AREA,
        Capability.EDIT_PATROLS: GRID,
        Capability.EDIT_CLIMBS: GRID,
        Capability.MAKE_WALLMAP: AREA,
    },
    Role.COMMUNITY_STAFF: {
        Capability.SEE_MAP: AREA,
        Capability.SEE_HOUSEHOLDS: AREA,
        Capability.UNMASK_HOUSEHOLDS: AREA,
        Capability.SET_FLAGS: AREA,
        Capability.EXPORT_HOUSEHOLDS: AREA,
        Capability.APPROVE_EXPORTS: AREA,
        Capability.SEE_INCIDENTS: AREA,
        Capability.REPORT_INCIDENTS: AREA,
        Capability.SEE_RESPONSE: AREA,
        Capability.PLAN_RESPONSE: AREA,
        Capability.BE_ON_DUTY: AREA,
        Capability.SEE_ON_DUTY: AREA,
        Capability.REDRAW_GRIDS: AREA,
        Capability.EDIT_PATROLS: AREA,
        Capability.EDIT_CLIMBS: AREA,
        Capability.MAKE_WALLMAP: AREA,
    },
    Role.SUBDISTRICT_STAFF: {
        Capability.SEE_MAP: BELOW,
        Capability.SEE_HOUSEHOLDS: BELOW,
        Capability.UNMASK_HOUSEHOLDS: BELOW,
        Capability.SET_FLAGS: BELOW,
        Capability.EXPORT_HOUSEHOLDS: BELOW,
        Capability.APPROVE_EXPORTS: BELOW,
        Capability.SEE_INCIDENTS: BELOW,
        Capability.REPORT_INCIDENTS: BELOW,
        Capability.SEE_RESPONSE: BELOW,
        Capability.PLAN_RESPONSE: BELOW,
        Capability.BE_ON_DUTY: BELOW,
        Capability.SEE_ON_DUTY: BELOW,
        Capability.REDRAW_GRIDS: BELOW,
        Capability.APPROVE_PLANS: BELOW,
        Capability.EDIT_PATROLS: BELOW,
        Capability.EDIT_CLIMBS: BELOW,
        Capability.MAKE_WALLMAP: BELOW,
    },
    Role.COORDINATOR: {
        Capability.SEE_MAP: BELOW,
        Capability.SEE_HOUSEHOLDS: BELOW,
        Capability.UNMASK_HOUSEHOLDS: BELOW,
        Capability.SET_FLAGS: BELOW,
        Capability.EXPORT_HOUSEHOLDS: BELOW,
        Capability.SEE_INCIDENTS: BELOW,
        Capability.REPORT_INCIDENTS: BELOW,
        Capability.SEE_RESPONSE: BELOW,
        Capability.PLAN_RESPONSE: BELOW,
        Capability.BE_ON_DUTY: BELOW,
        Capability.SEE_ON_DUTY: BELOW,
        Capability.EDIT_PATROLS: BELOW,
        Capability.EDIT_CLIMBS: BELOW,
        Capability.MAKE_WALLMAP: BELOW,
    },
    Role.PLANNER: {
        Capability.SEE_MAP: BELOW,
        Capability.SEE_INCIDENTS: BELOW,
        Capability.REPORT_INCIDENTS: BELOW,
        Capability.SEE_RESPONSE: BELOW,
        Capability.PLAN_RESPONSE: BELOW,
        Capability.REDRAW_GRIDS: BELOW,
        Capability.APPROVE_PLANS: BELOW,
        Capability.EDIT_PATROLS: BELOW,
        Capability.EDIT_CLIMBS: BELOW,
        Capability.EDIT_SPEEDS: ANYWHERE,
        Capability.MAKE_WALLMAP: BELOW,
    },
    Role.ADMINISTRATOR: {
        Capability.SEE_MAP: BELOW,
        Capability.SEE_RESPONSE: BELOW,
        Capability.EDIT_SPEEDS: ANYWHERE,
        Capability.SEE_USERS: BELOW,
        Capability.MANAGE_USERS: BELOW,
    },
    Role.SECURITY_OFFICER: {
        Capability.SEE_USERS: BELOW,
        Capability.GRANT_POSTS: BELOW,
    },
    Role.AUDITOR: {
        Capability.SEE_AUDIT: ANYWHERE,
    },
    Role.API_CLIENT: {
        Capability.SEE_MAP: BELOW,
        Capability.SEE_INCIDENTS: BELOW,
        Capability.REPORT_INCIDENTS: BELOW,
        Capability.SEE_RESPONSE: BELOW,
    },
}

IN_A_GRID = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
"""Roles whose post may be bound to one grid."""

APART = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.AUDITOR, Role.API_CLIENT})
"""Roles that stand alone: who holds one of these holds no other role beside it."""

SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.AUDITOR})
"""Roles that log in with a second factor or not at all."""


def reach(role: Role, capability: Capability) -> Reach | None:
    """How far the capability carries for the role; None where it does not have it."""
    return ANYWHERE if capability is Capability.OWN_ACCOUNT else RIGHTS[role].get(capability)


def may(role: Role, capability: Capability) -> bool:
    """Whether the role has the capability."""
    return reach(role, capability) is not None


def capabilities(role: Role) -> list[Capability]:
    """Everything the role may do, in the order of Capability."""
    return [capability for capability in Capability if may(role, capability)]
