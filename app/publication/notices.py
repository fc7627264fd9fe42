"""What is hung up in a building whose grid changes: a page in Chinese and one in English. No resident is named."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from flask_babel import force_locale, format_date, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.days import today
from app.errors import Conflict, Invalid, NotFound
from app.i18n import LANGUAGES
from app.plans.models import PlanState
from app.publication import touched
from app.publication.consequences import Row, Told, building

MOST = 3000  # buildings of one answer: 6,000 pages
# A community with its service station, where it has one.
_COMMUNITIES = text("""
    SELECT DISTINCT ON (a.id) a.id, a.name, a.name_en, s.name AS station, s.name_en AS station_en, s.address, s.phone
    FROM areas a LEFT JOIN stations s ON s.community_id = a.id AND s.kind = 'service_station'
    WHERE a.id = ANY(:ids) ORDER BY a.id, s.id
""")


class Page(NamedTuple):
    """A notice in one language: its words in the order in which they are read."""

    language: str
    title: str
    greeting: str
    lead: str
    rows: list[tuple[str, str, str]]  # what, name, code
    comfort: str
    ending: str
    day: str  # on which it is printed


def pages(session: Session, told: Told, building_id: int | None, day: date | None) -> list[Page]:
    """The notices of the homes that come into another grid, or of one building of them. NotFound, Conflict, Invalid."""
    if told.plan.state == PlanState.WITHDRAWN.value:
        raise Conflict(gettext("This plan was withdrawn: there is nothing to announce."), field="plan")
    rows = touched.buildings(session, told.sides.moved)
    rows = [row for row in rows if row["households"] and building_id in {None, row["id"]}]
    if building_id is not None and not rows:
        raise NotFound(gettext("No household of such a building comes into another grid."), field="building")
    if len(rows) > MOST:
        raise Invalid(
            gettext("These are %(count)d buildings: print at most %(most)d at once.", count=len(rows), most=MOST),
            field="building",
        )
    communities = {row.id: row for row in session.execute(_COMMUNITIES, {"ids": list(told.communities)})}
    home = {block.id: communities[block.community_id] for block in told.sides.blocks}
    both = {one: list(_pages(told, rows, home, day, one)) for one in LANGUAGES}
    return [page for pair in zip(*both.values(), strict=True) for page in pair]


def _pages(told: Told, rows: Any, home: Any, day: date | None, language: str) -> Iterator[Page]:
    """The notices in one language, in the order of the rows."""
    with force_locale(language):
        for row in rows:
            yield _page(building(told, row), home[row["block_id"]], day, language)


def _page(row: Row, place: Any, day: date | None, language: str) -> Page:
    """One notice, in the language of now."""
    community = place.name if language == "zh" else place.name_en or place.name
    parts = [part for part in (_named(row, language, "compound"), _named(row, language)) if part]
    house = ("" if language == "zh" else " ").join(parts) or row["address"]
    return Page(
        language=language,
        title=gettext("Notice: your grid changes"),
        greeting=gettext("To the residents of %(house)s", house=house),
        lead=_lead(community, day),
        rows=[
            (gettext("Grid so far"), _named(row["from"], language), row["from"]["code"]),
            (gettext("Grid from then on"), _named(row["to"], language), row["to"]["code"]),
            (gettext("Your grid worker"), row["worker_to"] or gettext("will be announced"), ""),
            *_asked(place, language),
        ],
        comfort=gettext(
            "Your address, your door number and your community stay as they are. You need not do anything."
        ),
        ending=community,
        day=format_date(today(), "long"),
    )  # fmt: skip


def _asked(place: Any, language: str) -> list[tuple[str, str, str]]:
    """Where a resident asks: the community's service station, with its address and telephone."""
    if place.station is None:
        return []
    name = (language == "en" and place.station_en) or place.station
    return [(gettext("Where to ask"), name, " · ".join(part for part in (place.address, place.phone) if part))]


def _lead(community: str, day: date | None) -> str:
    """What changes, and when."""
    if day is None:
        said = _("This building will belong to another grid of %(community)s. The day will be announced.")
        return str(said) % {"community": community}
    when = format_date(day, "long")
    said = _("From %(day)s on, this building belongs to another grid of %(community)s.")
    return str(said) % {"community": community, "day": when}


def _named(row: Row, language: str, prefix: str = "name") -> str:
    """A name in the language, or in Chinese where it has none."""
    return (language == "en" and row[f"{prefix}_en"]) or row[prefix] or ""
