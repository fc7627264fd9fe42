"""Exports of personal data, duty and positions of staff, and incidents that have lost their persons.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision: str | None = "0008"

STATES = ("asked", "approved", "refused", "withdrawn")
FORMATS = ("xlsx", "csv")
ME = "(SELECT nullif(current_setting('wangge.user_id', true), ''))::int"
COMMUNITIES = "((SELECT coalesce(nullif(current_setting('wangge.communities', true), ''), '{}'))::int[])"
# Found by ownership and not by name: a backup is restored where the owner is called otherwise.
BY_OWNER = "(SELECT pg_get_userbyid(relowner) = current_user FROM pg_catalog.pg_class WHERE oid = '{table}'::regclass)"
WALLS = {
    "exports": f"requested_by = {ME} OR community_id = ANY {COMMUNITIES}",
    "duties": f"user_id = {ME} OR communities && {COMMUNITIES}",
    "duty_positions": f"user_id = {ME} OR community_id = ANY {COMMUNITIES}",
}
SOUND = (
    "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false "
    "WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) "
    "THEN false ELSE ST_IsValid(geom) END"
)
GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON exports, duties, duty_positions TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""


def upgrade() -> None:
    exports()
    duty()
    for table, wall in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY in_scope ON {table} USING ({wall})")
        op.execute(f"CREATE POLICY by_owner ON {table} USING ({BY_OWNER.format(table=table)})")
    op.execute(GRANTS)
    # An incident kept for statistics has no reporter any more.
    op.alter_column("incidents", "reported_by", nullable=True)
    op.add_column("incidents", sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))


def exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("columns", ARRAY(sa.Text()), nullable=False),
        sa.Column("unmasked", sa.Boolean(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("downloads", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_exports_state_known")),
        sa.CheckConstraint(f"format IN {FORMATS}", name=op.f("ck_exports_format_known")),
        sa.CheckConstraint("length(purpose) BETWEEN 10 AND 500", name=op.f("ck_exports_purpose_length")),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_exports_second_person")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_exports_requested_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_exports_decided_by")),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_exports_community_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_exports_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    for column in ("requested_by", "decided_by", "community_id", "grid_id"):
        op.create_index(op.f(f"ix_exports_{column}"), "exports", [column])


def duty() -> None:
    op.create_table(
        "duties",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("communities", ARRAY(sa.Integer()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_duties_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_duties")),
    )
    op.create_table(
        "duty_positions",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint(SOUND, name=op.f("ck_duty_positions_geom_sound")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["duties.user_id"], name=op.f("fk_duty_positions_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_duty_positions_community_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_duty_positions")),
    )
    op.create_geospatial_index(
        "idx_duty_positions_geom", "duty_positions", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_duty_positions_community_id"), "duty_positions", ["community_id"])


def downgrade() -> None:
    """Incidents that have lost their reporter get the first user there is: the column takes no empty place."""
    op.execute("UPDATE incidents SET reported_by = (SELECT min(id) FROM users) WHERE reported_by IS NULL")
    op.drop_column("incidents", "anonymised_at")
    op.alter_column("incidents", "reported_by", nullable=False)
    for table in ("duty_positions", "duties", "exports"):
        op.drop_table(table)
