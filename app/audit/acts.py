"""Acts in words: what each is called, and the sentence that follows the name of who did it.

An act that is not in ACTS is shown by its code: a new one needs no line here to be on record, only to be read.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.accounts.desk import ROLES
from app.accounts.models import Role


class Act(NamedTuple):
    """What an act is called in a list, and its sentence with places for the subject and for parts of the detail."""

    title: LazyString
    sentence: LazyString


ACTS: dict[str, Act] = {
    # getting in
    "login": Act(_("Log-in"), _("logged in")),
    "login.failed": Act(_("Failed log-in"), _("tried to log in as %(subject)s and failed")),
    "logout": Act(_("Log-out"), _("logged out")),
    "session.ended": Act(_("Session ended"), _("ended %(subject)s of user %(user)s")),
    "password.changed": Act(_("Password changed"), _("changed the password of %(subject)s")),
    "user.password_set": Act(_("Password set"), _("gave %(subject)s a new password")),
    "second_factor.enrolled": Act(_("Second factor set up"), _("set up the second factor")),
    "second_factor.used": Act(_("Second factor used"), _("gave the second factor")),
    "second_factor.failed": Act(_("Second factor failed"), _("gave a wrong second factor")),
    "second_factor.removed": Act(_("Second factor removed"), _("removed the second factor of %(subject)s")),
    "recovery.made": Act(_("Recovery codes made"), _("made recovery codes")),
    "recovery.used": Act(_("Recovery code used"), _("used a recovery code, %(left)s are left")),
    "token.issued": Act(_("Token issued"), _("issued %(subject)s")),
    "token.revoked": Act(_("Token revoked"), _("revoked %(subject)s")),
    "identity.connected": Act(_("Log-in service connected"), _("connected %(subject)s with the log-in service")),
    "identity.disconnected": Act(
        _("Log-in service disconnected"), _("disconnected %(subject)s from the log-in service")
    ),
    # people and posts
    "user.added": Act(_("User added"), _("added %(subject)s")),
    "user.disabled": Act(_("User disabled"), _("disabled %(subject)s")),
    "user.enabled": Act(_("User enabled"), _("enabled %(subject)s")),
    "post.granted": Act(_("Post granted"), _("granted %(subject)s the post %(role)s in %(area)s")),
    "post.ended": Act(_("Post ended"), _("ended the post %(role)s of %(subject)s")),
    # plans of the response
    "siting.asked": Act(
        _("Places where stations should stand were asked for"), _("asked where %(sites)s stations should stand")
    ),
    "siting.exported": Act(_("Siting exported"), _("took along a siting with %(sites)s places as a file")),
    # households
    "household.seen": Act(_("Households seen"), _("saw %(households)s households of %(subject)s")),
    "household.unmasked": Act(_("Name and phone seen"), _("saw the name and phone of %(subject)s")),
    "household.found": Act(
        _("Searched by phone"), _("searched by the end of a phone and saw %(households)s households")
    ),
    "unmask.blocked": Act(_("Too many looks: blocked"), _("was blocked after too many looks at names and phones")),
    "flags.set": Act(_("Flags changed"), _("changed the flags of %(subject)s")),
    "export.asked": Act(_("Export asked for"), _("asked for %(subject)s")),
    "export.approved": Act(_("Export approved"), _("approved %(subject)s")),
    "export.refused": Act(_("Export refused"), _("refused %(subject)s")),
    "export.withdrawn": Act(_("Export withdrawn"), _("withdrew %(subject)s")),
    "export.downloaded": Act(_("Export downloaded"), _("downloaded %(subject)s with %(rows)s rows")),
    "privacy.reported": Act(_("Household reported on"), _("listed all that is held about %(subject)s")),
    "privacy.erased": Act(_("Household erased"), _("erased what was held about %(subject)s")),
    "retention.done": Act(_("Old data deleted"), _("deleted what was kept long enough")),
    # work
    "incident.reported": Act(_("Incident reported"), _("reported %(subject)s")),
    "incident.photo": Act(_("Photo added"), _("added the photo of %(subject)s")),
    "patrol_route.saved": Act(_("Patrol route saved"), _("saved %(subject)s")),
    "patrol_route.corrected": Act(_("Patrol route corrected"), _("corrected %(subject)s")),
    "patrol_route.deleted": Act(_("Patrol route deleted"), _("deleted %(subject)s")),
    "speeds.set": Act(_("Speeds changed"), _("changed the speeds on %(subject)s")),
    "coverage.listed": Act(
        _("Doors outside seen"), _("saw the doors of %(households)s households outside in time in %(subject)s")
    ),
    "coverage.exported": Act(
        _("Doors outside exported"), _("exported the doors of %(households)s households outside in time in %(subject)s")
    ),
    "coverage.kept": Act(_("Coverage kept"), _("kept %(subject)s")),
    "coverage.dropped": Act(_("Coverage snapshot deleted"), _("deleted %(subject)s")),
    "zone.exported": Act(_("Response zone exported"), _("took along a response zone with %(doors)s doors as a file")),
    "calibration.applied": Act(_("Calibration applied"), _("applied %(subject)s, of %(runs)s measured runs")),
    "calibration.undone": Act(_("Calibration taken back"), _("took %(subject)s back, of %(runs)s measured runs")),
    "calibration.discarded": Act(_("Calibration discarded"), _("discarded %(subject)s")),
    "scenario.saved": Act(_("Scenario saved"), _("saved %(subject)s")),
    "scenario.changed": Act(_("Scenario changed"), _("changed %(subject)s")),
    "scenario.deleted": Act(_("Scenario deleted"), _("deleted %(subject)s")),
    "plan.made": Act(_("Plan of grids begun"), _("began %(subject)s")),
    "plan.deleted": Act(_("Plan of grids deleted"), _("deleted %(subject)s")),
    "plan.submitted": Act(_("Plan of grids submitted"), _("submitted %(subject)s")),
    "plan.returned": Act(_("Plan of grids sent back"), _("sent %(subject)s back")),
    "plan.approved": Act(_("Plan of grids approved"), _("approved %(subject)s, in force from %(valid_from)s")),
    "plan.withdrawn": Act(_("Plan of grids withdrawn"), _("withdrew %(subject)s")),
    "plan.enacted": Act(_("Plan of grids in force"), _("brought %(subject)s into force: %(grids)s new grids")),
    "block.split": Act(_("Block split"), _("split %(subject)s")),
    "block.merged": Act(_("Blocks merged"), _("merged blocks into %(subject)s")),
    "legacy.imported": Act(
        _("Net of grids imported"), _("took %(grids)s grids of another department into %(subject)s, as %(crs)s")
    ),
    "legacy.deleted": Act(_("Net of grids deleted"), _("deleted %(subject)s of another department")),
    "climb.set": Act(_("Stairs and lift changed"), _("changed how long stairs and lift of %(subject)s take")),
    "wallmap.made": Act(_("Wall map made"), _("made the wall map of %(subject)s")),
    # the audit itself
    "audit.read": Act(_("Audit read"), _("read the audit")),
    "audit.exported": Act(_("Audit exported"), _("exported the audit")),
    "audit.verified": Act(_("Audit verified"), _("verified %(rows)s rows of the audit: sound")),
    "audit.bent": Act(_("Audit found bent"), _("verified %(rows)s rows of the audit: bent at row %(bad)s")),
    "database.restored": Act(_("Backup restored"), _("put a backup in the place of the database")),
}

ONE: dict[str, tuple[str, LazyString]] = {
    "recovery.used": ("left", _("used a recovery code, %(left)s is left")),
    "siting.asked": ("sites", _("asked where %(sites)s station should stand")),
    "siting.exported": ("sites", _("took along a siting with %(sites)s place as a file")),
    "household.seen": ("households", _("saw %(households)s household of %(subject)s")),
    "household.found": ("households", _("searched by the end of a phone and saw %(households)s household")),
    "export.downloaded": ("rows", _("downloaded %(subject)s with %(rows)s row")),
    "coverage.listed": ("households", _("saw the doors of %(households)s household outside in time in %(subject)s")),
    "coverage.exported": (
        "households",
        _("exported the doors of %(households)s household outside in time in %(subject)s"),
    ),
    "zone.exported": ("doors", _("took along a response zone with %(doors)s door as a file")),
    "calibration.applied": ("runs", _("applied %(subject)s, of %(runs)s measured run")),
    "calibration.undone": ("runs", _("took %(subject)s back, of %(runs)s measured run")),
    "plan.enacted": ("grids", _("brought %(subject)s into force: %(grids)s new grid")),
    "legacy.imported": ("grids", _("took %(grids)s grid of another department into %(subject)s, as %(crs)s")),
    "audit.verified": ("rows", _("verified %(rows)s row of the audit: sound")),
    "audit.bent": ("rows", _("verified %(rows)s row of the audit: bent at row %(bad)s")),
}
"""Which part of the detail the sentence counts, and how it reads where that is one."""

SUBJECTS: dict[str, LazyString] = {
    "user": _("user %(id)s"),
    "building": _("building %(id)s"),
    "household": _("household %(id)s"),
    "incident": _("incident %(id)s"),
    "patrol_route": _("patrol route %(id)s"),
    "calibration": _("calibration %(id)s"),
    "road_class": _("roads of class %(id)s"),
    "area": _("area %(id)s"),
    "session": _("session %(id)s"),
    "token": _("token %(id)s"),
    "export": _("export %(id)s"),
    "coverage_snapshot": _("coverage snapshot %(id)s"),
    "zone": _("response zone"),
    "scenario": _("scenario %(id)s"),
    "grid_plan": _("plan of grids %(id)s"),
    "block": _("block %(id)s"),
    "legacy_net": _("net of grids %(id)s"),
}
"""How a subject is called by its type and number; others are shown as they stand in the row."""


class Names(NamedTuple):
    """What users (by id) and areas (by id and by code) are called."""

    users: Mapping[str, str]
    areas: Mapping[str, str]


def title(act: str) -> str:
    """What the act is called; its code where it has no words."""
    return str(ACTS[act].title) if act in ACTS else act


def sentence(act: str, subject_type: str, subject_id: str, detail: Mapping[str, Any], names: Names) -> str:
    """What was done, to follow the name of who did it."""
    words = _Words({name: _word(name, value, names) for name, value in detail.items()})
    words["subject"] = subject(subject_type, subject_id, names)
    if act not in ACTS:
        return f"{act} · {words['subject']}"
    counted, of_one = ONE.get(act, ("", ACTS[act].sentence))
    return str(of_one if words[counted] == "1" else ACTS[act].sentence) % words


def subject(subject_type: str, subject_id: str, names: Names) -> str:
    """The subject in words: its name where it is a user or an area that has one."""
    known = {"user": names.users, "area": names.areas}.get(subject_type, {})
    if subject_id in known:
        return known[subject_id]
    called = SUBJECTS.get(subject_type)
    return str(called) % {"id": subject_id} if called else f"{subject_type} {subject_id}"


class _Words(dict[str, str]):
    """Words for the places of a sentence; a dash where the row does not say."""

    def __missing__(self, key: str) -> str:
        return "–"


def _word(name: str, value: object, names: Names) -> str:
    """A part of the detail as a sentence holds it: how many, or what it is called."""
    if isinstance(value, list):
        return str(len(value))
    if name == "role" and str(value) in ROLES:
        return str(ROLES[Role(str(value))])
    known = {"area": names.areas, "user": names.users}.get(name, {})
    return known.get(str(value), str(value))
