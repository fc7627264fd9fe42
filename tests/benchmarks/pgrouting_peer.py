"""pgRouting in the same database, on the same roads and the same seconds, from exactly the same places."""

import io

import numpy as np
import shapely
from sqlalchemy import text

from gis.network import ModeNetwork
from gis.travel import Mode

EDGES = "SELECT id, source, target, cost, reverse_cost FROM {table}"
POINT = (
    "format('SELECT 1 AS pid, %s::bigint AS edge_id, %s::float AS fraction', CAST(:edge AS text), CAST(:at AS text))"
)
ALL_POINTS = "SELECT pid, edge_id, fraction FROM bench_points"


class PgRouting:
    """One mode of one network as a table of costs; ids are positions in the network, nodes counted from 1."""

    def __init__(self, session, net: ModeNetwork, mode: Mode, name: str) -> None:
        """Write the table and analyse it."""
        self.session, self.net = session, net
        self.table = f"bench_{''.join(filter(str.isalnum, name)).lower()}_{mode.value}"
        cost = np.where(np.isfinite(net.seconds), net.seconds, -1.0)
        columns = (np.arange(len(cost)), net.roads.tail + 1, net.roads.head + 1, cost[:, 0], cost[:, 1])
        fill(session, self.table, "id bigint PRIMARY KEY, source bigint, target bigint, cost float, reverse_cost float",
             columns)  # fmt: skip
        lon, lat = net.roads.frame.degrees(net.roads.node_xy).T
        fill(session, f"{self.table}_nodes", "id bigint PRIMARY KEY, lon float, lat float",
             (np.arange(len(lon)) + 1, lon, lat))  # fmt: skip

    @property
    def edges(self) -> str:
        """The SQL of its edges."""
        return EDGES.format(table=self.table)

    def zone(self, origin, limits) -> list[str]:
        """GeoJSON of a concave hull around the nodes within each limit, as is usual."""
        found = self.session.execute(
            text(f"""
                WITH reached AS (
                    SELECT ST_MakePoint(n.lon, n.lat) AS geom, d.agg_cost
                    FROM pgr_withPointsDD('{self.edges}', {POINT}, -1, {limits[-1]}, directed => true) d
                    JOIN {self.table}_nodes n ON n.id = d.node)
                SELECT l, ST_AsGeoJSON(ST_ConcaveHull(ST_Collect(geom), 0.5))
                FROM reached, unnest(CAST(:limits AS float[])) l WHERE agg_cost <= l GROUP BY l ORDER BY l
            """),
            {"edge": origin.edge, "at": float(origin.exact.fraction[0]), "limits": list(limits)},
        ).all()
        told = {int(limit): shape for limit, shape in found}
        return [told.get(limit, '{"type":"Polygon","coordinates":[]}') for limit in limits]

    def node_seconds(self, origin, limit) -> np.ndarray:
        """Seconds to every node, infinite past the limit."""
        found = self.session.execute(
            text(f"""SELECT node, agg_cost FROM pgr_withPointsDD('{self.edges}', {POINT}, -1, {limit}, directed => true)
                     WHERE node > 0"""),
            {"edge": origin.edge, "at": float(origin.exact.fraction[0])},
        ).all()
        seconds = np.full(len(self.net.roads.node_xy), np.inf)
        for node, cost in found:
            seconds[node - 1] = cost
        return seconds

    def keep_points(self, places) -> None:
        """Let `places` be the points 2, 3 … of what follows; the place asked from is point 1."""
        columns = (np.arange(len(places.edge)) + 2, places.edge, np.clip(places.fraction, 1e-6, 1 - 1e-6))
        fill(self.session, "bench_points", "pid bigint, edge_id bigint, fraction float", columns)

    def nearest(self, origin, count, many) -> list[tuple[int, float]]:
        """The first of the kept points to arrive at the place: position and seconds."""
        found = self.session.execute(
            text(f"""
                SELECT -start_pid - 2, agg_cost FROM pgr_withPointsCost(
                    '{self.edges}', '{ALL_POINTS} UNION ALL SELECT 1, {origin.edge}, {origin.exact.fraction[0]}',
                    ARRAY(SELECT -generate_series(2, {many + 1}))::bigint[], -1, directed => true)
                ORDER BY agg_cost LIMIT {count}
            """)
        ).all()
        return [(int(which), float(seconds)) for which, seconds in found]

    def coverage(self, many, limit) -> np.ndarray:
        """Seconds to every door from the first of the kept points by way of a junction."""
        self.session.execute(text("DROP TABLE IF EXISTS bench_reached"))
        self.session.execute(
            text(f"""
                CREATE TEMP TABLE bench_reached AS SELECT node, min(agg_cost) AS seconds FROM pgr_withPointsDD(
                    '{self.edges}', '{ALL_POINTS}', ARRAY(SELECT -generate_series(2, {many + 1}))::bigint[], {limit},
                    directed => true, equicost => true) WHERE node > 0 GROUP BY node
            """)
        )
        self.session.execute(text("ANALYZE bench_reached"))
        found = self.session.execute(
            text("""SELECT array_agg(least(t.seconds + d.from_tail, h.seconds + d.from_head) + d.walk ORDER BY d.id)
                    FROM bench_doors d LEFT JOIN bench_reached t ON t.node = d.tail
                      LEFT JOIN bench_reached h ON h.node = d.head""")
        ).scalar()
        return np.array([np.inf if one is None else one for one in found])

    def keep_doors(self, doors) -> None:
        """Let `doors` be the doors of `coverage`, each with its seconds from both ends of its edge."""
        net, roads = self.net, self.net.roads
        cost = net.seconds[doors.edge]
        columns = (
            np.arange(len(doors.edge)),
            roads.tail[doors.edge] + 1,
            roads.head[doors.edge] + 1,
            np.where(np.isfinite(cost[:, 0]), cost[:, 0], np.inf) * doors.fraction,
            np.where(np.isfinite(cost[:, 1]), cost[:, 1], np.inf) * (1 - doors.fraction),
            doors.access,
        )
        fill(self.session, "bench_doors",
             "id bigint PRIMARY KEY, tail bigint, head bigint, from_tail float, from_head float, walk float",
             columns)  # fmt: skip


def fill(session, table, columns, values) -> None:
    """A table made anew from arrays, by COPY."""
    session.execute(text(f"DROP TABLE IF EXISTS {table}"))
    session.execute(text(f"CREATE UNLOGGED TABLE {table} ({columns})"))
    rows = zip(*(np.asarray(one).tolist() for one in values), strict=True)
    buffer = io.StringIO("".join("\t".join(map(repr, row)) + "\n" for row in rows).replace("inf", "Infinity"))
    session.connection().connection.cursor().copy_expert(f"COPY {table} FROM STDIN", buffer)
    session.execute(text(f"ANALYZE {table}"))


def drawn(shapes, frame):
    """Polygons in local metres from GeoJSON texts; empty where nothing was drawn."""
    return [frame.to_metres(shapely.from_geojson(shape)) for shape in shapes]
