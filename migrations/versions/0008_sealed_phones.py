"""Phones are sealed, found by a keyed hash of their last four digits, and shown so and so often an hour.

A migration has no key. It lets the constraint in unvalidated: no plain phone comes in any more, and those that are there
are sealed by `app.register.sealed_phones`, which whoever migrates calls next and which validates the constraint.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"

SEALED = """
    (contact_phone = '' AND contact_phone_tail = '') OR contact_phone ~ '^[0-9a-f]{8}[.]gAAAA[A-Za-z0-9_=-]+$'
""".strip()
TOUCH = """
    CREATE TRIGGER households_touch AFTER INSERT OR UPDATE{columns} OR DELETE ON households
    FOR EACH STATEMENT EXECUTE FUNCTION touch_dataset('buildings')
"""


def upgrade() -> None:
    op.add_column("households", sa.Column("contact_phone_tail", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_households_contact_phone_tail"), "households", ["contact_phone_tail"])
    op.create_check_constraint(
        op.f("ck_households_contact_phone_sealed"), "households", SEALED, postgresql_not_valid=True
    )
    # Sealing a phone anew changes nothing that anybody sees.
    op.execute("DROP TRIGGER households_touch ON households")
    op.execute(TOUCH.format(columns=" OF dwelling_id, size, contact_name"))
    op.create_table(
        "unmaskings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("blocked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("act IN ('unmask', 'find')", name=op.f("ck_unmaskings_act_known")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_unmaskings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmaskings")),
    )
    op.create_index("ix_unmaskings_user_id_act_at", "unmaskings", ["user_id", "act", "at"])


def downgrade() -> None:
    """What is sealed stays sealed: the older version shows no phone."""
    op.drop_table("unmaskings")
    op.execute("DROP TRIGGER households_touch ON households")
    op.execute(TOUCH.format(columns=""))
    op.drop_constraint(op.f("ck_households_contact_phone_sealed"), "households")
    op.drop_index(op.f("ix_households_contact_phone_tail"), table_name="households")
    op.drop_column("households", "contact_phone_tail")
