"""Percolation: networks with answers known by hand, any cell of one network, brute force on large repeats."""

from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.network import Link, Passage, Percolation, between, bottlenecks

X, Y, Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)
HOME = (0, 0, 0)


def barriers(found: Percolation) -> list[float | None]:
    passages = [*found.directions, *found.dimensions]
    return [None if passage is None else round(passage.barrier, 9) for passage in passages]


def test_a_chain_of_two_sites() -> None:
    found = bottlenecks([0.0, 0.1], [(0, 1, HOME, 0.3), (1, 0, X, 0.5)])
    assert barriers(found) == [0.5, None, None, 0.5, None, None]
    assert found.directions[0] == Passage(0.5, 0.5, (0, 1))


def test_the_zero_of_energy_changes_the_saddle_alone() -> None:
    found = bottlenecks([2.0, 2.1], [(0, 1, HOME, 2.3), (1, 0, X, 2.5)])
    assert found.directions[0] is not None
    assert found.directions[0].saddle == 2.5
    assert found.directions[0].barrier == pytest.approx(0.5)


def test_square_layer() -> None:
    found = bottlenecks([0.0], [(0, 0, X, 0.2), (0, 0, Y, 0.4)])
    assert barriers(found) == [0.2, 0.4, None, 0.2, 0.4, None]
    assert [passage.edges for passage in found.dimensions if passage] == [(0,), (0, 1)]


@pytest.mark.parametrize(
    ("hard", "expected"), [(0.3, [0.3, 0.3, None, 0.3, 0.3, None]), (0.9, [0.9, 0.3, None, 0.3, 0.9, None])]
)
def test_honeycomb_layer(hard: float, expected: list[float | None]) -> None:
    """Of a site's three hops one is harder: the other two make chains along b."""
    found = bottlenecks([0.0, 0.0], [(0, 1, HOME, 0.3), (0, 1, (0, -1, 0), 0.3), (0, 1, (-1, 0, 0), hard)])
    assert barriers(found) == expected


def test_simple_cubic() -> None:
    found = bottlenecks([0.0], [(0, 0, X, 0.5), (0, 0, Y, 0.2), (0, 0, Z, 0.7)])
    assert barriers(found) == [0.5, 0.2, 0.7, 0.2, 0.5, 0.7]


def test_fcc_hops_in_a_plane_and_across() -> None:
    """In the primitive cell the hops ±a, ±b, ±(a − b) lie in one close-packed plane, those along c cross it."""
    plane = [(X), (Y), (1, -1, 0)]
    across = [Z, (1, 0, -1), (0, 1, -1)]
    found = bottlenecks([0.0], [*((0, 0, cell, 0.2) for cell in plane), *((0, 0, cell, 0.6) for cell in across)])
    assert barriers(found) == [0.2, 0.2, 0.6, 0.2, 0.2, 0.6]


def test_loops_that_lead_back_to_the_same_cell_are_no_way_on() -> None:
    ring = [(0, 1, X, 0.1), (1, 2, Y, 0.1), (2, 3, (-1, 0, 0), 0.1), (3, 0, (0, -1, 0), 0.1)]
    assert barriers(bottlenecks([0.0] * 4, ring)) == [None] * 6
    assert barriers(bottlenecks([0.0], [])) == [None] * 6


def test_crossing_chains_that_are_not_joined_are_one_dimensional() -> None:
    edges: list[Link] = [(0, 0, X, 0.2), (1, 1, Y, 0.3)]
    assert barriers(bottlenecks([0.0, 0.1], edges)) == [0.2, 0.2, None, 0.2, None, None]
    joined = bottlenecks([0.0, 0.1], [*edges, (0, 1, Z, 0.8)])
    assert barriers(joined) == [0.2, 0.2, None, 0.2, 0.8, None]
    assert joined.dimensions[1] is not None
    assert joined.dimensions[1].edges == (0, 1, 2)  # the way from chain to chain belongs to it


def test_dead_ends_are_no_part_of_the_way() -> None:
    edges: list[Link] = [(0, 1, HOME, 0.1), (0, 2, HOME, 0.2), (2, 0, Y, 0.3), (1, 3, HOME, 0.15)]
    found = bottlenecks([0.0, -0.4, 0.0, 0.1], edges)
    assert found.directions[1] is not None
    assert found.directions[1].edges == (1, 2)
    assert found.directions[1].barrier == pytest.approx(0.7)  # the dead end is where the carrier rests


def test_a_saddle_below_its_end_is_refused() -> None:
    with pytest.raises(BadInput, match=r"edge 0 from site 0 to site 1 has its saddle at 0.200 eV"):
        bottlenecks([0.0, 0.3], [(0, 1, X, 0.2)])


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[float], list[Link]]:
    count = draw(st.integers(1, 4))
    sites = [draw(st.integers(0, 4)) / 10 for _ in range(count)]
    site = st.integers(0, count - 1)
    step = st.integers(-1, 1)
    drawn = draw(st.lists(st.tuples(site, site, st.tuples(step, step, step), st.integers(4, 9)), max_size=7))
    return sites, [(start, end, cell, saddle / 10) for start, end, cell, saddle in drawn]


def repeated(sites: list[float], edges: list[Link], size: tuple[int, int, int]) -> tuple[list[float], list[Link]]:
    """Write the same network in a larger cell."""
    cells = list(product(*map(range, size)))
    index = {cell: number for number, cell in enumerate(cells)}
    large: list[Link] = []
    for (start, end, step, saddle), cell in product(edges, cells):
        reached = np.add(cell, step)
        over = tuple(int(x) for x in reached // size)
        inside = tuple(int(x) for x in reached % size)
        large.append((index[cell] * len(sites) + start, index[inside] * len(sites) + end, over, saddle))  # type: ignore[arg-type]
    return sites * len(cells), large


@settings(max_examples=60, deadline=None)
@given(networks(), st.tuples(*[st.integers(1, 3)] * 3))
def test_the_choice_of_cell_changes_nothing(
    network: tuple[list[float], list[Link]], size: tuple[int, int, int]
) -> None:
    assert barriers(bottlenecks(*repeated(*network, size))) == barriers(bottlenecks(*network))


@settings(max_examples=60, deadline=None)
@given(networks(), st.randoms())
def test_order_direction_and_reverses_of_the_edges_change_nothing(
    network: tuple[list[float], list[Link]], random: object
) -> None:
    sites, edges = network
    both = [*edges, *((end, start, tuple(-x for x in cell), saddle) for start, end, cell, saddle in edges)]
    random.shuffle(both)  # type: ignore[attr-defined]
    assert barriers(bottlenecks(sites, both)) == barriers(bottlenecks(sites, edges))


def brute(sites: list[float], edges: list[Link], reach: int = 3) -> list[float | None]:
    """Walk through a large repeat: which cells can be reached from a site at which threshold?"""
    most = 2 * reach + 1  # detours may lead out of the cells that are asked for
    cells = list(product(range(-most, most + 1), repeat=3))
    known = set(cells)
    found: list[float | None] = [None] * 6
    for threshold in sorted({saddle for *_, saddle in edges}):
        graph = nx.Graph()
        for (start, end, step, saddle), cell in product(edges, cells):
            reached = tuple(int(x) for x in np.add(cell, step))
            if saddle <= threshold and reached in known:
                graph.add_edge((start, *cell), (end, *reached))
        best: list[float | None] = [None] * 6
        for site in range(len(sites)):
            if (site, 0, 0, 0) not in graph:
                continue
            together = nx.node_connected_component(graph, (site, 0, 0, 0))
            images = [node[1:] for node in together if node[0] == site and max(map(abs, node[1:])) <= reach]
            rank = np.linalg.matrix_rank(np.array(images))
            lowest = min(sites[node[0]] for node in together)
            goals = [*(any(image[axis] for image in images) for axis in range(3)), rank >= 1, rank >= 2, rank >= 3]
            for goal, fulfilled in enumerate(goals):
                if fulfilled and (best[goal] is None or threshold - lowest > best[goal]):  # type: ignore[operator]
                    best[goal] = round(threshold - lowest, 9)
        found = [old if old is not None else new for old, new in zip(found, best, strict=True)]
    return found


@settings(max_examples=25, deadline=None)
@given(networks())
def test_brute_force_agrees(network: tuple[list[float], list[Link]]) -> None:
    sites, edges = network
    few = [(start % 2, end % 2, cell, saddle) for start, end, cell, saddle in edges][:4]
    sites = (sites * 2)[:2]
    assert barriers(bottlenecks(sites, few)) == brute(sites, few, reach=2)


def test_from_one_side_to_the_other_by_the_lower_of_two_passes() -> None:
    """Two passes lead from 0 to 3: by 1 over 0.7, by 2 over 0.5; a pit hangs on the lower one."""
    edges: list[Link] = [(0, 1, HOME, 0.2), (1, 3, X, 0.7), (0, 2, HOME, 0.5), (2, 3, Y, 0.4), (2, 4, HOME, 0.45)]
    found = between([0.0, 0.1, 0.1, 0.05, -0.2], edges, [0], [3])
    assert found == Passage(0.5, 0.7, (2, 3))
    assert between([0.0, 0.1, 0.1, 0.05, -0.2], edges, [3], [0]) == found
    assert between([0.0, 0.1, 0.1, 0.05, -0.2], edges[:1], [0], [3]) is None


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_from_set_to_set_brute_force_agrees(network: tuple[list[float], list[Link]], data: st.DataObject) -> None:
    sites, edges = network
    starts = data.draw(st.sets(st.integers(0, len(sites) - 1)))
    ends = set(range(len(sites))) - starts
    found = between(sites, edges, starts, ends)
    lowest = None
    for threshold in sorted({saddle for *_, saddle in edges}):
        graph = nx.Graph([(start, end) for start, end, _, saddle in edges if saddle <= threshold])
        if any(component & starts and component & ends for component in nx.connected_components(graph)):
            lowest = threshold
            break
    assert (found.saddle if found else None) == lowest
    if found:
        way = nx.Graph([edges[edge][:2] for edge in found.edges])
        assert max(edges[edge][3] for edge in found.edges) <= lowest
        assert set(way) & starts
        assert set(way) & ends
        assert nx.is_connected(way)
