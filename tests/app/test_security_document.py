"""docs/security.md and docs/asvs.md say what is so: rights, tables, requirements, and tests that exist."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from app.accounts.models import Role
from app.accounts.rights import Capability, reach
from app.db import Base

ROOT = Path(__file__).resolve().parents[2]
SECURITY, ASVS = (ROOT / "docs" / name for name in ("security.md", "asvs.md"))
NAMED = re.compile(r"`([\w/.-]+\.(?:py|ts|md|html|sh|lock|json|toml))(?:::(\w+))?`")
NOT_OF_THE_REPOSITORY = {"cluster.json"}  # files of a home

# The level of each requirement of OWASP ASVS 5.0.0, section by section.
LEVELS = {
    "V1": ["22", "1111122223", "112222222223", "222", "123"],
    "V2": ["122", "112", "12223", "23"],
    "V3": ["3", "113", "12223", "11222233", "11122333", "3", "22333"],
    "V4": ["12233", "23333", "22", "1222"],
    "V5": ["2", "112333", "113", "222"],
    "V6": ["122", "111111112222", "11223333", "112233", "22222333", "2223", "33", "2222"],
    "V7": ["222", "1111", "22", "11222", "223", "22"],
    "V8": ["1233", "1123", "133", "23"],
    "V9": ["111", "1222"],
    "V10": ["22", "223", "22223", "1111122222233333", "22222", "22", "222"],
    "V11": ["2233", "22233", "11233", "1222", "23", "23", "33"],
    "V12": ["12233", "11", "22223"],
    "V13": ["2333", "222223", "2233", "1222233"],
    "V14": ["22", "12223333", "122"],
    "V15": ["12233", "12233", "1222222", "3333"],
    "V16": ["2", "22222", "2222", "222", "2223"],
    "V17": ["23", "22223333", "22"],
}
VERDICTS = ("met", "not met", "not applicable", "operator")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(start, document=ASVS):
    """The cells of every row that begins so."""
    return [cells(line) for line in document.read_text().splitlines() if line.startswith(start)]


def test_the_table_of_rights_is_the_one_in_the_code():
    wanted = [["capability", *(role.replace("_", " ") for role in Role)]]
    wanted += [[f"`{one}`", *(reach(role, one) or "–" for role in Role)] for one in Capability]
    capabilities = "|".join(map(re.escape, Capability))
    found = [row for row in rows("| ", SECURITY) if re.fullmatch(f"capability|`({capabilities})`", row[0])]
    assert found == wanted


def test_every_table_of_the_database_has_its_place():
    """A table with a row of its own is about somebody, or secret; the others are listed in a sentence."""
    text = SECURITY.read_text()
    in_rows = {row[0].strip("`") for row in rows("| `", SECURITY)}
    in_words = set(re.findall(r"`(\w+)`", re.search(r"Not about anybody.*?\n\n", text, re.DOTALL).group()))
    for models in ROOT.glob("app/*/models.py"):
        import_module(f"app.{models.parent.name}.models")
    tables = set(Base.metadata.tables)
    assert in_rows & in_words == set()
    assert tables - in_rows - in_words == set()
    assert in_words <= tables


def test_every_requirement_of_levels_1_and_2_stands_once_and_in_order():
    wanted = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in LEVELS.items()
        for section, levels in enumerate(sections, 1)
        for number, level in enumerate(levels, 1)
        if level in "12"
    ]
    assert [row[0] for row in rows("| V")] == wanted
    assert Counter("".join(map("".join, LEVELS.values()))) == {"1": 70, "2": 183, "3": 92}


def test_the_verdicts_are_counted_and_those_that_are_not_met_are_named():
    judged = rows("| V")
    counted = Counter(row[2] for row in judged)
    assert set(counted) <= set(VERDICTS)
    assert [row for row in rows("| ") if row[0] in VERDICTS] == [[one, str(counted[one])] for one in VERDICTS]
    named = re.search(r"^Not met: (.*)\.$", ASVS.read_text(), re.MULTILINE).group(1)
    assert named.split(", ") == [row[0] for row in judged if row[2] == "not met"]


def test_what_is_met_has_a_test_or_a_place_and_the_rest_a_reason():
    for number, _, verdict, evidence in rows("| V"):
        assert evidence, number
        assert verdict != "met" or NAMED.search(evidence), number


@pytest.mark.parametrize("document", [SECURITY, ASVS], ids=lambda document: document.name)
def test_every_test_and_file_that_is_named_exists(document):
    missing = []
    for path, test in NAMED.findall(document.read_text()):
        if path in NOT_OF_THE_REPOSITORY:
            continue
        file = next((root / path for root in (ROOT / "tests", ROOT) if (root / path).is_file()), None)
        if file is None or (test and not re.search(rf"^(?:async )?def {test}\(", file.read_text(), re.MULTILINE)):
            missing.append(f"{path}::{test}")
    assert missing == []
