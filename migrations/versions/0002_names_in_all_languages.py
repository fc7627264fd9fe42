"""Names in all languages: {language: text} beside the Chinese and the English name.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision: str | None = "0001"

TABLES = ("areas", "compounds", "buildings", "stations", "road_edges", "waters", "greens", "railways")


def upgrade() -> None:
    for table in TABLES:
        # With its column the check is made in one pass, and names no constraint that could be missing.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN names jsonb DEFAULT '{{}}' NOT NULL "
            f"CONSTRAINT ck_{table}_names_object CHECK (jsonb_typeof(names) = 'object')"
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "names")
