"""The wall map's flags end with the day of China, wherever the database stands.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision: str | None = "0017"


def upgrade() -> None:
    op.execute("ALTER FUNCTION shown_flag_groups(integer) SET timezone = 'Asia/Shanghai'")


def downgrade() -> None:
    op.execute("ALTER FUNCTION shown_flag_groups(integer) RESET timezone")
