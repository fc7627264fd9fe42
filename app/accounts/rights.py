"""Who may do what: one table of capabilities and roles. Where they may do it is `app.areas.scope`."""

from enum import StrEnum

from app.accounts.models import Role

WORKER, COORDINATOR, PLANNER, ADMINISTRATOR = Role


class Capability(StrEnum):
    """Something that a role may be allowed to do."""

    SEE_MAP = "map.see"  # areas, grids, buildings, stations, routes, incidents as dots, counts of households
    SEE_HOUSEHOLDS = "households.see"  # who lives where, and their flags
    SET_FLAGS = "flags.set"
    SEE_INCIDENTS = "incidents.see"
    REPORT_INCIDENTS = "incidents.report"
    SEE_RESPONSE = "response.see"
    EDIT_PATROLS = "patrols.edit"
    EDIT_SPEEDS = "speeds.edit"
    MAKE_WALLMAP = "wallmap.make"


RIGHTS: dict[Capability, frozenset[Role]] = {
    Capability.SEE_MAP: frozenset({WORKER, COORDINATOR, PLANNER, ADMINISTRATOR}),
    Capability.SEE_HOUSEHOLDS: frozenset({WORKER, COORDINATOR}),
    Capability.SET_FLAGS: frozenset({WORKER, COORDINATOR}),
    Capability.SEE_INCIDENTS: frozenset({WORKER, COORDINATOR, PLANNER, ADMINISTRATOR}),
    Capability.REPORT_INCIDENTS: frozenset({WORKER, COORDINATOR, PLANNER}),
    Capability.SEE_RESPONSE: frozenset({WORKER, COORDINATOR, PLANNER, ADMINISTRATOR}),
    Capability.EDIT_PATROLS: frozenset({WORKER, COORDINATOR, PLANNER}),
    Capability.EDIT_SPEEDS: frozenset({PLANNER, ADMINISTRATOR}),
    Capability.MAKE_WALLMAP: frozenset({WORKER, COORDINATOR, PLANNER}),
}


def may(role: Role, capability: Capability) -> bool:
    """Whether the role has the capability."""
    return role in RIGHTS[capability]


def capabilities(role: Role) -> list[Capability]:
    """Everything the role may do, in the table's order."""
    return [capability for capability, roles in RIGHTS.items() if role in roles]
