"""Nets of grids that other departments drew.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision: str | None = "0019"

GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON legacy_nets, legacy_grids TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""
SOUND = (
    "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 "
    "AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END"
)


def upgrade() -> None:
    op.create_table(
        "legacy_nets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="reading", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("declared", sa.Text(), server_default="", nullable=False),
        sa.Column("report", JSONB(), server_default="{}", nullable=False),
        sa.Column("crs", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('reading', 'read', 'taken')", name=op.f("ck_legacy_nets_state_known")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_legacy_nets_name_length")),
        sa.CheckConstraint("(content IS NULL) = (state <> 'reading')", name=op.f("ck_legacy_nets_content_until_read")),
        sa.CheckConstraint("(crs IS NULL) = (state <> 'taken')", name=op.f("ck_legacy_nets_taken_by_a_system")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_legacy_nets_area_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_legacy_nets_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_nets")),
    )
    for column in ("area_id", "made_by"):
        op.create_index(op.f(f"ix_legacy_nets_{column}"), "legacy_nets", [column])
    op.create_geospatial_table(
        "legacy_grids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("net_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column(
            "geom",
            Geometry("MULTIPOLYGON", srid=4326, dimension=2, spatial_index=False, name="geometry"),
            nullable=True,
        ),
        sa.CheckConstraint(SOUND, name=op.f("ck_legacy_grids_geom_sound")),
        sa.ForeignKeyConstraint(
            ["net_id"], ["legacy_nets.id"], name=op.f("fk_legacy_grids_net_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_grids")),
        sa.UniqueConstraint("net_id", "number", name=op.f("uq_legacy_grids_net_id_number")),
    )
    op.create_geospatial_index("idx_legacy_grids_geom", "legacy_grids", ["geom"], postgresql_using="gist")
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_geospatial_table("legacy_grids")
    op.drop_table("legacy_nets")
