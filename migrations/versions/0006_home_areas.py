"""Users belong to an area, so that who holds no post yet is found by those who look after it; a post can be withdrawn.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"

ENDS = "ck_appointments_ends_after_start"


def upgrade() -> None:
    op.add_column("users", sa.Column("home_area_id", sa.Integer(), nullable=True))
    op.execute("""
        UPDATE users u SET home_area_id = p.area_id
        FROM (SELECT DISTINCT ON (user_id) user_id, area_id FROM appointments ORDER BY user_id, starts_at, id) p
        WHERE p.user_id = u.id
    """)
    op.create_foreign_key(op.f("fk_users_home_area_id"), "users", "areas", ["home_area_id"], ["id"])
    op.create_index(op.f("ix_users_home_area_id"), "users", ["home_area_id"])
    # A post that is withdrawn before its first day ends when it starts.
    op.drop_constraint(op.f(ENDS), "appointments")
    op.create_check_constraint(op.f(ENDS), "appointments", "ends_at >= starts_at")


def downgrade() -> None:
    """A withdrawn post is forgotten: it was never in force."""
    op.execute("DELETE FROM appointments WHERE ends_at = starts_at")
    op.drop_constraint(op.f(ENDS), "appointments")
    op.create_check_constraint(op.f(ENDS), "appointments", "ends_at > starts_at")
    op.drop_index(op.f("ix_users_home_area_id"), table_name="users")
    op.drop_constraint(op.f("fk_users_home_area_id"), "users", type_="foreignkey")
    op.drop_column("users", "home_area_id")
