"""Plans of grids with their edits, and the lineage of grids and blocks.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision: str | None = "0018"

GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON grid_plans, grid_plan_edits, grid_parents, former_blocks, block_parents
            TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""
SOUND = (
    "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 "
    "AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END"
)


def upgrade() -> None:
    _plans()
    _edits()
    _lineage()
    op.execute(GRANTS)


def downgrade() -> None:
    for table in ("grid_parents", "grid_plan_edits", "grid_plans", "block_parents"):
        op.drop_table(table)
    op.drop_geospatial_table("former_blocks")


def _people(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([one], ["users.id"], name=op.f(f"fk_{table}_{one}")) for one in columns]


def _indexes(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _plans() -> None:
    op.create_table(
        "grid_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("blocks", JSONB(), nullable=False),
        sa.Column("grids", JSONB(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'in_force', 'withdrawn')",
            name=op.f("ck_grid_plans_state_known"),
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_grid_plans_name_length")),
        sa.CheckConstraint(
            "jsonb_typeof(blocks) = 'object' AND jsonb_typeof(grids) = 'object'",
            name=op.f("ck_grid_plans_content_objects"),
        ),
        sa.CheckConstraint("approved_by <> submitted_by", name=op.f("ck_grid_plans_two_people")),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'in_force') OR (approved_by IS NOT NULL AND valid_from IS NOT NULL)",
            name=op.f("ck_grid_plans_approved_with_a_date"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_grid_plans_area_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["grid_plans.id"], name=op.f("fk_grid_plans_parent_id")),
        *_people("grid_plans", "owner_id", "changed_by", "submitted_by", "approved_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_plans")),
    )
    _indexes("grid_plans", "area_id", "parent_id", "owner_id", "changed_by", "submitted_by", "approved_by")
    op.create_index("ix_grid_plans_due", "grid_plans", ["valid_from"], postgresql_where=sa.text("state = 'approved'"))


def _edits() -> None:
    op.create_table(
        "grid_plan_edits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["grid_plans.id"], name=op.f("fk_grid_plan_edits_plan_id"), ondelete="CASCADE"
        ),
        *_people("grid_plan_edits", "made_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_plan_edits")),
        sa.UniqueConstraint("plan_id", "version", name=op.f("uq_grid_plan_edits_plan_id_version")),
    )
    _indexes("grid_plan_edits", "made_by")


def _lineage() -> None:
    op.create_table(
        "grid_parents",
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["grids.id"], name=op.f("fk_grid_parents_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["grids.id"], name=op.f("fk_grid_parents_parent_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["grid_plans.id"], name=op.f("fk_grid_parents_plan_id")),
        sa.PrimaryKeyConstraint("child_id", "parent_id", name=op.f("pk_grid_parents")),
    )
    _indexes("grid_parents", "parent_id", "plan_id")
    op.create_geospatial_table(
        "former_blocks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "geom",
            Geometry("POLYGON", srid=4326, dimension=2, spatial_index=False, name="geometry", nullable=False),
            nullable=False,
        ),
        sa.CheckConstraint(SOUND, name=op.f("ck_former_blocks_geom_sound")),
        sa.CheckConstraint("act IN ('split', 'merge')", name=op.f("ck_former_blocks_act_known")),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_former_blocks_community_id")),
        *_people("former_blocks", "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_blocks")),
    )
    op.create_geospatial_index("idx_former_blocks_geom", "former_blocks", ["geom"], postgresql_using="gist")
    _indexes("former_blocks", "community_id", "ended_by")
    op.create_table(
        "block_parents",
        sa.Column("child_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("child_id", "parent_id", name=op.f("pk_block_parents")),
    )
    _indexes("block_parents", "parent_id")
