"""The levels of a plan: which grids are one grid of a higher level.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision: str | None = "0020"


def upgrade() -> None:
    op.add_column("grid_plans", sa.Column("levels", JSONB(none_as_null=True), nullable=True))
    op.create_check_constraint(op.f("ck_grid_plans_levels_object"), "grid_plans", "jsonb_typeof(levels) = 'object'")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_grid_plans_levels_object"), "grid_plans")
    op.drop_column("grid_plans", "levels")
