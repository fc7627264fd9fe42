"""Blocks as the faces of all cuts, and grids as blocks grown together."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.demo.communities import neighbours
from gis.demo.landuse import Use
from gis.demo.sites import Site

SNAP = 0.01  # metres to which all cuts are rounded
ACROSS_STREET = 12.0  # how much worse it is to grow a grid over a street than inside a superblock
ACROSS_RAIL = 400.0


@dataclass(slots=True)
class DraftBlock:
    """A block in local metres: `site` it lies on, superblock `face`, and its grid, base ones first."""

    polygon: Polygon
    site: int
    face: int
    community: int
    grid: int | None


def make_blocks(
    boundaries: Sequence[LineString],
    sites: Sequence[Site],
    community_of: Sequence[int],
    base_grids: int,
) -> list[DraftBlock]:
    """All blocks with the grids that their sites ask for; `boundaries` are the borders of superblocks and parcels."""
    cuts = [cut for site in sites for cut in site.cuts]
    noded = shapely.union_all([*boundaries, *cuts], grid_size=SNAP)
    faces = [face for face in shapely.polygonize([noded]).geoms if isinstance(face, Polygon)]
    pieces: list[tuple[BaseGeometry, int, int | None]] = []
    for k, site in enumerate(sites):
        dedicated = site.parcel.request.dedicated
        grid = None if dedicated is None else base_grids + dedicated
        pieces += [(p, k, g) for p, g in site.blocks] or [(site.parcel.polygon, k, grid)]
    # Nearest, not around: the middle of a face lies in its piece but for rounding.
    owners = STRtree([p for p, _, _ in pieces]).nearest(shapely.point_on_surface(np.array(faces, dtype=object)))
    drafts = []
    for face, owner in zip(faces, owners.tolist(), strict=True):
        _, k, grid = pieces[owner]
        superblock = sites[k].parcel.face
        drafts.append(DraftBlock(face, k, superblock, community_of[superblock], grid))
    return drafts


def grow_grids(blocks: Sequence[DraftBlock], sites: Sequence[Site], base_grids: int) -> None:
    """Give every block without a grid the base grid nearest over blocks of its community, else a dedicated one."""
    near = neighbours([b.polygon for b in blocks])
    rail = [sites[b.site].parcel.request.use is Use.RAIL for b in blocks]
    for dedicated in (False, True):
        seeds = [(k, b.grid) for k, b in enumerate(blocks) if b.grid is not None]
        heap = [(0.0, k, grid) for k, grid in seeds if (grid >= base_grids) is dedicated]
        heapq.heapify(heap)
        while heap:
            cost, k, grid = heapq.heappop(heap)
            if blocks[k].grid is None:
                blocks[k].grid = grid
            elif blocks[k].grid != grid:
                continue
            for other in near[k]:
                if blocks[other].grid is None and blocks[other].community == blocks[k].community:
                    step = 1.0 if blocks[other].face == blocks[k].face else ACROSS_STREET
                    step = ACROSS_RAIL if rail[k] and rail[other] else step
                    heapq.heappush(heap, (cost + step, other, grid))
