"""Names of everything built: sites, communities, grids."""

from collections.abc import Sequence

import numpy as np

from gis.demo.figures import Figures
from gis.demo.landuse import Use
from gis.demo.names import Namer
from gis.demo.sites import Site

_SUFFIX = {
    Use.PARK: "公园|Park",
    Use.POCKET: "街心花园|Pocket Park",
    Use.HOSPITAL: "医院|Hospital",
    Use.MALL: "广场|Plaza",
    Use.OFFICE: "商务中心|Business Centre",
    Use.INDUSTRY: "产业园|Industrial Park",
    Use.KINDERGARTEN: "幼儿园|Kindergarten",
    Use.MARKET: "便民市场|Market",
    Use.POLICE: "派出所|Police Station",
    Use.FIRE: "消防救援站|Fire Station",
    Use.CENTRE: "党群服务中心|Community Service Centre",
    Use.TOWNHALL: "政务服务中心|Government Service Centre",
    Use.CARE: "养老服务中心|Care Home",
}
_SCHOOLS = ("小学|Primary School", "中学|Middle School", "实验学校|Experimental School")
NUMERALS = "一二三四五六七八九十"


def site_names(sites: Sequence[Site], namer: Namer, rng: np.random.Generator) -> list[str]:
    """A name for every site; "" for open land. The parcels of one dedicated grid share their name."""
    shared: dict[int, str] = {}
    names = []
    for site in sites:
        request = site.parcel.request
        if request.use in (Use.ESTATE, Use.VILLAGE):
            name = namer.estate(site.age)
        elif request.use is Use.SCHOOL:
            name = namer.named(_SCHOOLS[int(rng.integers(len(_SCHOOLS)))])
        elif request.use in _SUFFIX:
            name = namer.named(_SUFFIX[request.use])
        else:
            name = ""
        if request.dedicated is not None:
            name = shared.setdefault(request.dedicated, name)
        names.append(name)
    return names


def community_names(figures: Figures, namer: Namer) -> list[str]:
    """A name for every community."""
    return [namer.named("社区|Community") for _ in range(figures.communities)]


def numeral(n: int) -> str:
    """A number from 1 to 99 in Chinese, as in 第十二网格."""
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens - 1] + "十")
    return head + (NUMERALS[ones - 1] if ones else "")
