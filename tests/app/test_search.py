"""Finding places by what a person types."""

import pytest
from sqlalchemy import text

from app.search import service
from tests.app.places import places


@pytest.fixture
def named(session):
    """The demo town, where the first community is 新城社区 and has a few places with telling names."""
    own, foreign = places(session)
    for sql in (
        "UPDATE areas SET name = '新城社区', name_en = 'Xincheng' WHERE id = :area",
        "UPDATE compounds SET name = '新城花园' WHERE id = :compound",
        "UPDATE stations SET name = '长宁卫生站', address = '海棠路100%号' WHERE id = :station",
        "UPDATE buildings SET name = '', address = '银杏路8号' WHERE id = :building",
    ):
        session.execute(text(sql), own)
    session.execute(text("UPDATE compounds SET name = '新城别苑' WHERE id = :compound"), foreign)
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    service.rebuild(session, district)
    session.commit()
    return own, foreign


@pytest.fixture
def find(client_as, named):
    client = client_as("coordinator")

    def ask(query, **more):
        answer = client.get("/api/v1/search", query_string={"q": query, **more})
        assert answer.status_code == 200, answer.text
        return answer.json["results"]

    return ask


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("新城社区", "name"),
        ("新城", "name"),
        ("  新城　社区 ", "text"),
        ("xincheng", "name"),
        ("xin cheng she qu", "pinyin"),
        ("XinChengShe", "pinyin"),
        ("xcsq", "initials"),
        ("xc", "initials"),
        ("ＸＣＳＱ", "initials"),
    ],
)
def test_a_community_is_found_by_name_pinyin_and_initials(query, match, find, named):
    own, _ = named
    first = find(query)[0]
    assert (first["kind"], first["id"], first["name"], first["match"]) == ("area", own["area"], "新城社区", match)
    west, south, east, north = first["bbox"]
    assert west < first["lon"] < east
    assert south < first["lat"] < north


def test_a_name_comes_before_a_name_that_only_holds_it(find, session, named):
    names = [found["name"] for found in find("新城")]
    assert names[0] == "新城社区"
    assert {"新城花园", "新城别苑"} <= set(names)


def test_a_grid_is_found_by_its_whole_code_first_and_by_its_beginning(find, named):
    own, _ = named
    first = find(own["grid_code"])[0]
    assert (first["kind"], first["id"], first["match"]) == ("grid", own["grid"], "code")
    assert own["grid"] in [found["id"] for found in find(own["grid_code"][:13], limit=50) if found["kind"] == "grid"]


def test_a_building_without_a_name_is_found_by_its_address(find, named):
    own, _ = named
    for query in ("银杏路8号", "银杏路", "yinxinglu8", "yxl8h"):
        assert ("building", own["building"]) in [(found["kind"], found["id"]) for found in find(query)]


def test_a_character_of_two_readings_is_read_as_places_are(find, named):
    own, _ = named
    assert [found["id"] for found in find("changning")] == [own["station"]]
    assert [found["id"] for found in find("cnwsz")] == [own["station"]]


@pytest.mark.parametrize(
    ("kind", "table"), [(kind, f"{kind}s") for kind in ("area", "compound", "station", "building")]
)
def test_a_thing_is_found_by_its_name_in_any_language(kind, table, find, session, named):
    own, _ = named
    names = {
        "id": own[kind],
        "names": '{"ja": "エヴァーグリーン", "old_name": "Ｏｌｄ Evergreen", "ru": "Вечнозелёный"}',
    }
    session.execute(text(f"UPDATE {table} SET names = CAST(:names AS jsonb) WHERE id = :id"), names)
    service.rebuild(session, session.scalar(text("SELECT id FROM areas WHERE level = 'district'")))
    session.commit()
    for query in ("エヴァー", "old evergreen", "ВЕЧНО"):
        assert [(found["kind"], found["id"]) for found in find(query)] == [(kind, own[kind])]


@pytest.mark.parametrize("query", ["100%号", "海棠 100%"])
def test_signs_mean_themselves(query, find, named):
    own, _ = named
    assert [found["id"] for found in find(query)] == [own["station"]]


@pytest.mark.parametrize("query", ["%", "_", "\\", "'", "100_号", "%%%", "()", "--", "🚒", "新城新城新城"])
def test_what_is_nowhere_finds_nothing_and_breaks_nothing(query, find):
    assert [found for found in find(query) if "%" not in found["address"]] == []


@pytest.mark.parametrize(
    ("query", "field"), [({}, "q"), ({"q": ""}, "q"), ({"q": "x" * 65}, "q"), ({"q": "x", "limit": 51}, "limit")]
)
def test_a_query_has_1_to_64_signs_and_at_most_50_answers(query, field, client_as):
    answer = client_as("coordinator").get("/api/v1/search", query_string=query)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_only_spaces_find_nothing(find):
    assert find("   ") == []


def test_as_many_are_found_as_were_asked_for(find):
    assert len(find("号", limit=3)) == 3


def test_nobody_finds_what_lies_outside_their_area(client_as, named):
    own, _ = named
    found = client_as("grid_worker").get("/api/v1/search?q=新城&limit=50").json["results"]
    assert (own["compound"], "新城花园") in [(each["id"], each["name"]) for each in found]
    assert "新城别苑" not in [each["name"] for each in found]


def test_rebuilding_forgets_what_is_no_longer_there_and_leaves_other_districts_alone(session, named):
    own, _ = named
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    before = session.scalar(text("SELECT count(*) FROM search_entries"))
    session.execute(text("UPDATE buildings SET address = '' WHERE id = :building"), own)
    assert service.rebuild(session, district) == before - 1
    assert service.rebuild(session, 2_000_000_000) == 0
    assert session.scalar(text("SELECT count(*) FROM search_entries")) == before - 1


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("新城社区", "xin cheng she qu", "xcsq"),
        ("重庆路3号楼", "chong qing lu 3 hao lou", "cql3hl"),
        ("ABC大厦（12号）", "abc da sha 12 hao", "ads12h"),
        ("长宁", "chang ning", "cn"),
        ("成都路", "cheng du lu", "cdl"),
        ("", "", ""),
    ],
)
def test_a_name_sounds_as_it_is_typed(name, pinyin, initials):
    assert service.sound(name) == (pinyin, initials)
