"""Scenarios of the response: stations and closures that are thought of, and stand in no register.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision: str | None = "0013"

GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON scenarios TO wangge_app;
    END IF; END $$
"""


def upgrade() -> None:
    op.create_table(
        "scenarios",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_scenarios_name_length")),
        sa.CheckConstraint("jsonb_typeof(content) = 'object'", name=op.f("ck_scenarios_content_object")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_scenarios_area_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_scenarios_owner_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_scenarios_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenarios")),
    )
    for column in ("area_id", "owner_id", "changed_by"):
        op.create_index(op.f(f"ix_scenarios_{column}"), "scenarios", [column])
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_table("scenarios")
