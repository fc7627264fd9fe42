"""Names and phones as they are shown to who has not asked for them: enough to recognise, not enough to use."""

import re

STAR = "*"
LATIN_STARS = STAR * 3
MIDDLE = STAR * 4
SHOWN_DIGITS = 4  # at most, and never more than half of a number
_PAIRS = (
    "欧阳司马上官诸葛夏侯东方皇甫尉迟公孙慕容令狐司徒端木独孤南宫长孙宇文轩辕百里东郭呼延钟离申屠公冶澹台太叔赫连闻人淳于"
    "单于濮阳宗政仲孙司空闾丘第五西门拓跋公羊谷梁左丘东门万俟鲜于梁丘乐正司寇"
    "歐陽司馬諸葛東方尉遲公孫獨孤長孫軒轅東郭鍾離澹臺赫連聞人單于濮陽仲孫閭丘西門穀梁左丘東門鮮于樂正"
)
COMPOUND = frozenset(_PAIRS[place : place + 2] for place in range(0, len(_PAIRS), 2))
"""Surnames of two characters."""

DOTS = "·•・‧．"
"""What stands between the parts of a name from a minority language or a foreign one."""

MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})")
LANDLINE = re.compile(r"(?:\+?86)?(0(?:10|2\d|00)|0[3-9]\d\d)(\d{7,8})")


def mask_name(name: str) -> str:
    """The name with its surname, or its first letters, alone: 张*, 欧阳**, 买**·艾*, J*** S***; empty for none."""
    name = " ".join(name.split())
    if parts := [part for part in re.split(f"[{DOTS}]", name) if part]:
        masked = [_mask_words(part, alone=len(parts) == 1) for part in parts]
        return "·".join(masked)
    return ""


def mask_phone(phone: str) -> str:
    """The number with its middle hidden: 138****5678, 0536****4567, +****2671; empty for none."""
    number = dialled(phone)
    if found := MOBILE.fullmatch(number):
        return found[1] + MIDDLE + found[2]
    if found := LANDLINE.fullmatch(number):
        return found[1] + MIDDLE + found[2][-SHOWN_DIGITS:]
    digits = number.removeprefix("+")
    abroad = "+" if number.startswith(("+", "00")) else ""
    return abroad + MIDDLE + digits[len(digits) - _shown(digits) :] if phone.strip() else ""


def dialled(phone: str) -> str:
    """The digits of a number without an extension, after a + where it has one; full-width digits too."""
    main = re.split(r"[转轉#x,;]|ext", phone.strip().lower(), maxsplit=1)[0]
    digits = "".join(str(int(sign)) for sign in main if sign.isdecimal())
    return f"+{digits}" if digits and main.lstrip().startswith(("+", "＋")) else digits


def _shown(digits: str) -> int:
    """How many of the last digits may be shown."""
    return min(SHOWN_DIGITS, len(digits) // 2) if len(digits) > SHOWN_DIGITS else 0


def _mask_words(part: str, *, alone: bool) -> str:
    """One part of a name: Latin words by their first letters, Chinese by the surname."""
    if _is_latin(part):
        return " ".join(word[0] + LATIN_STARS for word in part.split())
    part = part.replace(" ", "")
    if len(part) == 1:
        return STAR
    surname = 2 if alone and part[:2] in COMPOUND and len(part) > 2 else 1  # noqa: PLR2004 (characters)
    return part[:surname] + STAR * min(len(part) - surname, 2)


def _is_latin(part: str) -> bool:
    """Whether the name is written in letters that do not each stand for a syllable."""
    return any(sign.isalpha() and ord(sign) < 0x2E80 for sign in part)  # noqa: PLR2004 (where CJK begins)
