"""Snapshots of coverage: tables of counts by area and seconds by building on a day.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision: str | None = "0012"

GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, DELETE ON coverage_snapshots TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""


def upgrade() -> None:
    op.create_table(
        "coverage_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("communities", ARRAY(sa.Integer()), nullable=False),
        sa.Column("question", JSONB(), nullable=False),
        sa.Column("tables", JSONB(), nullable=False),
        sa.Column("buildings", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_coverage_snapshots_name_length")),
        sa.CheckConstraint("length(buildings) <= 20000000", name=op.f("ck_coverage_snapshots_buildings_size")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_coverage_snapshots_made_by")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_coverage_snapshots_area_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_snapshots")),
    )
    for column in ("made_by", "area_id"):
        op.create_index(op.f(f"ix_coverage_snapshots_{column}"), "coverage_snapshots", [column])
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_table("coverage_snapshots")
