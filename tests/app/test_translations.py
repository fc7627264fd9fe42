"""Every text that a person can see has its Chinese."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.audit.acts import ACTS, ONE, Names, sentence
from app.audit.chain import Finding, Kind
from app.audit.service import RECENTLY_ANY, describe
from app.counts import counted

ROOT = Path(__file__).resolve().parents[2]
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "t": None}
SCRIPT = re.compile(r"""\bt\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`$]*)`)""")
COUNTED = re.compile(r"""\btn\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)\"""")
# Nouns that follow their number and may be one: t() would write "1 blocks".
NOUNS = (
    "blocks|grids|households|buildings|edits|entrances|floors|people|stations|doors|workers|rows|kinds|candidates|sites"
)
UNINFLECTED = re.compile(rf"\{{\w+\}} (?:\w+ )?(?:{NOUNS})\b")
# The same of the server; a limit is never one.
NOUNS_TOO = f"{NOUNS}|seconds|minutes|metres|hours|days|drills|runs|doors|places|parts|codes|posts|plans|rows|are|were"
UNINFLECTED_TOO = re.compile(
    rf"(?i)(?<!at most )(?<!at least )(?<!more than )(?<!up to )(?<!1 to )%\(\w+\)[sd] (?:\w+ )?(?:{NOUNS_TOO})\b"
)
# What is always many: it is told for being too many, or it is a number that is set.
ALWAYS_MANY = (
    "alone has %(households)d",
    "%(households)d households are too many",
    "%(count)d buildings: print at most",
    "%(count)d places are too many",
    "counts like %(count)d households",
    "Coverage within %(seconds)d seconds",
    "The list has %(count)d doors; at most",
    "joined to them is %(metres)d metres away, at most",
    "%(runs)d runs from",
    "At least %(runs)d runs of a mode",
    "Calibrated with %(runs)d drills",
    "newest %(rows)s rows",
    "rows %(id)s to %(until)s",
    "%(seconds)d s were measured",
)
PLURAL = re.compile(rf" (?:\w+ )?(?:{NOUNS_TOO}|flags|findings|invariants|targets|households)\b(?!/)")
SQL = re.compile("SELECT|interval")  # which has plurals of its own
COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", flags=re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def texts_of_python_and_pages() -> Iterator[tuple[str, str]]:
    """(place, text) of every marked text in app/."""
    for file, line, text, _, _ in extract_from_dir(ROOT / "app", METHODS, keywords=KEYWORDS):
        for message in text if isinstance(text, tuple) else (text,):
            yield f"app/{file}:{line}", message


def texts_of_scripts() -> Iterator[tuple[str, str]]:
    """(place, text) of every `t("…")`, and both texts of every `tn("…", "…", n)`, in static/src."""
    for file in sorted((ROOT / "static/src").rglob("*.ts")):
        source = COMMENT.sub("", file.read_text())
        for match in [*SCRIPT.finditer(source), *COUNTED.finditer(source)]:
            line = source.count("\n", 0, match.start()) + 1
            for text in match.groups():
                if text is not None:
                    plain = text.encode().decode("unicode_escape").encode("latin-1").decode()
                    yield f"{file.relative_to(ROOT)}:{line}", plain


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    with (ROOT / "app/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="zh", abort_invalid=True)
    return {
        identity: entry.string if isinstance(entry.string, str) else entry.string[0]
        for entry in catalogue
        if entry.id and not entry.fuzzy
        for identity in ([entry.id] if isinstance(entry.id, str) else entry.id)
    }


@pytest.mark.parametrize("texts", [texts_of_python_and_pages, texts_of_scripts])
def test_every_text_has_its_chinese(texts, chinese):
    found = list(texts())
    assert len(found) > 50, "the texts were not found"
    assert [f"{place}: {text}" for place, text in found if not chinese.get(text)] == []


def test_what_is_counted_on_the_map_has_a_form_for_one():
    source = [COMMENT.sub("", file.read_text()) for file in sorted((ROOT / "static/src").rglob("*.ts"))]
    found = [match for text in source for match in SCRIPT.findall(text)]
    assert [text for match in found for text in match if UNINFLECTED.search(text)] == []
    assert len([match for text in source for match in COUNTED.findall(text)]) > 30


def test_what_the_server_counts_has_a_form_for_one():
    forms = [text for _, _, text, *_ in extract_from_dir(ROOT / "app", METHODS, keywords=KEYWORDS)]
    alone = [text for text in forms if isinstance(text, str) and not any(many in text for many in ALWAYS_MANY)]
    of_one = {str(ACTS[act].sentence) for act in ONE}
    assert [text for text in alone if UNINFLECTED_TOO.search(text) and text not in of_one] == []
    assert len(of_one) > 10


def plurals_of_commands() -> Iterator[str]:
    """Every f-string of app/ in which a plural follows a value: commands and logs speak English, and use `counted`."""
    for file in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            for value, text in pairwise(node.values if isinstance(node, ast.JoinedStr) else ()):
                plain = str(text.value) if isinstance(text, ast.Constant) else ""
                if isinstance(value, ast.FormattedValue) and PLURAL.match(plain):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def test_what_a_command_counts_has_a_form_for_one():
    assert [one for one in plurals_of_commands() if not SQL.search(one)] == []
    assert [counted(number, "row") for number in (0, 1, 2, 12_000)] == ["0 rows", "1 row", "2 rows", "12,000 rows"]


def test_the_audit_tells_of_one_code_one_row_and_one_backup_as_of_one(app):
    nobody = Names({}, {})
    assert sentence("recovery.used", "user", "7", {"left": 1}, nobody) == "used a recovery code, 1 is left"
    assert sentence("recovery.used", "user", "7", {"left": 2}, nobody) == "used a recovery code, 2 are left"
    assert describe(Finding(5, Kind.REMOVED, 5)) == "row 5 was removed"
    assert describe(Finding(5, Kind.REMOVED, 6)) == "rows 5 to 6 were removed"
    assert describe(Finding(5, Kind.CUT, 5)) == "the newest row, 5, is gone"
    with app.test_request_context("/?lang=en"):
        assert RECENTLY_ANY["database.restored"](1).startswith("backup put ")
        assert RECENTLY_ANY["database.restored"](2).startswith("backups put ")


def test_the_audit_tells_of_one_household_as_of_one():
    nobody = Names({}, {})
    assert sentence("household.seen", "building", "7", {"households": [5]}, nobody) == "saw 1 household of building 7"
    assert sentence("household.seen", "building", "7", {"households": [5, 6]}, nobody).startswith("saw 2 households")
    assert sentence("household.seen", "building", "7", {}, nobody) == "saw – households of building 7"


def test_the_browser_gets_what_is_counted_under_its_singular(client, chinese):
    sent = client.get("/i18n/zh.json").json
    assert sent["{n} block"] == chinese["{n} block"] == chinese["{n} blocks"]


def test_a_translation_keeps_the_places_for_values(chinese):
    assert [
        identity
        for identity, translation in chinese.items()
        if sorted(set(PLACEHOLDER.findall(identity))) != sorted(set(PLACEHOLDER.findall(translation)))
    ] == []


def test_a_text_stands_in_the_catalogue_once():
    source = (ROOT / "app/translations/zh/LC_MESSAGES/messages.po").read_text()
    keys = re.findall(r'^msgid "(.+)"$', source, flags=re.MULTILINE)
    assert sorted({key for key in keys if keys.count(key) > 1}) == []
