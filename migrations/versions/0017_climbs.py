"""Seconds that a building's own stairs and lift take, where somebody knows them better than the defaults.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision: str | None = "0016"

RANGES = {
    "stairs_seconds": "stairs_seconds > 0 AND stairs_seconds <= 300",
    "lift_wait_seconds": "lift_wait_seconds >= 0 AND lift_wait_seconds <= 1800",
    "lift_seconds": "lift_seconds > 0 AND lift_seconds <= 120",
}


def upgrade() -> None:
    for column, range_ in RANGES.items():
        op.add_column("buildings", sa.Column(column, sa.Float(), nullable=True))
        op.create_check_constraint(op.f(f"ck_buildings_{column}_range"), "buildings", range_)


def downgrade() -> None:
    for column in reversed(RANGES):
        op.drop_column("buildings", column)
