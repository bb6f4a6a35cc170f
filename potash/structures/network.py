"""How far a network of hops leads at which energy: percolation on a periodic graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import numpy as np

from potash.errors import BadInput

Cell = tuple[int, int, int]
#: Start, end, the lattice cell that the end lies in, and the saddle's energy in eV.
Link = tuple[int, int, Cell, float]


@dataclass(frozen=True)
class Passage:
    """The easiest way on for ever.

    Attributes
    ----------
    saddle
        The highest saddle on the way, in eV on the scale of the sites' energies.
    barrier
        That saddle above the lowest site that can be reached below it, in eV.
    edges
        The edges of the way (of dimension 2 and 3: of the ways that span it, joined), in rising order.
    """

    saddle: float
    barrier: float
    edges: tuple[int, ...]


@dataclass(frozen=True)
class Percolation:
    """The easiest ways through a network; None where there is none.

    Attributes
    ----------
    directions
        Along a, b and c: ways that gain in that lattice vector, whatever they gain in the others.
    dimensions
        In one, two and three dimensions; the first is the easiest way at all.
    """

    directions: tuple[Passage | None, Passage | None, Passage | None]
    dimensions: tuple[Passage | None, Passage | None, Passage | None]


@dataclass
class _Component:
    """Sites that are connected below an energy.

    `loops` holds edges that close a way to an image of a site in another cell, each with the cells gained; no one's
    gain is a combination of the others'.
    """

    sites: list[int]
    lowest: float
    tree: list[int] = field(default_factory=list)
    loops: list[tuple[int, np.ndarray]] = field(default_factory=list)

    def add(self, loop: tuple[int, np.ndarray]) -> None:
        """Keep a loop that leads where the others do not."""
        if _rank([gain for _, gain in [*self.loops, loop]]) > len(self.loops):
            self.loops.append(loop)

    def spanning(self, goal: int) -> list[int]:
        """Give the loops' edges that reach a goal: 0, 1, 2 along a, b, c; 3, 4, 5 in one, two, three dimensions."""
        if goal >= 3:
            return [edge for edge, _ in self.loops[: goal - 2]] if len(self.loops) >= goal - 2 else []
        return [edge for edge, gain in self.loops if gain[goal]][:1]


def bottlenecks(sites_energies: Sequence[float], edges: Sequence[Link]) -> Percolation:
    """Find the lowest energies at which a carrier can travel for ever along each direction, and in each dimension.

    Edges are added in the order of their saddles to a union–find of sites, each with the lattice cell in which it
    is reached from its component's root. An edge within a component that leads to another cell than is known
    closes a way that goes on for ever. The result is exact.

    Parameters
    ----------
    sites_energies
        Of each site, in eV from any zero.
    edges
        Start, end, the cell of the end, and the saddle's energy (eV, from the same zero). Of a hop and its reverse
        one is enough.

    Raises
    ------
    BadInput
        If a saddle lies below one of its ends.
    """
    _refuse_low(sites_energies, edges)
    components = [_Component([site], energy) for site, energy in enumerate(sites_energies)]
    cells = np.zeros((len(components), 3), dtype=int)
    found: list[Passage | None] = [None] * 6
    ascending = sorted(range(len(edges)), key=lambda edge: edges[edge][3])
    for saddle, equal in groupby(ascending, key=lambda edge: edges[edge][3]):
        group = list(equal)
        for edge in group:
            _join(components, cells, edge, edges[edge])
        grown = sorted(
            {id(found): found for found in (components[edges[edge][0]] for edge in group)}.values(), key=_lowest
        )
        for goal in range(6):
            ready = [component for component in grown if component.spanning(goal)]
            if found[goal] is None and ready:
                ways = _pruned([*ready[0].tree, *ready[0].spanning(goal)], edges)
                found[goal] = Passage(saddle, saddle - ready[0].lowest, ways)
    return Percolation((found[0], found[1], found[2]), (found[3], found[4], found[5]))


def _refuse_low(sites_energies: Sequence[float], edges: Sequence[Link]) -> None:
    for number, (start, end, _, saddle) in enumerate(edges):
        if saddle < max(sites_energies[start], sites_energies[end]) - 1e-6:
            raise BadInput(
                f"edge {number} from site {start} to site {end} has its saddle at {saddle:.3f} eV, below one of its ends"
            )


def between(
    sites_energies: Sequence[float], edges: Sequence[Link], starts: Collection[int], ends: Collection[int]
) -> Passage | None:
    """Find the lowest energy at which a carrier can come from one set of sites to another.

    Edges are added as in `bottlenecks`; the way is there as soon as one component has sites of both sets.

    Parameters
    ----------
    sites_energies, edges
        As for `bottlenecks`.
    starts, ends
        The two sets, by the sites' indices.

    Returns
    -------
    Passage or None
        None where no way leads from one to the other.

    Raises
    ------
    BadInput
        If a saddle lies below one of its ends.
    """
    _refuse_low(sites_energies, edges)
    components = [_Component([site], energy) for site, energy in enumerate(sites_energies)]
    cells = np.zeros((len(components), 3), dtype=int)
    for edge in sorted(range(len(edges)), key=lambda edge: edges[edge][3]):
        _join(components, cells, edge, edges[edge])
        grown = components[edges[edge][0]]
        if set(starts) & set(grown.sites) and set(ends) & set(grown.sites):
            saddle = edges[edge][3]
            return Passage(saddle, saddle - grown.lowest, _shortest(grown.tree, edges, starts, ends))
    return None


def _shortest(
    tree: Sequence[int], edges: Sequence[Link], starts: Collection[int], ends: Collection[int]
) -> tuple[int, ...]:
    """Give the edges of a tree that lead from one set of sites to another, by as few as can be."""
    import networkx as nx

    graph = nx.Graph()
    for edge in tree:
        graph.add_edge(*edges[edge][:2], edge=edge)
    graph.add_edges_from((("from", site) for site in starts), edge=None)
    graph.add_edges_from((("to", site) for site in ends), edge=None)
    sites = nx.shortest_path(graph, "from", "to")[1:-1]
    return tuple(sorted(graph.edges[pair]["edge"] for pair in pairwise(sites)))


def _lowest(component: _Component) -> float:
    return component.lowest


def _join(components: list[_Component], cells: np.ndarray, edge: int, link: Link) -> None:
    """Add an edge: it joins two components, or closes a loop in one."""
    start, end, cell, _ = link
    ours, theirs = components[start], components[end]
    step = cells[start] + cell - cells[end]
    if ours is theirs:
        ours.add((edge, step))
        return
    if len(ours.sites) < len(theirs.sites):
        ours, theirs, step = theirs, ours, -step
    cells[theirs.sites] += step
    for site in theirs.sites:
        components[site] = ours
    ours.sites += theirs.sites
    ours.tree += [*theirs.tree, edge]
    ours.lowest = min(ours.lowest, theirs.lowest)
    for loop in theirs.loops:
        ours.add(loop)


def _rank(gains: Sequence[np.ndarray]) -> int:
    return int(np.linalg.matrix_rank(np.array(gains)))


def _pruned(chosen: Sequence[int], edges: Sequence[Link]) -> tuple[int, ...]:
    """Leave out dead ends: what remains are the loops and what joins them."""
    kept = set(chosen)
    while True:
        degrees = Counter(site for edge in kept for site in edges[edge][:2])
        dead = {edge for edge in kept if 1 in (degrees[edges[edge][0]], degrees[edges[edge][1]])}
        if not dead:
            return tuple(sorted(kept))
        kept -= dead
