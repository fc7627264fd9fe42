"""Who may enter which route, and where: one line for each. A route without a line fails `test_access_matrix.py`.

`who` are the roles that may. `url` is filled with the parts of a place of `tests.app.matrix_town`, or with parts that
exist for nobody. What is `in_district` is answered anywhere in the districts that the role sees a part of; what goes
`by_road` cannot start in the subdistrict that no road joins. What is `placed` looks like absence in places that the
role does not see on the map; with `homes`, in places whose households the role does not see. With `own_grid`, roles
that are bound to a grid are refused in the other grids that they see. What is about `people` is answered where the role
looks after them. `body` is JSON and is filled likewise; with `photo`, the body is a form with a small
picture, with `runs` one with measured runs, with `net` one with a net of grids; a `form`
is that of a page, which is shown again where it is refused.
"""

from dataclasses import dataclass
from typing import Any

from app.accounts.models import Role

ALL = frozenset(Role)
PEOPLE = ALL - {Role.API_CLIENT}
SERVING = frozenset(
    {Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.COORDINATOR}
)
EDITORS = SERVING | {Role.PLANNER}
INFORMED = EDITORS | {Role.API_CLIENT}
MAPPED = INFORMED | {Role.ADMINISTRATOR}
PLANNING = EDITORS - {Role.GRID_WORKER, Role.GRID_LEADER}
EXPORTERS = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.COORDINATOR})
APPROVERS = EXPORTERS - {Role.COORDINATOR}
PLANNERS = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.COORDINATOR, Role.PLANNER})
DISPATCHERS = SERVING - {Role.GRID_WORKER}
LOOKING_AFTER = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER})
MANAGING = frozenset({Role.ADMINISTRATOR})
GRANTING = frozenset({Role.SECURITY_OFFICER})
PLANNING = EXPORTERS | {Role.PLANNER}
SPEEDS = frozenset({Role.PLANNER, Role.ADMINISTRATOR})
AUDITORS = frozenset({Role.AUDITOR})
NEW_SCENARIO = "00000000-0000-4000-8000-11{area:010d}"
NEW_PLAN = "00000000-0000-4000-8000-12{area:010d}"
UNDONE_PLAN = "00000000-0000-4000-8000-13{area:010d}"
REDRAWING = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.PLANNER})
DECIDING = REDRAWING - {Role.COMMUNITY_STAFF}
MADE_OF_NETS = "00000000-0000-4000-8000-14{area:010d}"
NEW_INCIDENT = "00000000-0000-4000-8000-00{area:010d}"


@dataclass(frozen=True)
class Line:
    """One route: its address, its roles (None: everybody, logged in or not), and what bounds the places it answers."""

    url: str
    who: frozenset[Role] | None = MAPPED
    placed: bool = False
    homes: bool = False
    own_grid: bool = False
    in_district: bool = False
    by_road: bool = False
    people: bool = False
    body: dict[str, Any] | None = None
    photo: bool = False
    form: dict[str, Any] | None = None
    runs: bool = False
    net: bool = False
    headers: dict[str, str] | None = None


def about_people(url: str, who: frozenset[Role] = LOOKING_AFTER, **rest: Any) -> Line:
    """The line of a route about somebody: out of reach they look like nobody."""
    return Line(url, who=who, placed=True, people=True, **rest)


WALK = {"type": "LineString", "coordinates": [["{lon}", "{lat}"], ["{lon}", "{lat_north}"], ["{lon}", "{lat}"]]}
SITING = {
    "area": "{area}",
    "sites": 1,
    "minutes": 1,
    "places": [["{lon}", "{lat}"], ["{lon}", "{lat_north}"]],
}
LIST_FORM = {
    "place": "community:{area}",
    "columns": "address",
    "format": "csv",
    "unmasked": "no",
    "purpose": "for the access matrix",
}
LIST = {"community_id": "{area}", "columns": ["address", "dwelling"], "purpose": "for the access matrix"}

MATRIX: dict[str, Line] = {
    # open to everybody
    "GET static": Line("/static/css/plain.css", who=None),
    "GET accounts.login": Line("/login", who=None),
    "POST accounts.log_in": Line("/login", who=None),
    "POST accounts.log_out": Line("/logout", who=None),
    "GET oidc.begin": Line("/login/oidc", who=None),
    "GET oidc.back": Line("/login/oidc/return", who=None),
    "GET i18n.catalogue": Line("/i18n/zh.json", who=None),
    "GET health.health": Line("/api/v1/health", who=None),
    "GET documentation.openapi": Line("/api/v1/openapi.json", who=None),
    "GET documentation.docs": Line("/api/v1/docs", who=None),
    # one's own
    "GET accounts.me": Line("/api/v1/me", who=ALL),
    "PUT accounts.put_language": Line("/api/v1/me/language", who=PEOPLE, body={"language": "zh"}),
    "GET steps.code": Line("/login/code", who=PEOPLE),
    "POST steps.give_code": Line("/login/code", who=PEOPLE),
    "GET steps.password": Line("/account/password", who=PEOPLE),
    "POST steps.change_password": Line("/account/password", who=PEOPLE),
    "GET steps.enrolment": Line("/account/second-factor", who=PEOPLE),
    "POST steps.enrol": Line("/account/second-factor", who=PEOPLE),
    "GET desk.account": Line("/account", who=PEOPLE),
    "POST account.choose_language": Line("/account/language", who=PEOPLE),
    "POST account.end_session": Line("/account/sessions/1/end", who=PEOPLE),
    "POST account.end_sessions": Line("/account/sessions/end", who=PEOPLE),
    "POST account.remove_second_factor": Line("/account/second-factor/remove", who=PEOPLE),
    "POST account.new_recovery_codes": Line("/account/recovery-codes", who=PEOPLE),
    "POST account.issue_token": Line("/account/tokens", who=PEOPLE),
    "POST account.revoke_token": Line("/account/tokens/1/revoke", who=PEOPLE),
    "POST account.connect": Line("/account/log-in-service/connect", who=PEOPLE),
    "POST account.disconnect": Line("/account/log-in-service/disconnect", who=PEOPLE),
    "GET desk.rights": Line("/rights", who=ALL),
    # the audit
    "GET audit_pages.index": Line("/audit", who=AUDITORS),
    "POST audit_pages.verify": Line("/audit/verify", who=AUDITORS),
    "GET audit.rows": Line("/api/v1/audit", who=AUDITORS),
    "GET audit.export": Line("/api/v1/audit/export", who=AUDITORS),
    # users and posts
    "GET people.list_people": Line("/api/v1/users?limit=200", who=LOOKING_AFTER),
    "POST people.add": about_people(
        "/api/v1/users", who=MANAGING, body={"name": "new-one", "display_name": "New One", "area": "{code}"}
    ),
    "GET people.get_person": about_people("/api/v1/users/{user}"),
    "PUT people.change": about_people("/api/v1/users/{user}", who=MANAGING, body={"disabled": True}),
    "POST people.new_password": about_people("/api/v1/users/{user}/password", who=MANAGING),
    "GET people.list_posts": about_people("/api/v1/users/{user}/posts"),
    "POST people.grant": about_people(
        "/api/v1/users/{user}/posts", who=GRANTING, body={"role": "coordinator", "area": "{code}"}
    ),
    "PUT people.end_after": about_people(
        "/api/v1/users/{user}/posts/{post}", who=GRANTING, body={"ends_on": "{tomorrow}"}
    ),
    "DELETE people.end_now": about_people("/api/v1/users/{user}/posts/{post}", who=GRANTING),
    "GET people_pages.index": Line("/people", who=LOOKING_AFTER),
    "GET people_pages.new": Line("/people/new", who=MANAGING),
    "POST people_pages.add": Line(
        "/people/new", who=MANAGING, form={"name": "new-two", "display_name": "New Two", "area": "{reached}"}
    ),
    "GET people_pages.person": about_people("/people/{user}"),
    "POST people_pages.grant": about_people(
        "/people/{user}", who=GRANTING, form={"role": "coordinator", "area": "{code}"}
    ),
    "GET people_pages.ending": about_people("/people/{user}/posts/{post}/end", who=GRANTING),
    "POST people_pages.end": about_people("/people/{user}/posts/{post}/end", who=GRANTING, form={"when": "now"}),
    "POST people_pages.disable": about_people("/people/{user}/disable", who=MANAGING, form={}),
    "POST people_pages.enable": about_people("/people/{user}/enable", who=MANAGING, form={}),
    "POST people_pages.new_password": about_people("/people/{user}/password", who=MANAGING, form={}),
    "GET areas.get_versions": Line("/api/v1/versions"),
    "GET areas.stream": Line("/api/v1/events"),
    # the map
    "GET pages.map_page": Line("/", who=ALL),
    "GET pages.counts": Line("/map/counts.json"),
    "GET pages.wallmap.wall_map": Line("/wallmap/{code}", who=EDITORS, placed=True),
    "GET areas.list_areas": Line("/api/v1/areas?limit=1000"),
    "GET areas.get_area": Line("/api/v1/areas/{area}", placed=True),
    "GET areas.list_compounds": Line("/api/v1/compounds?limit=1000"),
    "GET areas.get_compound": Line("/api/v1/compounds/{compound}", placed=True),
    "GET areas.list_blocks": Line("/api/v1/blocks?limit=1000"),
    "GET areas.get_block": Line("/api/v1/blocks/{block}", placed=True),
    "GET areas.list_grids": Line("/api/v1/grids?limit=1000"),
    "GET areas.get_grid": Line("/api/v1/grids/{grid}", placed=True),
    "GET areas.get_tile": Line("/api/v1/tiles/buildings/{tile}.mvt"),
    "GET register.buildings": Line("/api/v1/buildings?limit=1000"),
    "GET register.building": Line("/api/v1/buildings/{building}", placed=True),
    "GET register.here": Line("/api/v1/here?lon={lon}&lat={lat}", placed=True),
    "GET register.flag_kinds": Line("/api/v1/flag-kinds"),
    "GET stations.stations": Line("/api/v1/stations?limit=1000"),
    "GET stations.station": Line("/api/v1/stations/{station}", placed=True),
    "POST search.find_unlogged": Line("/api/v1/search", body={"q": "map-", "limit": 50}),
    "GET search.find": Line("/api/v1/search?q=map-&limit=50"),
    # acts
    "PUT register.put_flags": Line(
        "/api/v1/households/{household}/flags",
        who=SERVING,
        placed=True,
        homes=True,
        body={"flags": [{"kind": "infant"}]},
    ),
    "PUT register.put_climb": Line(
        "/api/v1/buildings/{building}/climb", who=EDITORS, placed=True, own_grid=True, body={"stairs_seconds": 25}
    ),
    "POST unmasking.unmask_household": Line(
        "/api/v1/households/{household}/unmask", who=SERVING, placed=True, homes=True, body={"reason": "visit"}
    ),
    "POST unmasking.find_households": Line("/api/v1/households/find", who=SERVING, body={"phone_tail": "0001"}),
    "GET incidents.categories": Line("/api/v1/incident-categories"),
    "GET incidents.incidents": Line("/api/v1/incidents?limit=1000", who=INFORMED),
    "GET incidents.incident": Line("/api/v1/incidents/{incident}", who=INFORMED, placed=True),
    "GET incidents.photo": Line("/api/v1/incidents/{incident}/photo", who=INFORMED, placed=True),
    "POST incidents.report": Line(
        "/api/v1/incidents",
        who=INFORMED,
        placed=True,
        body={"id": NEW_INCIDENT, "lon": "{lon}", "lat": "{lat}", "category": "fire", "text": "smoke"},
    ),
    "PUT incidents.put_photo": Line("/api/v1/incidents/{incident}/photo", who=INFORMED, placed=True, photo=True),
    "GET patrols.routes": Line("/api/v1/patrol-routes?limit=1000"),
    "GET patrols.route": Line("/api/v1/patrol-routes/{route}", placed=True),
    "POST patrols.suggest": Line(
        "/api/v1/patrol-routes/suggest", who=EDITORS, placed=True, by_road=True, body={"grid_id": "{grid}"}
    ),
    "POST patrols.save": Line(
        "/api/v1/patrol-routes",
        who=EDITORS,
        placed=True,
        own_grid=True,
        body={"grid_id": "{grid}", "name": "walk", "geometry": WALK},
    ),
    "PUT patrols.correct": Line(
        "/api/v1/patrol-routes/{route}",
        who=EDITORS,
        placed=True,
        own_grid=True,
        body={"name": "walk", "geometry": WALK},
    ),
    "DELETE patrols.delete": Line("/api/v1/patrol-routes/{route}", who=EDITORS, placed=True, own_grid=True),
    "GET response.zone": Line(
        "/api/v1/response/zone?lon={lon}&lat={lat}&minutes=1,3&mode=foot",
        placed=True,
        in_district=True,
        by_road=True,
    ),
    "POST response.zone_of_many": Line(
        "/api/v1/response/zone",
        placed=True,
        in_district=True,
        by_road=True,
        body={"places": [["{lon}", "{lat}"]], "minutes": [1.5], "pieces": True, "doors": True},
    ),
    "GET response.doors": Line(
        "/api/v1/response/zone/doors?lon={lon}&lat={lat}&minutes=3",
        placed=True,
        in_district=True,
        by_road=True,
    ),
    "GET response.file": Line(
        "/api/v1/response/zone/file?lon={lon}&lat={lat}&minutes=3",
        placed=True,
        in_district=True,
        by_road=True,
    ),
    "GET response.nearest": Line(
        "/api/v1/response/nearest?lon={lon}&lat={lat}&mode=foot&limit=3&steps=1",
        placed=True,
        in_district=True,
        by_road=True,
    ),
    # siting
    "GET siting.sitings": Line("/api/v1/sitings", who=PLANNING),
    "POST siting.ask": Line("/api/v1/sitings", who=PLANNING, placed=True, by_road=True, body=SITING),
    "GET siting.siting": Line("/api/v1/sitings/{siting}", who=PLANNING, placed=True),
    "POST siting.prove": Line("/api/v1/sitings/{siting}/proof", who=PLANNING, placed=True),
    "GET siting.file": Line("/api/v1/sitings/{siting}/file?format=csv", who=PLANNING, placed=True),
    "POST siting.scenario": Line(
        "/api/v1/sitings/{siting}/scenario",
        who=PLANNING,
        placed=True,
        body={"id": "00000000-0000-4000-8000-01{area:010d}", "name": "sites"},
    ),
    # coverage: {snapshot} is the role's own
    "GET coverage.get_views": Line("/api/v1/coverage/views", who=PLANNING),
    "GET coverage.get_coverage": Line("/api/v1/coverage?area={area}", who=PLANNING, placed=True),
    "GET coverage.get_outside": Line("/api/v1/coverage/outside?area={area}&limit=200", who=PLANNING, placed=True),
    "POST coverage.post_file": Line(
        "/api/v1/coverage/outside/file", who=PLANNING, placed=True, body={"area": "{area}", "preset": "response_1"}
    ),
    "POST coverage.post_batch": Line(
        "/api/v1/coverage/batch", who=PLANNING, placed=True, body={"area": "{area}", "preset": "response_1"}
    ),
    "GET coverage.get_scenario_difference": Line("/api/v1/coverage/difference?area={area}", who=PLANNING, placed=True),
    "GET coverage.list_snapshots": Line("/api/v1/coverage/snapshots", who=PLANNING),
    "POST coverage.post_snapshot": Line(
        "/api/v1/coverage/snapshots", who=PLANNING, placed=True, body={"area": "{area}", "name": "today"}
    ),
    "GET coverage.get_snapshot": Line("/api/v1/coverage/snapshots/{snapshot}", who=PLANNING, placed=True),
    "GET coverage.get_difference": Line("/api/v1/coverage/snapshots/{snapshot}/difference", who=PLANNING, placed=True),
    "DELETE coverage.delete_snapshot": Line("/api/v1/coverage/snapshots/{snapshot}", who=PLANNING, placed=True),
    "POST response.live_picture": Line(
        "/api/v1/response/live",
        who=PLANNERS,
        placed=True,
        body={"area_id": "{area}", "content": {"incident": {"lon": "{lon}", "lat": "{lat}"}}, "minutes": [3]},
    ),
    "GET scenarios.scenarios": Line("/api/v1/scenarios", who=PLANNERS),
    "GET scenarios.scenario": Line("/api/v1/scenarios/{scenario}", who=PLANNERS, placed=True),
    "POST scenarios.create": Line(
        "/api/v1/scenarios", who=PLANNERS, placed=True, body={"id": NEW_SCENARIO, "name": "flood", "area_id": "{area}"}
    ),
    "PUT scenarios.change": Line(
        "/api/v1/scenarios/{scenario}",
        who=PLANNERS,
        placed=True,
        body={"name": "flood"},
        headers={"If-Match": '"1"'},
    ),
    "DELETE scenarios.delete": Line("/api/v1/scenarios/{scenario}", who=PLANNERS, placed=True),
    # plans of grids: {plan} is a draft for the community of the place
    "GET plans.plans": Line("/api/v1/plans", who=REDRAWING),
    "POST plans.create": Line(
        "/api/v1/plans", who=REDRAWING, placed=True, body={"id": NEW_PLAN, "name": "new", "area_id": "{area}"}
    ),
    "GET plans.plan": Line("/api/v1/plans/{plan}", who=REDRAWING, placed=True),
    "PUT plans.rename": Line("/api/v1/plans/{plan}", who=REDRAWING, placed=True, body={"name": "other"}),
    "DELETE plans.delete": Line("/api/v1/plans/{plan}", who=REDRAWING, placed=True),
    "GET plans.get_ground": Line("/api/v1/plans/{plan}/ground", who=REDRAWING, placed=True),
    "POST plans.post_edit": Line(
        "/api/v1/plans/{plan}/edits", who=REDRAWING, placed=True, body={"blocks": {}}, headers={"If-Match": '"1"'}
    ),
    "GET plans.get_edits": Line("/api/v1/plans/{plan}/edits", who=REDRAWING, placed=True),
    "GET plans.get_faults": Line("/api/v1/plans/{plan}/faults", who=REDRAWING, placed=True),
    "PUT plans.put_levels": Line(
        "/api/v1/plans/{plan}/levels", who=REDRAWING, placed=True, body={"middle": 1, "upper": 1}
    ),
    "DELETE plans.delete_levels": Line("/api/v1/plans/{plan}/levels", who=REDRAWING, placed=True),
    "GET plans.get_seeds": Line("/api/v1/plans/{plan}/seeds", who=REDRAWING, placed=True),
    "POST plans.post_suggestion": Line(
        "/api/v1/plans/{plan}/suggestions", who=REDRAWING, placed=True, body={"way": "new"}
    ),
    "POST plans.post_split": Line(
        "/api/v1/blocks/{cut_block}/split", who=REDRAWING, placed=True, body={"line": "{cut}"}
    ),
    "POST plans.post_merge": Line("/api/v1/blocks/merge", who=REDRAWING, placed=True, body={"blocks": "{pair}"}),
    # nets of other departments: {net} is one of the community of the place
    "GET legacy.nets": Line("/api/v1/legacy/nets", who=REDRAWING),
    "POST legacy.send": Line("/api/v1/legacy/nets", who=REDRAWING, placed=True, net=True),
    "GET legacy.net": Line("/api/v1/legacy/nets/{net}", who=REDRAWING, placed=True),
    "POST legacy.accept": Line(
        "/api/v1/legacy/nets/{net}/accept", who=REDRAWING, placed=True, body={"crs": "EPSG:4326"}
    ),
    "POST legacy.lay": Line("/api/v1/legacy/overlay", who=REDRAWING, placed=True, body={"area_id": "{area}"}),
    "DELETE legacy.delete": Line("/api/v1/legacy/nets/{net}", who=REDRAWING, placed=True),
    "GET legacy.overlay": Line("/api/v1/legacy/overlay?area_id={area}", who=REDRAWING, placed=True),
    "GET legacy.gaps": Line("/api/v1/legacy/gaps?area_id={area}", who=REDRAWING, placed=True),
    "GET legacy.crosswalk": Line("/api/v1/legacy/crosswalk?area_id={area}&one={net}", who=REDRAWING, placed=True),
    "POST legacy.propose": Line(
        "/api/v1/legacy/proposal",
        who=REDRAWING,
        placed=True,
        body={"id": MADE_OF_NETS, "name": "one", "area_id": "{area}", "nets": ["{net}"]},
    ),
    # plans of grids on their way into force
    "POST publication.submit": Line("/api/v1/plans/{plan}/submit", who=REDRAWING, placed=True),
    "POST publication.give_back": Line(
        "/api/v1/plans/{submitted_plan}/return", who=DECIDING, placed=True, body={"note": "for the access matrix"}
    ),
    "POST publication.approve": Line(
        "/api/v1/plans/{submitted_plan}/approve", who=DECIDING, placed=True, body={"valid_from": "{tomorrow}"}
    ),
    "POST publication.withdraw": Line(
        "/api/v1/plans/{submitted_plan}/withdraw", who=REDRAWING, placed=True, body={"note": ""}
    ),
    "POST publication.undo": Line(
        "/api/v1/plans/{enacted_plan}/undo", who=REDRAWING, placed=True, body={"id": UNDONE_PLAN, "name": "back"}
    ),
    "GET publication.get_before": Line("/api/v1/plans/{enacted_plan}/before", who=REDRAWING, placed=True),
    "GET publication.get_consequences": Line("/api/v1/plans/{plan}/consequences", who=REDRAWING, placed=True),
    "GET publication.get_file": Line("/api/v1/plans/{plan}/consequences/file", who=REDRAWING, placed=True),
    "GET publication.get_level_file": Line("/api/v1/plans/{levelled_plan}/levels/file", who=REDRAWING, placed=True),
    "GET publication.get_notices": Line("/api/v1/plans/{plan}/notices", who=REDRAWING, placed=True),
    "GET staffing.staffing": Line("/api/v1/staffing?plan={plan}", who=REDRAWING, placed=True),
    "GET publication.get_grids_on": Line("/api/v1/grids/on/2026-06-01"),
    "GET publication.get_dates": Line("/api/v1/grids/dates"),
    # exports: {export} is the role's own, approved, in places that it knows; {asked} is somebody else's, and waits
    "GET exports.exports": Line("/api/v1/exports", who=EXPORTERS),
    "POST exports.ask": Line("/api/v1/exports", who=EXPORTERS, placed=True, homes=True, body=LIST),
    "GET exports.export": Line("/api/v1/exports/{export}", who=EXPORTERS, placed=True, homes=True),
    "POST exports.approve": Line("/api/v1/exports/{asked}/approve", who=APPROVERS, placed=True, homes=True),
    "POST exports.refuse": Line(
        "/api/v1/exports/{asked}/refuse", who=APPROVERS, placed=True, homes=True, body={"reason": "not needed"}
    ),
    "POST exports.withdraw": Line("/api/v1/exports/{export}/withdraw", who=EXPORTERS, placed=True, homes=True),
    "POST exports.download": Line("/api/v1/exports/{export}/file", who=EXPORTERS, placed=True, homes=True),
    "GET exports_desk.page": Line("/exports", who=EXPORTERS),
    "POST exports_desk.ask": Line("/exports", who=EXPORTERS, placed=True, homes=True, form=LIST_FORM),
    "POST exports_desk.decide": Line("/exports/{asked}/decision", who=APPROVERS, form={"decision": "approve"}),
    "POST exports_desk.withdraw": Line("/exports/{export}/withdrawal", who=EXPORTERS, form={}),
    "POST exports_desk.download": Line("/exports/{export}/file", who=EXPORTERS, form={}),
    # jobs: {job} is the role's own in places that it sees, somebody else's in the others
    "GET jobs.jobs": Line("/api/v1/jobs", who=PLANNING),
    "GET jobs.job": Line("/api/v1/jobs/{job}", who=PLANNING, placed=True),
    "DELETE jobs.cancel": Line("/api/v1/jobs/{job}", who=PLANNING, placed=True),
    # duty
    "GET duty.get_duty": Line("/api/v1/me/duty", who=SERVING),
    "PUT duty.put_duty": Line("/api/v1/me/duty", who=SERVING, body={"on": False}),
    "PUT duty.put_position": Line(
        "/api/v1/me/position", who=SERVING, placed=True, body={"lon": "{lon}", "lat": "{lat}"}
    ),
    "GET duty.on_duty": Line("/api/v1/on-duty", who=DISPATCHERS),
    # {calibration} is proposed, {applied} is in force
    "GET calibration.calibrations": Line("/api/v1/calibrations", who=SPEEDS),
    "POST calibration.propose": Line("/api/v1/calibrations", who=SPEEDS, runs=True),
    "POST calibration.apply": Line("/api/v1/calibrations/{calibration}/apply", who=SPEEDS),
    "POST calibration.undo": Line("/api/v1/calibrations/{applied}/undo", who=SPEEDS),
    "DELETE calibration.discard": Line("/api/v1/calibrations/{calibration}", who=SPEEDS),
    "GET calibration_pages.page": Line("/calibration", who=SPEEDS),
    "GET calibration_pages.example": Line("/calibration/example.csv", who=SPEEDS),
    "POST calibration_pages.propose": Line("/calibration", who=SPEEDS, runs=True),
    "POST calibration_pages.apply": Line("/calibration/{calibration}/apply", who=SPEEDS, form={}),
    "POST calibration_pages.undo": Line("/calibration/{applied}/undo", who=SPEEDS, form={}),
    "POST calibration_pages.discard": Line("/calibration/{calibration}/discard", who=SPEEDS, form={}),
    "GET roads.speeds": Line("/api/v1/roads/speeds"),
    "PUT roads.put_speeds": Line(
        "/api/v1/roads/speeds/footway", who=SPEEDS, body={"foot_kph": 4.5, "ebike_kph": 8, "car_kph": 0}
    ),
}
