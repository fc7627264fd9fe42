"""What dedicated grids can be begun from: schools, hospitals, malls, office towers and parks of the register."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.plans.queries import Ground
from gis.plan import NO_GRID
from gis.seeds import USUAL_SIZE, Bar, SeedKind, Site, Use, sites

# What of each kind stands on each block, beside everything that is built there. A shop is no mall, many are none.
_BUILT = text("""
    WITH built AS (
        SELECT u.block_id, ST_Area(u.geom::geography) * u.floors AS size, u.name, u.name_en,
            coalesce(h.homes, 0) AS homes,
            CASE u.kind WHEN 'commercial' THEN 'mall' ELSE u.kind END AS kind
        FROM buildings u JOIN blocks b ON b.id = u.block_id LEFT JOIN (
            SELECT e.building_id, sum(c.households) AS homes FROM entrances e
            JOIN household_counts c ON c.entrance_id = e.id GROUP BY e.building_id) h ON h.building_id = u.id
        WHERE b.community_id = ANY(:communities)),
    whole AS (SELECT block_id, sum(size) AS size, sum(homes) AS homes FROM built GROUP BY block_id)
    SELECT w.block_id AS block, o.kind, sum(o.size) / w.size AS share, w.homes - sum(o.homes) AS others,
        sum(o.size) AS size,
        (array_agg(o.name ORDER BY o.name = '', o.size DESC))[1] AS name,
        (array_agg(o.name_en ORDER BY o.name = '', o.size DESC))[1] AS name_en
    FROM built o JOIN whole w ON w.block_id = o.block_id
    WHERE o.kind IN ('school', 'hospital') OR o.kind = 'mall' AND o.size >= :mall
        OR o.kind = 'office' AND o.size >= :office
    GROUP BY w.block_id, w.size, w.homes, o.kind ORDER BY w.block_id, o.kind
""")
_PARKS = text("""
    WITH parts AS (
        SELECT b.id, ST_Area(ST_Intersection(b.geom, p.geom)) / ST_Area(b.geom) AS share, p.name, p.name_en,
            ST_Area(b.geom::geography) AS ground
        FROM greens p JOIN blocks b ON ST_Intersects(p.geom, b.geom)
        WHERE p.kind = 'park' AND b.community_id = ANY(:communities))
    SELECT p.id AS block, least(sum(p.share), 1) AS share, least(sum(p.share), 1) * max(p.ground) AS size,
        coalesce(max(h.homes), 0) AS others,
        (array_agg(p.name ORDER BY p.name = '', p.share DESC))[1] AS name,
        (array_agg(p.name_en ORDER BY p.name = '', p.share DESC))[1] AS name_en
    FROM parts p LEFT JOIN (
        SELECT u.block_id, sum(c.households) AS homes FROM buildings u JOIN entrances e ON e.building_id = u.id
        JOIN household_counts c ON c.entrance_id = e.id GROUP BY u.block_id) h ON h.block_id = p.id
    GROUP BY p.id HAVING sum(p.share) >= :mostly ORDER BY p.id
""")
MOSTLY_GREEN = 0.5  # of a block's ground: one that a park only touches is none of its own
GENERIC = 2  # characters of a name that only says which house it is: 北楼

CALLED = {
    SeedKind.SCHOOL: ("学校", "School"),
    SeedKind.HOSPITAL: ("医院", "Hospital"),
    SeedKind.MALL: ("商场", "Mall"),
    SeedKind.OFFICE: ("办公楼", "Office Tower"),
    SeedKind.PARK: ("公园", "Park"),
}
"""What a site without a name is called in the register."""

BARS = {
    Bar.DEDICATED: _("It is in a dedicated grid."),
    Bar.STAYS: _("It lies in a grid that stays, or among blocks that were chosen for something else."),
    Bar.MIXED: _("Most of what stands there is something else: split the block first."),
    Bar.PARTS: _("Without it a few households could no longer be walked to from the rest of a grid."),
}


def sizes(least: Mapping[SeedKind, float]) -> dict[SeedKind, float]:
    """The least size of each kind in m²: the usual one where none is asked for."""
    return {**USUAL_SIZE, **least}


def uses(session: Session, ground: Ground, least: Mapping[SeedKind, float]) -> list[Use]:
    """What stands on the blocks of a ground; malls and office towers from the `least` size on, others of any."""
    place = {int(key): at for at, key in enumerate(ground.atoms.keys)}
    communities = np.unique(ground.community).tolist()
    large = {kind.value: least[kind] for kind in (SeedKind.MALL, SeedKind.OFFICE)}
    built = session.execute(_BUILT, {"communities": communities, **large}).all()
    parks = session.execute(_PARKS, {"communities": communities, "mostly": MOSTLY_GREEN}).all()
    rows = [(SeedKind(row.kind), row) for row in built] + [(SeedKind.PARK, row) for row in parks]
    return [
        Use(place[row.block], kind, float(row.share), int(row.others), row.name, row.name_en, float(row.size))
        for kind, row in rows
    ]


def offered(
    session: Session, ground: Ground, plan: Mapping[str, Any], least: Mapping[SeedKind, float]
) -> list[dict[str, Any]]:
    """Every site on the ground of a plan, those that can become a dedicated grid first."""
    known, whole = uses(session, ground, least), (plan["blocks"], plan["grids"])
    return told(ground, chosen(ground, known, list(SeedKind), *whole, least=least))


def chosen(
    ground: Ground,
    known: Iterable[Use],
    kinds: Collection[SeedKind],
    blocks: Mapping[str, int],
    grids: Mapping[str, Mapping[str, Any]],
    *,
    stay: Collection[int] = (),
    wished: Collection[int] = (),
    left_out: Collection[int] = (),
    least: Mapping[SeedKind, float],
) -> list[Site]:
    """The sites of some kinds on the ground of a plan; grids that are locked or `stay`, and `wished` blocks, are held.

    What stands on blocks that are `left_out` is looked at by nobody. `least` has a size for every kind, as in `sizes`.
    """
    number = [blocks.get(key, NO_GRID) for key in ground.atoms.keys]
    dedicated = {int(name) for name, grid in grids.items() if grid["kind"] == "dedicated"}
    fixed = {int(name) for name, grid in grids.items() if grid["locked"]} | set(stay)
    return sites(
        ground.atoms,
        [use for use in known if int(ground.atoms.keys[use.block]) not in left_out],
        kinds,
        dedicated=[at for at, grid in enumerate(number) if grid in dedicated],
        held=[at for at, grid in enumerate(number) if grid in fixed or int(ground.atoms.keys[at]) in wished],
        least=least,
    )


def told(ground: Ground, found: Iterable[Site]) -> list[dict[str, Any]]:
    """Sites with their blocks by ID, and why they become no dedicated grid in the reader's language."""
    return [
        {
            "kind": site.kind.value,
            "name": site.name,
            "name_en": site.name_en,
            "blocks": [int(ground.atoms.keys[block]) for block in sorted(site.blocks)],
            "households": site.households,
            "size": round(site.size),
            "area": round(float(ground.atoms.area[list(site.blocks)].sum())),
            "bar": site.bar,
            "why": None if site.bar is None else why(site),
        }
        for site in found
    ]


def why(site: Site) -> str:
    """What bars a site, in a sentence."""
    if site.bar is Bar.HOMES:
        told = ngettext(
            "%(households)d other household lives there: split the block first.",
            "%(households)d other households live there: split the block first.",
            site.households,
            households=site.households,
        )
        return str(told)
    if site.bar is Bar.SMALL:
        return str(gettext("It has %(size)d m²: smaller than asked for.", size=round(site.size)))
    return str(BARS[site.bar]) if site.bar else ""


def title(site: Site, community: tuple[str, str]) -> tuple[str, str]:
    """The name and the English name of the grid of a site."""
    kind, kind_en = CALLED[site.kind]
    named = len(site.name) > GENERIC
    name, name_en = (site.name, site.name_en) if named else (f"{community[0]}{kind}", f"{community[1]} {kind_en}")
    return f"{name}专属网格", f"{name_en} Dedicated Grid".strip() if name_en else ""
