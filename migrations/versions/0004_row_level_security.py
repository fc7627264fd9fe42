"""The last wall: row-level security on what is personal, and counts of households that are not.

`household_counts`, `households.grid_id`, `flags.grid_id` and `flags.building_id` are kept true by triggers, so that no
query has to look behind the wall to count, and neither the wall nor a tile asks for a join.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

# --- How many households a floor has

ADD_CHANGED = """
    INSERT INTO household_counts AS c (entrance_id, floor, households)
    SELECT entrance_id, floor, sum(change) FROM ({changed}) changed
    GROUP BY entrance_id, floor HAVING sum(change) <> 0 ORDER BY entrance_id, floor
    ON CONFLICT (entrance_id, floor) DO UPDATE SET households = c.households + excluded.households;
"""
DROP_EMPTY = "IF FOUND THEN DELETE FROM household_counts WHERE households = 0; END IF;"
CAME = "SELECT d.entrance_id, d.floor, 1 AS change FROM new_rows r JOIN dwellings d ON d.id = r.dwelling_id"
WENT = "SELECT d.entrance_id, d.floor, -1 AS change FROM old_rows r JOIN dwellings d ON d.id = r.dwelling_id"
MOVED_IN = "SELECT r.entrance_id, r.floor, 1 AS change FROM new_rows r JOIN households h ON h.dwelling_id = r.id"
MOVED_OUT = "SELECT r.entrance_id, r.floor, -1 AS change FROM old_rows r JOIN households h ON h.dwelling_id = r.id"

COUNT_HOUSEHOLDS = f"""
CREATE FUNCTION count_households() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    IF TG_TABLE_NAME = 'dwellings' THEN
        {ADD_CHANGED.format(changed=f"{MOVED_IN} UNION ALL {MOVED_OUT}")} {DROP_EMPTY}
    ELSIF TG_OP = 'INSERT' THEN
        {ADD_CHANGED.format(changed=CAME)}
    ELSIF TG_OP = 'DELETE' THEN
        {ADD_CHANGED.format(changed=WENT)} {DROP_EMPTY}
    ELSE
        {ADD_CHANGED.format(changed=f"{CAME} UNION ALL {WENT}")} {DROP_EMPTY}
    END IF;
    RETURN NULL;
END $$
"""

# --- In which grid a household is, in which grid and building its flags

GRID_OF_DWELLING = """
    SELECT k.grid_id FROM dwellings d JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
    JOIN blocks k ON k.id = b.block_id WHERE d.id = {dwelling}
"""
PLACES = (("households", "grid_id", "grids"), ("flags", "grid_id", "grids"), ("flags", "building_id", "buildings"))
FILL = (
    f"UPDATE households h SET grid_id = ({GRID_OF_DWELLING.format(dwelling='h.dwelling_id')})",
    """UPDATE flags f SET grid_id = h.grid_id, building_id = e.building_id FROM households h
    JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id WHERE h.id = f.household_id""",
    """INSERT INTO household_counts (entrance_id, floor, households)
    SELECT d.entrance_id, d.floor, count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
    GROUP BY d.entrance_id, d.floor""",
)
PLACE = f"""
CREATE FUNCTION place_household() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    NEW.grid_id := ({GRID_OF_DWELLING.format(dwelling="NEW.dwelling_id")});
    RETURN NEW;
END $$;
CREATE FUNCTION place_flag() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    SELECT h.grid_id, e.building_id INTO NEW.grid_id, NEW.building_id FROM households h
    JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id WHERE h.id = NEW.household_id;
    RETURN NEW;
END $$
"""
# An UPDATE of no row would still raise the versions of the data, so each asks first.
MOVED = "EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.{key} <> n.{key})"
REDRAWN = """
    FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.{key} <> n.{key} {joined}
    JOIN entrances e ON e.building_id = {building} JOIN dwellings d ON d.entrance_id = e.id
    WHERE h.dwelling_id = d.id
"""
OF_BLOCKS = REDRAWN.format(key="grid_id", joined="JOIN buildings b ON b.block_id = n.id", building="b.id")
OF_BUILDINGS = REDRAWN.format(key="block_id", joined="JOIN blocks k ON k.id = n.block_id", building="n.id")
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
FOLLOW = f"""
CREATE FUNCTION follow_place() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    IF TG_TABLE_NAME = 'blocks' THEN
        IF {MOVED.format(key="grid_id")} THEN
            UPDATE households h SET grid_id = n.grid_id {OF_BLOCKS};
        END IF;
    ELSIF TG_TABLE_NAME = 'buildings' THEN
        IF {MOVED.format(key="block_id")} THEN
            UPDATE households h SET grid_id = k.grid_id {OF_BUILDINGS};
        END IF;
    ELSIF TG_TABLE_NAME = 'entrances' THEN
        IF {MOVED.format(key="building_id")} THEN {OF_ENTRANCES} END IF;
    ELSIF TG_TABLE_NAME = 'dwellings' THEN
        IF {MOVED.format(key="entrance_id")} THEN {OF_DWELLINGS} END IF;
    ELSIF EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id
                  AND (o.grid_id, o.dwelling_id) <> (n.grid_id, n.dwelling_id)) THEN  -- households
        UPDATE flags f SET household_id = n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
            AND (o.grid_id, o.dwelling_id) <> (n.grid_id, n.dwelling_id) WHERE f.household_id = n.id;
    END IF;
    RETURN NULL;
END $$
"""

STATEMENT_TRIGGERS = (  # name, event, table, function
    ("households_counted_in", "INSERT", "households", "count_households"),
    ("households_counted_out", "DELETE", "households", "count_households"),
    ("households_counted", "UPDATE", "households", "count_households"),
    ("dwellings_counted", "UPDATE", "dwellings", "count_households"),
    ("blocks_followed", "UPDATE", "blocks", "follow_place"),
    ("buildings_followed", "UPDATE", "buildings", "follow_place"),
    ("entrances_followed", "UPDATE", "entrances", "follow_place"),
    ("dwellings_followed", "UPDATE", "dwellings", "follow_place"),
    ("households_followed", "UPDATE", "households", "follow_place"),
)
ROWS = {"INSERT": "{new}", "DELETE": "{old}", "UPDATE": "{old} {new}"}
ROW_TRIGGERS = (  # name, event, table, condition, function
    ("households_placed", "INSERT", "households", "WHEN (NEW.grid_id IS NULL)", "place_household"),
    ("households_moved", "UPDATE OF dwelling_id", "households", "", "place_household"),
    # Whoever writes a flag does not choose its grid: that would show a foreign household in one's own.
    ("flags_placed", "INSERT OR UPDATE OF household_id, grid_id, building_id", "flags", "", "place_flag"),
)

# --- What a wall map may colour: the one door in the wall, through which no count passes

SHOWN_ON_WALL_MAPS = """
CREATE FUNCTION shown_flag_groups(community integer) RETURNS TABLE (building_id integer, flag_group text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH grouped AS (
        SELECT f.household_id, f.building_id, CASE
            WHEN f.kind IN ('oxygen_or_dialysis', 'alone_over_80', 'disability', 'infant') THEN 1
            WHEN f.kind = 'contact_household' THEN 2
            WHEN f.kind IN ('hardship', 'low_income') THEN 3
            WHEN f.kind IN ('let', 'vacant') THEN 4 END AS place
        FROM flags f JOIN buildings b ON b.id = f.building_id JOIN blocks k ON k.id = b.block_id
        WHERE k.community_id = community AND f.cleared_at IS NULL
            AND (f.expires_on IS NULL OR f.expires_on >= current_date)
            -- session_user: who called this, current_user: the owner, as whom it runs
            AND (session_user = current_user OR community = ANY (
                coalesce(nullif(current_setting('wangge.communities', true), ''), '{}')::int[]))
    ), counted AS (
        SELECT g.building_id, g.place, count(DISTINCT g.household_id) AS carrying, (
            SELECT sum(c.households) FROM entrances e JOIN household_counts c ON c.entrance_id = e.id
            WHERE e.building_id = g.building_id) AS households
        FROM grouped g GROUP BY g.building_id, g.place
    )
    SELECT DISTINCT ON (building_id) building_id,
        (ARRAY['need', 'contact', 'hardship', 'tenancy'])[place] FROM counted
    WHERE carrying >= 3 AND carrying * 2 < households ORDER BY building_id, place
$$
"""

# --- The wall

# In a subquery of its own a setting is read once a statement, and its ids are hashed: `= ANY (…)` would go through a
# district's 298 grids for every row.
IDS = "(SELECT unnest(coalesce(nullif(current_setting('wangge.{name}', true), ''), '{{}}')::int[]))"
BY_GRID = f"grid_id IN {IDS.format(name='grids')}"
WALLS = {
    "households": BY_GRID,
    "flags": BY_GRID,
    "incidents": f"community_id IN {IDS.format(name='communities')}",
    "incident_photos": "EXISTS (SELECT FROM incidents i WHERE i.id = incident_id)",  # of those that are seen
    "audit": "(SELECT current_setting('wangge.audit', true) = 'read')",
}
# Found by ownership and not by name: a backup is restored where the owner is called otherwise.
BY_OWNER = "(SELECT pg_get_userbyid(relowner) = current_user FROM pg_catalog.pg_class WHERE oid = '{table}'::regclass)"

RIGHTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT ON household_counts TO wangge_app;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON household_counts FROM wangge_app;
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "household_counts",
        sa.Column("entrance_id", sa.Integer(), nullable=False),
        sa.Column("floor", sa.SmallInteger(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entrance_id"], ["entrances.id"], name=op.f("fk_household_counts_entrance_id")),
        sa.PrimaryKeyConstraint("entrance_id", "floor", name=op.f("pk_household_counts")),
    )
    for table, column, _ in PLACES:
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    for statement in FILL:
        op.execute(statement)
    for table, column, of in PLACES:
        op.alter_column(table, column, nullable=False)
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, of, [column], ["id"])
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for function in (COUNT_HOUSEHOLDS, PLACE, FOLLOW, SHOWN_ON_WALL_MAPS):
        op.execute(function)
    make_triggers()
    op.execute(RIGHTS)
    for table, seen in WALLS.items():
        raise_wall(table, seen)


def make_triggers() -> None:
    """Keep counts and grids true from now on."""
    for name, event, table, function in STATEMENT_TRIGGERS:
        rows = ROWS[event].format(old="OLD TABLE AS old_rows", new="NEW TABLE AS new_rows")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    for name, event, table, condition, function in ROW_TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {function}()"
        )


def raise_wall(table: str, seen: str) -> None:
    """Let everybody see and write the rows that `seen` is true of, and the owner all."""
    op.execute(f"CREATE POLICY by_owner ON {table} USING ({BY_OWNER.format(table=table)})")
    if table == "audit":
        op.execute(f"CREATE POLICY in_scope ON audit FOR SELECT USING ({seen})")
        op.execute("CREATE POLICY written ON audit FOR INSERT WITH CHECK (true)")
    else:
        op.execute(f"CREATE POLICY in_scope ON {table} USING ({seen})")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in WALLS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for policy in ("by_owner", "in_scope", *(["written"] if table == "audit" else [])):
            op.execute(f"DROP POLICY {policy} ON {table}")
    op.execute("DROP FUNCTION shown_flag_groups(integer)")
    for name, _, table, *_ in (*STATEMENT_TRIGGERS, *ROW_TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for function in ("follow_place", "place_flag", "place_household", "count_households"):
        op.execute(f"DROP FUNCTION {function}()")
    for table, column, _ in PLACES:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
        op.drop_column(table, column)
    op.drop_table("household_counts")
