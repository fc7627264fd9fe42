"""What others make of the same blocks: METIS k-way, GerryChain's ReCom, and spopt's max-p, SKATER and AZP.

Each gets the blocks of every part that hangs together, joined where one can walk, and as many grids as hold the middle
of the range. Whoever may not come to an end works in a process that is ended after a while.
"""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pymetis

from gis.annealing import UNEVEN, Problem, Weights, fitting_count, started
from gis.flips import pieces
from gis.plan_scores import USUAL

STEPS = range(1_000, 10_001, 1_000)  # of ReCom, all parts together, after which its plan is told
ATTEMPTS = 1_000  # to cut a pair of grids, before another pair is drawn: some can be cut in no other way
SEED = 7


def in_time(work: Callable[..., Iterator[Any]], patience: float, *args: Any) -> Iterator[tuple[float, Any]]:
    """What `work` yields within so many seconds, with the seconds that it had worked till then."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_working, args=(work, there, args), daemon=True)
    child.start()
    there.close()
    until = time.monotonic() + patience
    try:
        while here.poll(max(until - time.monotonic(), 0)):
            yield here.recv()
    except EOFError:
        pass
    finally:
        child.kill()
        child.join()


def _working(work: Callable[..., Iterator[Any]], there: Any, args: tuple[Any, ...]) -> None:
    """Send what comes, and when."""
    began = time.perf_counter()
    for found in work(*args):
        there.send((time.perf_counter() - began, found))


def parts(atoms):
    """Blocks and problem of each part that hangs together."""
    whole = Problem.of(atoms, USUAL, Weights())
    part = pieces(atoms.start, atoms.near, atoms.passable, np.zeros(len(atoms), dtype=np.int32))[1]
    for number in range(int(part.max(initial=-1)) + 1):
        members = np.flatnonzero(part == number)
        yield members, whole.within(members)


def whole(atoms, found):
    """One plan of the plans of parts: an iterable of members and their grids."""
    of, number = np.zeros(len(atoms), dtype=np.int32), 0
    for members, grids in found:
        dense = np.unique(grids, return_inverse=True)[1]
        of[members] = dense + number
        number += int(dense.max(initial=-1)) + 1
    return of


def metis(atoms, seed):
    """METIS k-way, an edge worth its metres."""
    return whole(atoms, ((members, _by_metres(problem, seed)) for members, problem in parts(atoms)))


def metis_weighted(atoms, seed):
    """METIS k-way, edges along roads, railways and water cheap to cut and those inside a compound dear."""
    found = ((members, started(problem, fitting_count(problem), seed)) for members, problem in parts(atoms))
    return whole(atoms, found)


def _by_metres(problem, seed):
    """The grids of a part by METIS."""
    atoms, count = problem.atoms, fitting_count(problem)
    if count <= 1 or len(atoms) <= 1:
        return np.zeros(len(atoms), dtype=np.int32)
    kept = atoms.passable
    _, part = pymetis.part_graph(
        min(count, len(atoms)),
        adjacency=pymetis.CSRAdjacency(np.searchsorted(atoms.tail[kept], np.arange(len(atoms) + 1)), atoms.near[kept]),
        vweights=atoms.households.tolist(),
        eweights=np.maximum(1, atoms.metres[kept]).astype(np.int64).tolist(),
        recursive=False,
        options=pymetis.Options(seed=seed, contig=1, ufactor=UNEVEN),
    )
    return np.array(part)


def gerrychain(atoms):
    """The plan that ReCom starts from, and those after STEPS; each part takes its share of the steps."""
    from gerrychain.proposals.tree_proposals import MetagraphError
    from gerrychain.tree import PopulationBalanceError

    chains, alone = [], []
    every = list(parts(atoms))
    total = sum(fitting_count(problem) for _, problem in every)
    for members, problem in every:
        count = fitting_count(problem)
        if count == 1:
            alone.append((members, np.zeros(len(members), dtype=np.int32)))
        else:
            chains.append((members, _chain(problem.atoms, count), count / total))
    now = [next(chain) for _, chain, _ in chains]

    def plan():
        states = ((members, _labels(state)) for (members, _, _), state in zip(chains, now, strict=True))
        return whole(atoms, [*alone, *states])

    yield "start", plan()
    done = 0
    for steps in STEPS:
        for at, (_, chain, share) in enumerate(chains):
            with suppress(PopulationBalanceError, MetagraphError):  # no other cut of this part: it stays as it is
                for state in islice(chain, math.ceil((steps - done) * share)):
                    now[at] = state
        done = steps
        yield f"{steps:,} steps", plan()


def _chain(atoms, count):
    """The states of a chain of ReCom with households in the range, from a start of its own."""
    import networkx as nx
    from gerrychain import Graph, MarkovChain, Partition, accept
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree

    graph = nx.Graph()
    graph.add_nodes_from((i, {"households": int(held)}) for i, held in enumerate(atoms.households))
    graph.add_edges_from(zip(atoms.tail[atoms.passable].tolist(), atoms.near[atoms.passable].tolist(), strict=True))
    target = float(atoms.households.sum()) / count
    off = min(1 - USUAL.low / target, USUAL.high / target - 1)
    start = Partition.from_random_assignment(
        Graph.from_networkx(graph), n_parts=count, epsilon=off, pop_col="households", rng=SEED
    )
    cut = partial(bipartition_tree, max_attempts=ATTEMPTS, allow_pair_reselection=True)
    step = partial(recom, pop_col="households", pop_target=target, epsilon=off, bipartition_tree_fn=cut)
    return iter(MarkovChain(step, [], accept.always_accept, start, 2 * STEPS[-1], rng=SEED))


def _labels(partition):
    """The grid of each block."""
    return np.array([partition.assignment[i] for i in range(len(partition.graph.nodes))])


def spopt(atoms, way):
    """spopt's regions by where blocks lie: "max-p" of at least the low end, "SKATER" or "AZP" of a given number."""
    yield whole(atoms, ((members, _regions(problem, way)) for members, problem in parts(atoms)))


def _regions(problem, way):
    """The regions of a part."""
    import geopandas
    import libpysal
    import shapely
    from spopt.region import AZP, MaxPHeuristic, Skater

    atoms, count = problem.atoms, fitting_count(problem)
    if count == 1:
        return np.zeros(len(atoms), dtype=np.int32)
    x, y = shapely.get_coordinates(shapely.centroid(atoms.shapes)).T
    table = geopandas.GeoDataFrame({"x": x, "y": y, "households": atoms.households}, geometry=list(atoms.shapes))
    near = {i: atoms.near[a:b][atoms.passable[a:b]].tolist() for i, (a, b) in enumerate(_rows(atoms))}
    weights = libpysal.weights.W(near, silence_warnings=True)
    np.random.seed(SEED)  # noqa: NPY002 (spopt draws from it)
    if way == "max-p":
        model = MaxPHeuristic(table, weights, ["x", "y"], "households", USUAL.low, 2)
    elif way == "SKATER":
        model = Skater(table, weights, ["x", "y"], n_clusters=count, floor=1)
    else:
        model = AZP(table, weights, ["x", "y"], n_clusters=count, random_state=SEED)
    model.solve()
    return np.array(model.labels_)


def _rows(atoms):
    """Where the neighbours of each block stand."""
    return zip(atoms.start[:-1].tolist(), atoms.start[1:].tolist(), strict=True)
