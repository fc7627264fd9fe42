"""How often one user may ask for what is costly."""

from threading import Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts import pace
from app.accounts.pace import Pace, asked_too_often
from tests.app.access_matrix import MATRIX

COSTLY = {
    "coverage.list_snapshots",
    "coverage.get_snapshot",
    "coverage.post_batch",
    "scenarios.scenario",
    "scenarios.scenarios",
    "roads.put_speeds",
    "register.put_climb",
    "register.put_flags",
    "patrols.suggest",
    "patrols.save",
    "patrols.correct",
    "patrols.delete",
    "incidents.report",
    "incidents.put_photo",
    "calibration.propose",
    "calibration.apply",
    "calibration.undo",
    "calibration.discard",
    "calibration_pages.propose",
    "calibration_pages.apply",
    "calibration_pages.undo",
    "calibration_pages.discard",
    "scenarios.create",
    "scenarios.change",
    "scenarios.delete",
    "response.zone",
    "response.zone_of_many",
    "response.doors",
    "response.file",
    "response.nearest",
    "response.live_picture",
    "coverage.get_coverage",
    "coverage.get_outside",
    "coverage.post_file",
    "coverage.get_scenario_difference",
    "coverage.post_snapshot",
    "coverage.get_difference",
    "siting.ask",
    "siting.siting",
    "siting.prove",
    "siting.file",
    "siting.scenario",
    "pages.wallmap.wall_map",
    "plans.create",
    "plans.rename",
    "plans.delete",
    "plans.get_ground",
    "plans.post_edit",
    "plans.get_faults",
    "plans.put_levels",
    "plans.delete_levels",
    "plans.get_seeds",
    "plans.post_suggestion",
    "plans.post_split",
    "plans.post_merge",
    "legacy.send",
    "legacy.net",
    "legacy.accept",
    "legacy.delete",
    "legacy.lay",
    "legacy.overlay",
    "legacy.gaps",
    "legacy.crosswalk",
    "legacy.propose",
    "publication.get_level_file",
    "publication.submit",
    "publication.give_back",
    "publication.approve",
    "publication.withdraw",
    "publication.undo",
    "publication.get_consequences",
    "publication.get_file",
    "publication.get_notices",
    "publication.get_before",
    "publication.get_grids_on",
    "staffing.staffing",
}


def test_what_is_costly_has_a_pace_and_says_when_to_come_back(app, client_as, session, monkeypatch):
    assert {name for name, view in app.view_functions.items() if hasattr(view, "pace")} == COSTLY
    monkeypatch.setattr(app.view_functions["response.nearest"], "pace", Pace(3, 60))
    client, other = client_as("coordinator"), client_as("planner")
    url = "/api/v1/response/nearest?lon=0&lat=0&mode=foot"
    assert [client.get(url).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    refused = client.get(url, headers={"Accept-Language": "zh"})
    assert refused.json["error"]["code"] == "too_many"
    assert refused.json["error"]["message"].startswith("该操作过于频繁")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert other.get(url).status_code == 404
    session.execute(text("UPDATE paces SET since = since - interval '61 seconds'"))
    session.commit()
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("name", sorted(COSTLY))
def test_a_pace_is_no_hindrance_to_a_person(name, app):
    kept = app.view_functions[name].pace
    assert kept.most / kept.seconds >= 20 / 60
    assert any(key.endswith(f" {name}") for key in MATRIX)


def test_a_forged_write_costs_its_victim_nothing(client_as, session):
    client = client_as("coordinator")
    assert client.post("/api/v1/incidents", json={}, headers={"X-CSRFToken": "forged"}).status_code == 400
    assert session.scalar(text("SELECT count(*) FROM paces")) == 0


def test_a_pace_holds_over_all_connections_and_ends_with_its_window(fresh_database):
    with fresh_database() as database:
        engine = create_engine(database.app, pool_size=8)
        refused = []

        def ask():
            for _ in range(10):
                with SqlSession(engine) as own, own.begin():
                    refused.append(asked_too_often(own, 1, "zone", Pace(30, pace.MINUTE)) is not None)

        threads = [Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(refused), sum(refused)) == (80, 50)
        with SqlSession(engine) as own, own.begin():
            own.execute(text("UPDATE paces SET since = since - interval '61 seconds'"))
            assert asked_too_often(own, 1, "zone", Pace(30, pace.MINUTE)) is None
        engine.dispose()
