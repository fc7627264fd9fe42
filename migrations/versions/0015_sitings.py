"""Sitings: questions where stations should stand, with the best choice that is known.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0015"
down_revision: str | None = "0014"

GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON sitings TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""


def upgrade() -> None:
    op.create_table(
        "sitings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("question", JSONB(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sites", JSONB(), nullable=False),
        sa.Column("moved", ARRAY(sa.Integer()), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("covered", sa.BigInteger(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("covered >= 0 AND bound >= covered", name=op.f("ck_sitings_bound_holds")),
        sa.CheckConstraint("jsonb_typeof(question) = 'object'", name=op.f("ck_sitings_question_object")),
        sa.CheckConstraint("jsonb_typeof(sites) = 'array'", name=op.f("ck_sitings_sites_array")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_sitings_made_by")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_sitings_area_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitings")),
    )
    for column in ("made_by", "area_id"):
        op.create_index(op.f(f"ix_sitings_{column}"), "sitings", [column])
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_table("sitings")
