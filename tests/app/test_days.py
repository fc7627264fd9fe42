"""A day begins and ends at midnight in China, whatever time zones the machine and the database keep."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app import days
from app.areas.scope import EVERYTHING
from app.calibration.sheet import runs_of
from app.days import CHINA, TODAY_SQL, today
from app.errors import Invalid
from app.kept import TODAY, stamp_of
from app.pages import queries as pages
from app.response.ground import DATASETS, ground_of
from app.response.homes import KINDS
from gis.city import FlagKind
from gis.travel import Mode

ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 25 hours apart: it is never the same day in both


def in_zone(session, zone):
    session.execute(text("SELECT set_config('timezone', :zone, true)"), {"zone": zone})


def infants(session):
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    flags = ground_of(session, EVERYTHING, district, Mode.FOOT, stamp_of(session, *DATASETS)).homes.flags
    return int(flags.count[flags.kind == KINDS.index(FlagKind.INFANT)].sum())


def test_today_is_chinas_day(session):
    assert today() == datetime.now(CHINA).date()
    for zone in ZONES:
        in_zone(session, zone)
        assert session.scalar(text(f"SELECT {TODAY_SQL}")) == today()
        assert stamp_of(session, TODAY)[0][2] == today().isoformat()


@pytest.mark.parametrize("zone", ZONES)
def test_a_flag_ends_at_midnight_in_china_and_not_with_the_databases_day(session, zone):
    in_zone(session, zone)
    for last, counts in ((today(), True), (today() - timedelta(days=1), False)):
        session.execute(text("UPDATE flags SET expires_on = :last WHERE kind = 'infant'"), {"last": last})
        assert bool(infants(session)) is counts
        assert bool(pages.counts(session, EVERYTHING)["flags"].get("infant")) is counts


def test_a_drill_of_this_morning_is_no_run_of_tomorrow(app, monkeypatch):
    """Where the machine keeps UTC, a morning in China is a day ahead of it."""
    early = datetime(2026, 5, 12, 7, tzinfo=CHINA)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return early.astimezone(tz)

    monkeypatch.setattr(days, "datetime", Clock)
    heading = "origin_lon,origin_lat,destination_lon,destination_lat,mode,seconds,date"
    run = f"{heading}\n118.78,32.04,118.781,32.041,foot,200,2026-05-{{}}\n"
    with app.test_request_context():
        assert [one.day for one in runs_of(run.format("12").encode())] == [early.date()]
        with pytest.raises(Invalid):
            runs_of(run.format("13").encode())
