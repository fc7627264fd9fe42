"""Invented names, Chinese with English beside, written "春晓苑|Chunxiao Garden" until they are stored."""

import numpy as np

FIRST = (
    "春 Chun,新 Xin,柳 Liu,荷 He,云 Yun,青 Qing,明 Ming,安 An,和 He,锦 Jin,秀 Xiu,兰 Lan,竹 Zhu,松 Song,梅 Mei,桂 Gui,"
    "丹 Dan,银 Yin,金 Jin,玉 Yu,清 Qing,碧 Bi,翠 Cui,景 Jing,文 Wen,德 De,仁 Ren,福 Fu,永 Yong,长 Chang,东 Dong,南 Nan,"
    "华 Hua,建 Jian,望 Wang,晨 Chen,星 Xing,月 Yue,海 Hai,虹 Hong,芳 Fang,石 Shi,桐 Tong,槐 Huai,杏 Xing,樱 Ying,"
    "瑞 Rui,嘉 Jia,凤 Feng,龙 Long,紫 Zi,雅 Ya,宝 Bao,同 Tong,先 Xian,朝 Chao,白 Bai,枫 Feng"
)
SECOND = (
    "晓 xiao,桥 qiao,荫 yin,岸 an,溪 xi,园 yuan,泉 quan,江 jiang,湖 hu,林 lin,山 shan,河 he,光 guang,平 ping,宁 ning,"
    "乐 le,泰 tai,庆 qing,丰 feng,裕 yu,祥 xiang,康 kang,和 he,阳 yang,港 gang,渡 du,浦 pu,塘 tang,台 tai,庭 ting,"
    "浜 bang,州 zhou,谷 gu,风 feng,波 bo,舟 zhou,"
    "田 tian,苑 yuan,城 cheng,门 men,洲 zhou,屏 ping"
)
ESTATES = {
    "old": ("新村|New Village", "小区|Residential Quarter", "里|Lane Estate", "家园|Homes", "一村|First Village"),
    "mid": ("苑|Garden", "花园|Garden Estate", "家园|Homes", "雅居|Residence", "佳苑|Fine Garden"),
    "tower": ("名邸|Mansion", "华庭|Court", "国际|International", "天地|Skyline", "府|House", "公馆|Residences"),
    "village": ("村|Village",),
}


def parts(name: str) -> tuple[str, str]:
    """The Chinese and the English half of a name."""
    chinese, _, english = name.partition("|")
    return chinese, english


class Namer:
    """Deals out names, each stem once."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Shuffle all stems of two characters."""
        first = [part.split() for part in FIRST.split(",")]
        second = [part.split() for part in SECOND.split(",")]
        stems = [(a + b, pa + pb) for a, pa in first for b, pb in second if a != b]
        self._stems: list[tuple[str, str]] = [stems[k] for k in rng.permutation(len(stems)).tolist()]
        self._rng = rng

    def stem(self) -> tuple[str, str]:
        """A stem never dealt before, such as ("柳荫", "Liuyin")."""
        return self._stems.pop()

    def street(self, suffix: str) -> str:
        """A street name; `suffix` such as "路|Road"."""
        return self.named(suffix)

    def named(self, suffix: str) -> str:
        """A stem with a suffix such as "社区|Community"."""
        stem, pinyin = self.stem()
        chinese, english = parts(suffix)
        return f"{stem}{chinese}|{pinyin} {english}"

    def estate(self, age: str) -> str:
        """The name of an estate of the given age: old, mid, tower or village."""
        suffixes = ESTATES[age]
        return self.named(suffixes[int(self._rng.integers(len(suffixes)))])
