"""What a redrawing of grids writes: no household and no flag any more, and on a patrol route its day.

Households and flags know their block and no grid; the wall asks for the grid of the block. 86,000 households and 24,000
flags, with their indexes, were most of the time of a publication.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision: str | None = "0021"

AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
TABLES = ("households", "flags")

BLOCK_OF_DWELLING = """
    SELECT b.block_id FROM dwellings d JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
    WHERE d.id = {dwelling}
"""
GRID_OF_DWELLING = """
    SELECT k.grid_id FROM dwellings d JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
    JOIN blocks k ON k.id = b.block_id WHERE d.id = {dwelling}
"""
PLACE = """
CREATE OR REPLACE FUNCTION place_household() RETURNS trigger {as_owner} AS $$
BEGIN
    NEW.{place}_id := ({of_dwelling});
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION place_flag() RETURNS trigger {as_owner} AS $$
BEGIN
    SELECT h.{place}_id, e.building_id INTO NEW.{place}_id, NEW.building_id FROM households h
    JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id WHERE h.id = NEW.household_id;
    RETURN NEW;
END $$
"""
# An UPDATE of no row would still raise the versions of the data, so each asks first.
MOVED = "EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.{key} <> n.{key})"
# Written as they are, a household and a flag are placed anew.
MOVED_HOMES = """
    UPDATE households h SET dwelling_id = h.dwelling_id
    FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.{key} <> n.{key} {joined} WHERE h.dwelling_id = {dwelling};
    UPDATE flags f SET household_id = h.id
    FROM households h, new_rows n JOIN old_rows o ON o.id = n.id AND o.{key} <> n.{key} {joined}
    WHERE h.dwelling_id = {dwelling} AND f.household_id = h.id;
"""
OF_DWELLINGS = MOVED_HOMES.format(key="entrance_id", joined="", dwelling="n.id")
OF_ENTRANCES = MOVED_HOMES.format(key="building_id", joined="JOIN dwellings d ON d.entrance_id = n.id", dwelling="d.id")
OF_BUILDINGS = """
    FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.block_id <> n.block_id {joined}
    JOIN entrances e ON e.building_id = n.id JOIN dwellings d ON d.entrance_id = e.id
    WHERE h.dwelling_id = d.id
"""
OF_BLOCKS = """
    IF TG_TABLE_NAME = 'blocks' THEN
        IF EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.grid_id <> n.grid_id) THEN
            UPDATE households h SET grid_id = n.grid_id
            FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.grid_id <> n.grid_id
            JOIN buildings b ON b.block_id = n.id JOIN entrances e ON e.building_id = b.id
            JOIN dwellings d ON d.entrance_id = e.id WHERE h.dwelling_id = d.id;
        END IF;
    END IF;
"""
FOLLOW = """
CREATE OR REPLACE FUNCTION follow_place() RETURNS trigger {as_owner} AS $$
BEGIN
    {of_blocks}
    IF TG_TABLE_NAME = 'buildings' THEN
        IF {moved_buildings} THEN UPDATE households h SET {set} {of_buildings}; END IF;
    ELSIF TG_TABLE_NAME = 'entrances' THEN
        IF {moved_entrances} THEN {of_entrances} END IF;
    ELSIF TG_TABLE_NAME = 'dwellings' THEN
        IF {moved_dwellings} THEN {of_dwellings} END IF;
    ELSIF TG_TABLE_NAME = 'households' THEN
        IF EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id
                   AND (o.{place}_id, o.dwelling_id) <> (n.{place}_id, n.dwelling_id)) THEN
            UPDATE flags f SET household_id = n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
                AND (o.{place}_id, o.dwelling_id) <> (n.{place}_id, n.dwelling_id) WHERE f.household_id = n.id;
        END IF;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (  # name, event, table, condition, function
    ("households_placed", "INSERT", "households", "WHEN (NEW.{place}_id IS NULL)", "place_household"),
    # Whoever writes a flag does not choose where it is: that would show a foreign household in one's own grid.
    ("flags_placed", "INSERT OR UPDATE OF household_id, {place}_id, building_id", "flags", "", "place_flag"),
)
GRIDS = "(SELECT unnest(coalesce(nullif(current_setting('wangge.grids', true), ''), '{{}}')::int[]))"
# Asked one by one for a few rows, and hashed for many: PostgreSQL chooses between the two for EXISTS, not for IN.
BY_BLOCK = "EXISTS (SELECT FROM blocks k WHERE k.id = {table}.block_id AND k.grid_id IN " + GRIDS + ")"
BY_GRID = "{table}.grid_id IN " + GRIDS


# As it was found until now: the grid is another than the one before it, since the route was drawn.
REDRAWN = """
    UPDATE patrol_routes r SET redrawn_on = g.valid_from FROM grids g WHERE g.id = r.grid_id AND EXISTS (
        SELECT FROM grid_parents k JOIN grid_plans p ON p.id = k.plan_id JOIN grids o ON o.id = k.parent_id
        WHERE k.child_id = g.id AND p.enacted_at > r.created_at AND NOT ST_Equals(o.geom, g.geom))
"""


def upgrade() -> None:
    op.add_column("patrol_routes", sa.Column("redrawn_on", sa.Date(), nullable=True))
    op.execute(REDRAWN)
    op.execute("DROP TRIGGER blocks_followed ON blocks")
    _move("grid", "block")
    for table in TABLES:
        op.execute(f"CREATE POLICY in_scope ON {table} USING ({BY_BLOCK.format(table=table)})")
    _functions("block", BLOCK_OF_DWELLING, "block_id = n.block_id", joined="", of_blocks="")


def downgrade() -> None:
    op.drop_column("patrol_routes", "redrawn_on")
    _move("block", "grid")
    for table in TABLES:
        op.execute(f"CREATE POLICY in_scope ON {table} USING ({BY_GRID.format(table=table)})")
    join = "JOIN blocks k ON k.id = n.block_id"
    _functions("grid", GRID_OF_DWELLING, "grid_id = k.grid_id", joined=join, of_blocks=OF_BLOCKS)
    op.execute(
        "CREATE TRIGGER blocks_followed AFTER UPDATE ON blocks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION follow_place()"
    )


def _move(before: str, after: str) -> None:
    """Give both tables the one column in the place of the other, filled, and their triggers on it."""
    for name, _event, table, *_ in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for table in TABLES:
        op.execute(f"DROP POLICY in_scope ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # nothing that anybody sees changes
        op.add_column(table, sa.Column(f"{after}_id", sa.Integer(), nullable=True))
    of_dwelling = (BLOCK_OF_DWELLING if after == "block" else GRID_OF_DWELLING).format(dwelling="h.dwelling_id")
    op.execute(f"UPDATE households h SET {after}_id = ({of_dwelling})")
    op.execute(f"UPDATE flags f SET {after}_id = h.{after}_id FROM households h WHERE h.id = f.household_id")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        op.drop_index(op.f(f"ix_{table}_{before}_id"), table_name=table)
        op.drop_column(table, f"{before}_id")
        op.alter_column(table, f"{after}_id", nullable=False)
        op.create_foreign_key(op.f(f"fk_{table}_{after}_id"), table, f"{after}s", [f"{after}_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_{after}_id"), table, [f"{after}_id"])
        op.execute(f"ANALYZE {table}")  # nothing is known of a new column, and plans would be poor
    for name, event, table, condition, function in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event.format(place=after)} ON {table} FOR EACH ROW "
            f"{condition.format(place=after)} EXECUTE FUNCTION {function}()"
        )


def _functions(place: str, of_dwelling: str, change: str, *, joined: str, of_blocks: str) -> None:
    """Say anew how households and flags find where they are."""
    op.execute(PLACE.format(as_owner=AS_OWNER, place=place, of_dwelling=of_dwelling.format(dwelling="NEW.dwelling_id")))
    op.execute(
        FOLLOW.format(
            as_owner=AS_OWNER,
            place=place,
            set=change,
            of_blocks=of_blocks,
            moved_buildings=MOVED.format(key="block_id"),
            of_buildings=OF_BUILDINGS.format(joined=joined),
            moved_entrances=MOVED.format(key="building_id"),
            of_entrances=OF_ENTRANCES,
            moved_dwellings=MOVED.format(key="entrance_id"),
            of_dwellings=OF_DWELLINGS,
        )
    )
