"""The pages "Users and posts" and "Rights" without a browser, and the commands."""

import json
import re
from datetime import datetime
from html import unescape

import pytest
from sqlalchemy import text

from app.accounts.desk import CAPABILITIES, REACHES, ROLES
from app.accounts.models import Role
from app.accounts.rights import RIGHTS, Capability
from app.i18n import TIMEZONE
from tests.app.commands import wangge
from tests.app.people import day, id_of, near_and_far
from tests.app.places import places
from tests.fixtures.database import ask
from tests.fixtures.town import USERS


def words(markup):
    """The text of some markup, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def problem(page, field):
    """What the page says at a field; None where it says nothing."""
    found = re.search(rf'<p class="desk-problem" id="{field}-problem">(.*?)</p>', page)
    return found and unescape(found.group(1))


def control(page, name):
    return re.search(rf'<(?:input|select) id="{name}"[^>]*>', page).group(0)


@pytest.fixture
def officer(client_as):
    return client_as("security_officer")


@pytest.fixture
def administrator(client_as):
    return client_as("administrator")


# --- rights


def test_the_page_of_rights_shows_exactly_the_table_of_rights(client_as):
    page = client_as("planner").get("/rights?lang=en").text
    table, roles = page.split('<div class="rights-roles">')
    head, *rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    columns = [words(cell).removesuffix(" you") for cell in re.findall(r"<th[^>]*>(.*?)</th>", head, re.DOTALL)][1:]
    assert columns == [str(ROLES[role]) for role in Role]
    shown = {}
    for row in rows:
        label = words(re.search(r"<th[^>]*>(.*?)</th>", row).group(1))
        for role, cell in zip(columns, re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL), strict=True):
            if (said := words(cell)) != "– no":
                shown[role, label] = said
    expected = {
        (str(ROLES[role]), str(CAPABILITIES[capability])): str(REACHES[far])
        for role, rights in RIGHTS.items()
        for capability, far in rights.items()
    }
    assert shown == expected
    narrow = {}
    for entry in re.findall(r"<details.*?</details>", roles, re.DOTALL):
        role = words(re.search(r"<summary>(.*?)</summary>", entry).group(1)).removesuffix(" you")
        for label, said in re.findall(r"<li><span>(.*?)</span>(.*?)</li>", entry, re.DOTALL):
            narrow[role, words(label)] = words(said)
    assert narrow == expected


def test_the_page_of_rights_names_every_capability_but_ones_own_account(client_as):
    page = words(client_as("auditor").get("/rights?lang=en").text)
    assert set(CAPABILITIES) == set(Capability)
    assert all(str(label) in page for capability, label in CAPABILITIES.items() if capability != "account.own")


# --- the list and a person


def test_who_looks_after_people_begins_at_their_list(officer, client_as):
    assert officer.get("/").headers["Location"] == "/people"
    menu = officer.get("/account").text
    assert 'href="/people"' in menu
    assert 'href="/people"' not in client_as("coordinator").get("/account").text


def test_the_list_keeps_what_was_asked_and_offers_to_ask_nothing(officer):
    page = officer.get("/people?q=grid-worker&role=grid_worker&state=active").text
    assert USERS[Role.GRID_WORKER] in page
    assert USERS[Role.PLANNER] not in page
    assert 'value="grid-worker"' in page
    assert '<option value="grid_worker" selected>' in page
    assert 'href="/people">' in page
    assert "没有符合条件的用户" in officer.get("/people?q=zzzzz").text
    for odd in ("page=0", "page=-1", "page=x", "page=99999999999", "role=emperor", "state=odd", "q=" + "x" * 5000):
        assert officer.get(f"/people?{odd}").status_code == 200


def test_the_list_turns_its_pages_and_keeps_what_was_asked(officer, session):
    session.execute(text("INSERT INTO users (name, display_name, password_hash, home_area_id) "
                         "SELECT 'many-' || n, 'Many', '', (SELECT id FROM areas WHERE level = 'district') "
                         "FROM generate_series(1, 60) n"))  # fmt: skip
    first = officer.get("/people?q=many-&lang=en").text
    assert "1 to 50 of 60" in first
    following = unescape(re.search(r'rel="next" href="([^"]+)"', first).group(1))
    second = officer.get(following).text
    assert "51 to 60 of 60" in second
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second


def test_a_person_holds_a_place_in_the_staffing_of_a_grid_as_a_fact(officer, session):
    own, _ = places(session)
    session.execute(
        text("UPDATE posts SET user_id = :user WHERE id = (SELECT min(id) FROM posts WHERE grid_id = :grid)"), own
    )
    name = session.scalar(text("SELECT name FROM grids WHERE id = :grid"), own)
    facts = officer.get(f"/people/{own['user']}").text.split('aria-labelledby="facts"')[1]
    assert name in facts
    assert officer.get(f"/api/v1/users/{own['user']}").json["grid_posts"][0]["grid"]["id"] == own["grid"]


def test_the_forms_offer_ones_own_reach_only(officer, administrator, session):
    own, foreign = near_and_far(session)
    granting = officer.get(f"/people/{own['user']}").text
    assert f'value="{own["grid_code"]}"' in granting
    assert '<option value="planner"' not in granting
    for page in (granting, administrator.get("/people/new").text, officer.get("/people").text):
        assert f'value="{own["code"]}"' in page
        assert foreign["code"] not in page


def test_only_what_one_may_do_is_offered(officer, administrator, session):
    number = id_of(session, "grid_worker")
    granting, managing = officer.get(f"/people/{number}").text, administrator.get(f"/people/{number}").text
    assert ('id="grant-form"' in granting, 'id="grant-form"' in managing) == (True, False)
    assert (f"/people/{number}/disable" in granting, f"/people/{number}/disable" in managing) == (False, True)
    mine = id_of(session, "security_officer")
    page = officer.get(f"/people/{mine}").text
    assert 'id="grant-form"' not in page
    assert "/end" not in page
    assert (
        f"/people/{id_of(session, 'administrator')}/disable"
        not in administrator.get(f"/people/{id_of(session, 'administrator')}").text
    )


# --- forms


def test_somebody_new_is_shown_with_the_first_password_or_the_form_with_what_is_wrong(administrator, session):
    own, _ = places(session)
    form = {"name": "Wang Min", "display_name": "王敏", "area": own["code"]}
    refused = administrator.post("/people/new", data=form)
    assert refused.status_code == 422
    assert problem(refused.text, "name")
    assert 'value="Wang Min"' in control(refused.text, "name")
    assert 'aria-invalid="true" aria-describedby="name-problem" autofocus' in control(refused.text, "name")
    assert f'<option value="{own["code"]}" selected>' in refused.text
    made = administrator.post("/people/new", data={**form, "name": "wang.min"})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    password = re.search(r'class="people-password">([^<]+)<', made.text).group(1)
    assert password not in administrator.get(f"/people/{id_of_name(session, 'wang.min')}").text


def id_of_name(session, name):
    return session.scalar(text("SELECT id FROM users WHERE name = :name"), {"name": name})


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"role": ""}, 422, "role"),
        ({"area": ""}, 404, "area"),
        ({"grid": "none"}, 404, "grid"),
        ({"starts_on": "1.5.2026"}, 422, "starts_on"),
        ({"ends_on": "2020-01-01"}, 422, "ends_on"),
        ({"role": "auditor", "grid": ""}, 409, "role"),
    ],
)
def test_a_post_that_cannot_be_granted_says_so_at_its_field_and_keeps_the_rest(officer, session, wrong, status, field):
    own, _ = places(session)
    form = {"role": "grid_leader", "area": own["code"], "grid": own["grid_code"], "ends_on": day(9), **wrong}
    page = officer.post(f"/people/{own['user']}", data=form)
    assert page.status_code == status
    assert problem(page.text, field)
    assert "autofocus" in control(page.text, field)
    if field != "ends_on":
        assert f'value="{day(9)}"' in control(page.text, "ends_on")


def test_a_granted_post_leads_back_to_the_person_and_is_told(officer, session):
    own, _ = places(session)
    done = officer.post(f"/people/{own['user']}", data={"role": "coordinator", "area": own["code"]})
    assert (done.status_code, done.headers["Location"]) == (302, f"/people/{own['user']}")
    assert "已授予任职：应急指挥" in officer.get(done.headers["Location"]).text
    later = {"role": "planner", "area": own["code"], "starts_on": day(3)}
    said = officer.post(f"/people/{own['user']}", data=later, follow_redirects=True).text
    assert "起生效" in said
    assert "待任" in said


def test_an_ended_post_is_granted_again_with_one_click(officer, session):
    own, _ = places(session)
    url = f"/people/{own['user']}/posts/{own['post']}/end"
    officer.post(url, data={"when": "day", "ends_on": day(9)})
    assert "要终止这项任职吗" in officer.get(url).text
    done = officer.post(url, data={"when": "now"})
    assert done.status_code == 302
    page = officer.get(done.headers["Location"]).text
    undo = re.search(r'<div class="desk-message good people-undo".*?</div>', page, re.DOTALL).group(0)
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo))
    assert form.pop("csrf_token")
    assert form == {"role": "community_staff", "area": own["code"], "ends_on": day(9)}
    again = officer.post(f"/people/{own['user']}", data=form, follow_redirects=True).text
    assert "people-undo" not in again
    states = session.execute(
        text("SELECT id = :post, ends_at > now() FROM appointments WHERE user_id = :user ORDER BY id"), own
    ).all()
    assert [tuple(row) for row in states] == [(True, False), (False, True)]


def test_a_post_that_somebody_else_ended_meanwhile_is_told(officer, session):
    own, _ = places(session)
    url = f"/people/{own['user']}/posts/{own['post']}/end"
    assert officer.post(url, data={"when": "now"}).status_code == 302
    late = officer.post(url, data={"when": "now"}, follow_redirects=True).text
    assert "该任职已经终止" in late
    assert "该任职已经终止" in officer.get(url).text


def test_a_last_day_that_is_missing_or_too_late_is_told_at_its_field(officer, session):
    own, _ = places(session)
    url = f"/people/{own['user']}/posts/{own['post']}/end"
    for wrong in ("", "soon", "2020-01-01", "9999-12-31"):
        page = officer.post(url, data={"when": "day", "ends_on": wrong})
        assert page.status_code == 422
        assert problem(page.text, "ends_on")
        assert re.search(r'value="day" checked', page.text)


def test_the_last_officer_is_kept_with_a_sentence(session, administrator):
    number = id_of(session, "security_officer")
    page = administrator.post(f"/people/{number}/disable", follow_redirects=True).text
    assert "这样会出现没有安全管理员的时段" in page


def test_disabling_and_enabling_are_told(administrator, session):
    number = id_of(session, "grid_worker")
    assert "已停用：" in administrator.post(f"/people/{number}/disable", follow_redirects=True).text
    assert "已启用：" in administrator.post(f"/people/{number}/enable", follow_redirects=True).text


def test_a_new_first_password_is_shown_once(administrator, session):
    number = id_of(session, "grid_worker")
    page = administrator.post(f"/people/{number}/password")
    assert re.search(r'class="people-password">[\w-]{16,}<', page.text)
    assert page.headers["Cache-Control"] == "no-store"


def test_names_are_text_and_never_markup(administrator, officer, session):
    own, _ = places(session)
    name = "<img src=x onerror=alert(1)>"
    administrator.post("/people/new", data={"name": "sly", "display_name": name, "area": own["code"]})
    for url in ("/people", f"/people/{id_of_name(session, 'sly')}"):
        page = officer.get(url).text
        assert name not in page
        assert "&lt;img src=x" in page


# --- commands


def test_the_commands_list_disable_grant_and_end(named):
    environment, database = named
    district = ask(database.owner, "SELECT code FROM areas WHERE level = 'district'")
    planner = USERS[Role.PLANNER]

    def said(*arguments):
        done = wangge("user", *arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    listed = {user["name"]: user for user in said("list")["users"]}
    assert set(listed) == set(USERS.values())
    assert listed[planner]["posts"][0]["area"]["code"] == district
    said("disable", planner)
    refused = wangge("user", "post", "grant", planner, "--role", "coordinator", "--area", district, **environment)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "enable them first" in refused.stderr
    said("enable", planner)
    year = datetime.now(TIMEZONE).year + 1
    term = ("--from", f"{year}-03-01", "--to", f"{year}-03-31")
    made = said("post", "grant", planner, "--role", "coordinator", "--area", district, *term)
    assert [post["state"] for post in said("posts", planner)["posts"]] == ["in_force", "to_come"]
    said("post", "end", planner, str(made["id"]))
    assert [post["state"] for post in said("posts", planner)["posts"]] == ["in_force", "past"]
    spoken = wangge("user", "posts", planner, **environment).stdout.splitlines()
    assert len(spoken) == 2
    assert f"planner in {district}" in spoken[0]


def test_a_command_that_would_leave_nobody_says_so_and_fails(named):
    environment, database = named
    officer = USERS[Role.SECURITY_OFFICER]
    held = ask(
        database.owner, f"SELECT a.id FROM appointments a JOIN users u ON u.id = user_id WHERE name = '{officer}'"
    )
    for arguments in (("disable", officer), ("post", "end", officer, str(held))):
        done = wangge("user", *arguments, **environment)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: There would be a time without any security officer.")
    assert wangge("user", "posts", "nobody", **environment).stderr == "Error: There is no user nobody.\n"
    assert wangge("user", "post", "end", officer, "0", **environment).returncode == 2
