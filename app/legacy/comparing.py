"""Nets side by side: over the blocks, with what they leave out and cover twice, and each against another or today."""

from typing import Any, NamedTuple

import numpy as np
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from scipy.sparse import csc_array
from sqlalchemy.orm import Session

from app import sheets
from app.errors import Conflict, NotFound
from app.kept import Kept, stamp_of
from app.legacy import queries
from app.legacy.ground import Under, found_in, under
from app.legacy.laying import is_laid
from app.legacy.models import NetState
from app.plans import ground as plan_ground
from app.plans import stored
from app.plans.ground import DATASETS
from app.plans.queries import Ground
from app.plans.stored import Reader
from gis.crosswalk import Overlay, Shared, crosswalk, disagreements, doubles, gaps, kept, of_blocks, overlay_of
from gis.plan import NO_GRID, Plan
from gis.plan_scores import moved

TODAY = 0  # as a net: the grids in force
_laid_over: Kept[Overlay] = Kept(64)


class Net(NamedTuple):
    """A net over the blocks of an area, with the id, name and code of each of its grids."""

    id: int
    name: str
    overlay: Overlay
    ids: list[int]
    names: list[str]
    codes: list[str]


class Area(NamedTuple):
    """An area with its blocks as plans know them, and as nets lie on them; in the same order."""

    id: int
    ground: Ground
    under: Under


def area_of(session: Session, asks: Reader, area: int) -> Area:
    """The area. NotFound."""
    if area not in asks.redraws:
        raise NotFound(_("You do not redraw the grids of the whole of this area."), field="area_id")
    return Area(area, plan_ground.ground_of(session, area).ground, under(session, area))


def net_of(session: Session, asks: Reader, area: Area, number: int, field: str = "net") -> Net:
    """A net that was taken, or today's. NotFound; Conflict where it is not known how it lies on the ground of now."""
    if number == TODAY:
        return _today(session, area)
    heads = [head for head in queries.heads(session, asks.redraws, net=number) if head["state"] == NetState.TAKEN]
    if not heads:
        raise NotFound(_("There is no such net in your area."), field=field)
    (head,) = heads
    if not is_laid(session, head):
        raise Conflict(
            _("“%(name)s” is to be laid over the blocks anew: they have changed.", name=head["name"]), field=field
        )
    return _net(session, area, head)


def nets_of(session: Session, asks: Reader, area: Area) -> tuple[list[Net], list[int]]:
    """The nets that were taken and have to do with an area, and the ids of those that are to be laid over it anew."""
    heads = [one for one in queries.heads(session, asks.redraws, area=area.id) if one["state"] == NetState.TAKEN]
    laid = [is_laid(session, head) for head in heads]
    nets = [_net(session, area, head) for head, known in zip(heads, laid, strict=True) if known]
    return nets, [head["id"] for head, known in zip(heads, laid, strict=True) if not known]


def _net(session: Session, area: Area, head: Any) -> Net:
    number = head["id"]
    rows = queries.names(session, number)
    stamp = (*stamp_of(session, *DATASETS), (head["version"],))
    overlay = _laid_over.get((stamp[0][0], area.id, number), stamp, lambda: _read(session, area, head))
    names = [row.name or row.code or f"#{row.number}" for row in rows]
    return Net(number, head["name"], overlay, [row.id for row in rows], names, [row.code for row in rows])


def _read(session: Session, area: Area, head: Any) -> Overlay:
    """A net over the blocks of an area, as it was laid over those of its own."""
    inside, own = queries.inside(session, head["id"]), under(session, head["area_id"]).places
    starts = np.cumsum([0, *(len(one) for one in inside)])
    places = [place for one in inside for place in one]
    held = csc_array((np.ones(len(places)), places, starts), shape=(len(own.block), len(inside))).tocsr()
    at = found_in(area.under.places, own)
    asked = at >= 0
    found = held[at[asked]].tocoo()
    place, grid = np.flatnonzero(asked)[found.row], found.col.astype(np.int64)
    return overlay_of(area.under.places, len(inside), place, grid, asked)


def _today(session: Session, area: Area) -> Net:
    grids, of = np.unique(area.ground.today.of, return_inverse=True)
    known = stored.todays_grids(session, np.unique(area.ground.community).tolist())
    rows = [known[str(grid)] for grid in grids.tolist()]
    overlay = of_blocks(area.under.places, of.astype(np.int32))
    names, codes = [row["name"] for row in rows], [row["code"] for row in rows]
    return Net(TODAY, gettext("Today's grids"), overlay, grids.tolist(), names, codes)


def overlays(session: Session, asks: Reader, number: int) -> dict[str, Any]:
    """Every net over the blocks of an area: which grid has most of each block, and how much of it. NotFound."""
    area = area_of(session, asks, number)
    nets, unlaid = nets_of(session, asks, area)
    return {
        "blocks": area.under.ids.tolist(),
        "households": int(area.ground.atoms.households.sum()),
        "nets": [_laid(net, area.ground) for net in nets],
        "unlaid": unlaid,
    }


def _laid(net: Net, ground: Ground) -> dict[str, Any]:
    overlay, atoms = net.overlay, ground.atoms
    lodged = overlay.of != NO_GRID
    households = np.bincount(overlay.of[lodged], atoms.households[lodged], minlength=overlay.grids)
    blocks = np.bincount(overlay.of[lodged], minlength=overlay.grids)
    columns = (net.ids, net.names, net.codes, households.astype(int).tolist(), blocks.tolist())
    return {
        "id": net.id,
        "name": net.name,
        "of": [net.ids[grid] if grid != NO_GRID else None for grid in overlay.of.tolist()],
        "share": overlay.share.round(3).tolist(),
        "grids": [
            dict(zip(("id", "name", "code", "households", "blocks"), row, strict=True))
            for row in zip(*columns, strict=True)
        ],
        "as_today": round(kept(overlay.of, ground.today.of, atoms.households), 4) if households.any() else None,
    }


def amiss(session: Session, asks: Reader, number: int) -> dict[str, Any]:
    """What each net leaves out and covers twice, the most households first. NotFound."""
    area = area_of(session, asks, number)
    return {"nets": [_amiss(net, area.under.ids) for net in nets_of(session, asks, area)[0]]}


def _amiss(net: Net, ids: NDArray[np.int64]) -> dict[str, Any]:
    lost, twice = gaps(net.overlay), doubles(net.overlay)
    gap = [{"block": int(ids[block]), "households": count} for block, count in lost.items()]
    double = [
        {
            "grids": [{"id": net.ids[grid], "name": net.names[grid]} for grid in pair],
            "blocks": ids[list(part.blocks)].tolist(),
            "households": part.households,
        }
        for pair, part in twice.items()
    ]
    return {
        "id": net.id,
        "name": net.name,
        "gaps": sorted(gap, key=lambda one: -one["households"]),
        "doubles": sorted(double, key=lambda one: -one["households"]),
        "households": {
            "in_no_grid": sum(lost.values()),
            "in_several": int(net.overlay.places.households[net.overlay.times > 1].sum()),
        },
    }


def compared(session: Session, asks: Reader, number: int, one: int, two: int) -> dict[str, Any]:
    """Two nets by households, and where they disagree: borders of one alone, blocks that stray. NotFound."""
    area = area_of(session, asks, number)
    mine, theirs = net_of(session, asks, area, one, "one"), net_of(session, asks, area, two, "two")
    atoms, ids = area.ground.atoms, area.under.ids
    apart = np.flatnonzero(disagreements(atoms, mine.overlay.of, theirs.overlay.of) & (atoms.tail < atoms.near))
    lodged = (mine.overlay.of != NO_GRID) & (theirs.overlay.of != NO_GRID)
    astray = np.flatnonzero(moved(Plan(atoms, mine.overlay.of), Plan(atoms, theirs.overlay.of)) & lodged)
    return {
        "one": {"id": mine.id, "name": mine.name},
        "two": {"id": theirs.id, "name": theirs.name},
        "rows": [_row(shared, mine, theirs) for shared in _sorted(mine, theirs)],
        "borders": {"one": ids[atoms.tail[apart]].tolist(), "two": ids[atoms.near[apart]].tolist()},
        "blocks": ids[astray].tolist(),
        "households": int(atoms.households[astray].sum()),
    }


def _sorted(mine: Net, theirs: Net) -> list[Shared]:
    """The pairs by grid of the first net, those with most households first; what is in none comes last."""
    return sorted(
        crosswalk(mine.overlay, theirs.overlay), key=lambda row: (row.one == NO_GRID, row.one, -row.households)
    )


def _row(shared: Shared, mine: Net, theirs: Net) -> dict[str, Any]:
    def grid(net: Net, at: int) -> dict[str, Any] | None:
        return None if at == NO_GRID else {"id": net.ids[at], "name": net.names[at], "code": net.codes[at]}

    return {
        "one": grid(mine, shared.one),
        "two": grid(theirs, shared.two),
        "households": shared.households,
        "buildings": shared.buildings,
    }


def sheet(told: dict[str, Any]) -> bytes:
    """A crosswalk as a workbook."""
    one, two = told["one"]["name"], told["two"]["name"]
    columns = [one, gettext("Code"), two, gettext("Code"), gettext("Households"), gettext("Buildings")]
    columns += [gettext("Share of the first grid"), gettext("Share of the second grid")]
    whole: dict[tuple[str, Any], int] = {}
    for row in told["rows"]:
        for side in ("one", "two"):
            key = side, row[side] and row[side]["id"]
            whole[key] = whole.get(key, 0) + row["households"]
    rows = [
        [
            *_cells(row["one"]),
            *_cells(row["two"]),
            row["households"],
            row["buildings"],
            *(
                round(row["households"] / held, 4) if (held := whole[side, row[side] and row[side]["id"]]) else None
                for side in ("one", "two")
            ),
        ]
        for row in told["rows"]
    ]
    return sheets.xlsx_bytes(f"{one} – {two}", columns, rows)


def _cells(grid: dict[str, Any] | None) -> tuple[str, str]:
    return (gettext("in no grid"), "") if grid is None else (grid["name"], grid["code"])
