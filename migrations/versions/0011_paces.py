"""How often each user has asked for what is costly, lately.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    # After a crash of the database everybody may ask afresh: not worth a write to disk each time.
    op.create_table(
        "paces",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "what", name=op.f("pk_paces")),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("paces")
