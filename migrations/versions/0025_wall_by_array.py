"""The wall asks for the grids of the reader as an array, which is read once for a statement.

Asked one by one, each household and flag went through the list of grids, made anew from its text: a tile of buildings of
a district took six times as long as without a wall, wherever PostgreSQL thought that a few rows would be asked for.

Revision ID: 0025
"""

from alembic import op

revision = "0025"
down_revision: str | None = "0024"

TABLES = ("households", "flags")
LIST = "coalesce(nullif(current_setting('wangge.grids', true), ''), '{{}}')::int[]"
WALL = "EXISTS (SELECT FROM blocks k WHERE k.id = {table}.block_id AND k.grid_id "
# The SELECT around it makes it a value of its own, which is not made anew for each row.
BY_ARRAY = f"{WALL} = ANY ((SELECT {LIST})::int[]))"
BY_ROWS = f"{WALL} IN (SELECT unnest({LIST})))"


def upgrade() -> None:
    _ask(BY_ARRAY)


def downgrade() -> None:
    _ask(BY_ROWS)


def _ask(wall: str) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY in_scope ON {table} USING ({wall.format(table=table)})")
