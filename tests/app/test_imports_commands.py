"""`wangge import osm` and `wangge check` as a person calls them."""

import json
import re

import pytest
from click.testing import CliRunner

from app.cluster.database import text_of
from app.db import Session
from app.imports.commands import check, import_
from app.settings import Settings
from tests.gis.osm_text import BOX, Osm

BOX_TEXT = ",".join(map(str, BOX))


@pytest.fixture
def call(empty_database, engine, tmp_path):
    """Calls a command on a database of its own: `call(check, "--json")`."""
    settings = Settings(home=tmp_path, database_url=text_of(empty_database.owner))

    def call_(command, *arguments):
        return CliRunner().invoke(command, [str(argument) for argument in arguments], obj=settings)

    yield call_
    Session.configure(bind=engine)


@pytest.fixture
def town(tmp_path):
    """A file with a crossing and four slabs."""
    osm = Osm()
    osm.cross_roads()
    for x, y in ((2, 2), (7, 2), (2, 7), (7, 7)):
        osm.ring([(x, y), (x + 1, y), (x + 1, y + 0.2), (x, y + 0.2)], building="apartments")
    return osm.write(tmp_path)


def test_a_town_is_imported_once_and_passes_the_check(call, town):
    arguments = ("osm", town, "--area", "测试", "--bbox", BOX_TEXT, "--invent-households", "--json")
    first = call(import_, *arguments)
    assert first.exit_code == 0, first.exception
    loaded = json.loads(first.stdout)
    assert loaded["changed"]
    assert loaded["rows"]["buildings"] == 4
    assert {"reason", "count", "examples"} == set(loaded["report"]["kept"][0])
    second = json.loads(call(import_, *arguments).stdout)
    assert (second["changed"], second["district_id"]) == (False, loaded["district_id"])
    assert second["code"] == loaded["code"]
    assert re.fullmatch(r"99\d{10}", loaded["code"])

    checked = call(check, "--json")
    assert checked.exit_code == 0, checked.exception
    finding = json.loads(checked.stdout)
    assert finding["sound"]
    assert finding["counts"]["buildings"] == 4
    assert "vacant_posts" in {violation["kind"] for violation in finding["violations"]}

    other = call(import_, "osm", town, "--area", "测试", "--bbox", BOX_TEXT)
    assert other.exit_code != 0
    assert "is here already" in str(other.exception)


def test_a_dry_run_reports_and_loads_nothing(call, town):
    result = call(import_, "osm", town, "--bbox", BOX_TEXT, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Nothing was loaded" in result.stdout
    assert "4  buildings" in result.stdout
    checked = call(check, "--json")
    assert checked.exit_code == 0, checked.exception
    assert json.loads(checked.stdout)["counts"]["buildings"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bbox", "1,2,3"), "four numbers"),
        (("--bbox", "3,2,1,4"), "W < E"),
        (("--bbox", "nan,2,nan,4"), "W < E"),
        (("--area", " "), "needs a name"),
    ],
)
def test_a_wrong_option_is_named(call, town, arguments, said):
    result = call(import_, "osm", town, *arguments, "--dry-run")
    assert result.exit_code != 0
    assert said in str(result.exception)


def test_a_file_of_another_kind_is_refused(call, tmp_path):
    file = tmp_path / "town.geojson"
    file.write_text("{}")
    result = call(import_, "osm", file, "--dry-run")
    assert "is not an OpenStreetMap file" in str(result.exception)


def test_a_damaged_file_is_refused(call, tmp_path):
    file = tmp_path / "town.osm"
    file.write_text("<osm")
    result = call(import_, "osm", file, "--dry-run")
    assert "cannot be read" in str(result.exception)
