"""Calibrations of the speeds by measured runs, and the factors that are in force.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision: str | None = "0015"

CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service",
    "track", "cycleway", "pedestrian", "footway", "path", "steps",
)  # fmt: skip
GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON calibrations, road_factors TO wangge_app;
        GRANT USAGE, SELECT ON SEQUENCE calibrations_id_seq TO wangge_app;
    END IF; END $$
"""


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("length(source) BETWEEN 1 AND 100", name=op.f("ck_calibrations_source_length")),
        sa.CheckConstraint("jsonb_typeof(result) = 'object'", name=op.f("ck_calibrations_result_object")),
        sa.CheckConstraint(
            "undone_at IS NULL OR applied_at IS NOT NULL", name=op.f("ck_calibrations_undone_after_applied")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_calibrations_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_index(op.f("ix_calibrations_made_by"), "calibrations", ["made_by"])
    listed = ", ".join(f"'{one}'" for one in CLASSES)
    op.create_table(
        "road_factors",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("road_class", sa.Text(), nullable=False),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.CheckConstraint("mode IN ('foot', 'ebike', 'car')", name=op.f("ck_road_factors_mode_known")),
        sa.CheckConstraint(f"road_class IN ({listed})", name=op.f("ck_road_factors_road_class_known")),
        sa.CheckConstraint("factor BETWEEN 0.1 AND 10", name=op.f("ck_road_factors_factor_range")),
        sa.PrimaryKeyConstraint("mode", "road_class", name=op.f("pk_road_factors")),
    )
    op.execute(
        "CREATE TRIGGER road_factors_touch AFTER INSERT OR UPDATE OR DELETE ON road_factors"
        " FOR EACH STATEMENT EXECUTE FUNCTION touch_dataset('roads')"
    )
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_table("road_factors")
    op.drop_table("calibrations")
