"""networkx, and the recipe of OSMnx's examples for isochrones: the ego graph, with buffers of its nodes and edges.

Source: https://github.com/gboeing/osmnx-examples, notebook 13, `make_iso_polys` with its own widths.
"""

import networkx as nx
import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import Point, Polygon

EDGE_BUFFER, NODE_BUFFER = 25, 50  # metres, the notebook's


class NetworkX:
    """A mode of a network as a MultiDiGraph."""

    def __init__(self, net) -> None:
        """Make the graph: nodes by position, edges with `time` and `line`."""
        self.net, roads = net, net.roads
        self.graph = nx.MultiDiGraph()
        self.graph.add_nodes_from((at, {"x": x, "y": y}) for at, (x, y) in enumerate(roads.node_xy.tolist()))
        lines = roads.lines_of(np.arange(len(roads.tail)))
        for column, (start, end) in enumerate(((roads.tail, roads.head), (roads.head, roads.tail))):
            for edge in np.flatnonzero(np.isfinite(net.seconds[:, column])).tolist():
                seconds = float(net.seconds[edge, column])
                self.graph.add_edge(int(start[edge]), int(end[edge]), time=seconds, line=lines[edge])
        self._tree = cKDTree(roads.node_xy)

    def zone(self, origin, limits) -> list[str]:
        """GeoJSON of the polygon of each limit, in degrees."""
        node = int(self._tree.query(origin.xy[0])[1])
        frame = self.net.roads.frame
        return [shapely.to_geojson(frame.to_degrees(self._polygon(node, limit))) for limit in limits]

    def _polygon(self, node, limit) -> Polygon:
        within = nx.ego_graph(self.graph, node, radius=limit, distance="time")
        spots = [Point(told["x"], told["y"]).buffer(NODE_BUFFER) for _, told in within.nodes(data=True)]
        roads = [line.buffer(EDGE_BUFFER) for _, _, line in within.edges(data="line")]
        union = shapely.union_all([*spots, *roads])
        return Polygon(union.exterior) if isinstance(union, Polygon) else union

    def node_seconds(self, origin, limit) -> np.ndarray:
        """Seconds to every node from the exact place, by a node that stands there for the time of the search."""
        edge, at = origin.edge, float(origin.exact.fraction[0])
        ahead, back = self.net.seconds[edge]
        if np.isfinite(ahead):
            self.graph.add_edge("here", int(self.net.roads.head[edge]), time=float(ahead) * (1 - at))
        if np.isfinite(back):
            self.graph.add_edge("here", int(self.net.roads.tail[edge]), time=float(back) * at)
        found = nx.single_source_dijkstra_path_length(self.graph, "here", cutoff=limit, weight="time")
        self.graph.remove_node("here")
        seconds = np.full(len(self.net.roads.node_xy), np.inf)
        for node, cost in found.items():
            if node != "here":
                seconds[node] = cost
        return seconds
