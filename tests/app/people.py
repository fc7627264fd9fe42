"""What the tests about users and posts share."""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.accounts.models import Role
from app.i18n import TIMEZONE
from tests.app.places import places
from tests.fixtures.town import USERS

USERS_URL = "/api/v1/users"
MOVE = text("""
    UPDATE appointments SET area_id = :area WHERE role IN ('administrator', 'security_officer')
""")


def near_and_far(session):
    """An own and a foreign community; administrator and security officer reach the own one only."""
    own, foreign = places(session)
    session.execute(MOVE, own)
    session.commit()
    return own, foreign


def day(offset):
    """A day from today on, as it is written in a form."""
    return (datetime.now(TIMEZONE).date() + timedelta(days=offset)).isoformat()


def id_of(session, role):
    return session.scalar(text("SELECT id FROM users WHERE name = :name"), {"name": USERS[Role(role)]})


def post_of(session, user):
    return session.scalar(text("SELECT id FROM appointments WHERE user_id = :user ORDER BY id"), {"user": user})


def refusal(answer):
    return answer.status_code, answer.json["error"]["field"]


def acts(session, user):
    rows = session.execute(
        text("SELECT act, u.name FROM audit a LEFT JOIN users u ON u.id = a.user_id "
             "WHERE subject_type = 'user' AND subject_id = :id ORDER BY a.id"), {"id": str(user)})  # fmt: skip
    return [tuple(row) for row in rows]
