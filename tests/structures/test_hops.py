"""Hops: kinds and multiplicities known by hand, and networks that do not depend on how the host is given."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from ase import Atoms
from ase.geometry import get_distances
from ase.neighborlist import neighbor_list

from potash.errors import BadInput
from potash.structures.hops import Hops, Mechanism, find_hops
from potash.structures.network import bottlenecks
from potash.structures.phases import names, phase
from potash.structures.supercells import supercell

A_CU = 3.61496
A_K = 5.3269
A_K2SE = 7.671911
A_K3SB, C_K3SB, Z_K3SB = 6.0735, 10.7776, 0.082159


def kinds(hops: Hops) -> list[tuple[float, int]]:
    return [(round(hop.distance, 3), hop.multiplicity) for hop in hops.kinds]


def vacancies(host: Atoms, ion: str, cutoff: float) -> list[tuple[float, int]]:
    return kinds(find_hops(host, ion, "vacancy", cutoff))


def ends_of(hops: Hops) -> list[tuple[str, str]]:
    return [(hops.sites[hop.start].name, hops.sites[hop.end].name) for hop in hops.kinds]


def census(hops: Hops) -> Counter[tuple[int, str, str, bool]]:
    """Count the edges of a cell by kind, names of the ends and direction."""
    return Counter(
        (edge.kind, hops.sites[edge.start].name, hops.sites[edge.end].name, edge.reverse) for edge in hops.edges
    )


def test_fcc() -> None:
    """The fourth shell lies behind the first: its hops lead through an ion."""
    shells = [(A_CU / 2**0.5, 12), (A_CU, 6), (A_CU * 1.5**0.5, 24)]
    expected = [(round(distance, 3), count) for distance, count in shells]
    for host in (phase("Cu"), phase("Cu", primitive=True), supercell(phase("Cu"), (2, 1, 1))):
        assert vacancies(host, "Cu", A_CU * 2**0.5) == expected


def test_the_longest_hop_is_included() -> None:
    assert vacancies(phase("Cu"), "Cu", A_CU / 2**0.5) == [(round(A_CU / 2**0.5, 3), 12)]
    assert len(vacancies(phase("Cu"), "Cu", A_CU - 0.02)) == 1


def test_bcc() -> None:
    expected = [(round(A_K * 3**0.5 / 2, 3), 8), (round(A_K, 3), 6)]
    assert vacancies(phase("K"), "K", 5.5) == expected
    assert vacancies(phase("K", primitive=True), "K", 5.5) == expected


@pytest.mark.parametrize("ratio", [1.55, 1.7])
def test_hcp_hops_in_the_plane_and_out_of_it(ratio: float) -> None:
    host = Atoms(
        "Mg2", cell=[3.2, 3.2, 3.2 * ratio, 90, 90, 120], scaled_positions=[[0, 0, 0], [1 / 3, 2 / 3, 0.5]], pbc=True
    )
    out = (3.2**2 / 3 + (1.6 * ratio) ** 2) ** 0.5
    assert vacancies(host, "Mg", 3.5) == sorted([(3.2, 6), (round(out, 3), 6)])


def test_a_layer_of_ions_hops_in_the_plane() -> None:
    """A honeycomb of lithium in no crystal: three neighbours, then six of the own lattice; none across the vacuum."""
    layer = phase("graphene")
    layer.symbols[:] = "Li"
    layer.set_cell([*layer.cell.lengths()[:2], 4.0, 90, 90, 120], scale_atoms=True)
    hops = find_hops(layer, "Li", "vacancy", 2.6)
    edge = layer.cell.lengths()[0]
    assert kinds(hops) == [(round(edge / 3**0.5, 3), 3), (round(edge, 3), 6)]
    assert {edge.cell[2] for edge in hops.edges} == {0}


def test_antifluorite_hops_along_the_cube_edges() -> None:
    first, second = find_hops(phase("K2Se"), "K", "vacancy", 6.0).kinds
    assert (first.multiplicity, first.distance) == (6, pytest.approx(A_K2SE / 2))
    assert sorted(np.abs(first.vector)) == pytest.approx([0, 0, A_K2SE / 2], abs=1e-9)
    assert (second.multiplicity, second.distance) == (12, pytest.approx(A_K2SE / 2**0.5))


def test_hexagonal_k3sb() -> None:
    across = A_K3SB / 3**0.5
    expected = {
        ((0.5 - 2 * Z_K3SB) * C_K3SB, 1): ("K2", "K2"),  # one 4f above the other
        (np.hypot(across, 2 * Z_K3SB * C_K3SB), 3): ("K2", "K2"),  # across the layer of 4f
        (np.hypot(across, (0.25 - Z_K3SB) * C_K3SB), 6): ("K1", "K2"),
        (np.hypot(across, (0.25 + Z_K3SB) * C_K3SB), 6): ("K1", "K2"),
        (C_K3SB / 2, 2): ("K1", "K1"),
    }
    hops = find_hops(phase("K3Sb-hexagonal"), "K", "vacancy", 6.0)
    assert kinds(hops) == [(round(distance, 3), count) for distance, count in sorted(expected)]
    assert ends_of(hops) == [expected[key] for key in sorted(expected)]


def test_cubic_k3sb() -> None:
    edge = phase("K3Sb-cubic").cell[0, 0]
    hops = find_hops(phase("K3Sb-cubic"), "K", "vacancy", 6.1)
    expected = [(edge * 3**0.5 / 4, 8), (edge / 2, 6), (edge / 2**0.5, 12), (edge / 2**0.5, 12)]
    assert kinds(hops) == [(round(distance, 3), count) for distance, count in expected]
    assert ends_of(hops) == [("K1", "K2"), ("K2", "K2"), ("K1", "K1"), ("K2", "K2")]


def test_the_hole_of_antifluorite_has_twelve_neighbours() -> None:
    assert kinds(find_hops(phase("K2Se"), "K", "interstitial", 6.0)) == [(round(A_K2SE / 2**0.5, 3), 12)]


def test_the_holes_of_fcc_lead_to_each_other() -> None:
    first = find_hops(phase("Cu"), "H", "interstitial", 1.6).kinds
    assert [(round(hop.distance, 3), hop.multiplicity) for hop in first] == [(round(A_CU * 3**0.5 / 4, 3), 8)]
    # From octahedron to octahedron across the edge nothing is in the way; along the cube's edge an atom is.
    octahedra = [
        hop
        for hop in find_hops(phase("Cu"), "H", "interstitial", 3.7).kinds
        if hop.start == hop.end == 0 or hop.end < 4
    ]
    assert A_CU not in [pytest.approx(hop.distance) for hop in octahedra]


def test_an_interstitialcy_pushes_an_ion_on() -> None:
    """In antifluorite each ion has four octahedra around it; from one to another it is 70.5° off straight on."""
    hops = find_hops(phase("K2Se"), "K", "interstitialcy", 6.0)
    assert kinds(hops) == [(round(A_K2SE / 2**0.5, 3), 24)]
    (hop,) = hops.kinds
    assert hop.via is not None
    host = phase("K2Se")
    start, end = (np.array(hops.sites[site].position) for site in (hop.start, hop.end))
    middle = host.get_scaled_positions(wrap=False)[hop.via[0]] + hop.via[1]
    push, pushed = (middle - start) * A_K2SE, (end + hop.cell - middle) * A_K2SE
    assert np.linalg.norm(push) == pytest.approx(A_K2SE * 3**0.5 / 4)
    assert np.linalg.norm(pushed) == pytest.approx(A_K2SE * 3**0.5 / 4)
    assert push @ pushed / (np.linalg.norm(push) * np.linalg.norm(pushed)) == pytest.approx(1 / 3)
    assert push + pushed == pytest.approx(np.array(hop.vector))
    # Straight on, 6.64 Å away, is no octahedron but an anion.
    assert len(find_hops(phase("K2Se"), "K", "interstitialcy", 6.7).kinds) == 1


def test_adatoms_on_graphene() -> None:
    hops = find_hops(phase("graphene"), "K", "adatom", 1.6)
    found = {frozenset(ends): count for ends, (_, count) in zip(ends_of(hops), kinds(hops), strict=True)}
    assert found == {
        frozenset({"top", "bridge"}): 3,
        frozenset({"bridge"}): 4,
        frozenset({"bridge", "hollow"}): 2,
        frozenset({"top", "hollow"}): 3,
    }
    # From hollow to hollow leads over the bridge between them: that is two hops.
    assert ("hollow", "hollow") not in ends_of(find_hops(phase("graphene"), "K", "adatom", 2.6))


CASES: list[tuple[str, str, Mechanism, float]] = [
    ("Cu", "Cu", "vacancy", 4.5),
    ("K2Se", "K", "vacancy", 6.0),
    ("K3Sb-hexagonal", "K", "vacancy", 6.0),
    ("KSb2", "K", "vacancy", 7.0),
    ("Se-trigonal", "Se", "vacancy", 4.5),
    ("K2Se", "K", "interstitial", 6.0),
    ("K3P", "K", "interstitial", 3.0),
    ("graphite", "Li", "interstitial", 2.5),
    ("K2Se", "K", "interstitialcy", 6.7),
    ("graphene", "K", "adatom", 2.6),
    ("antimonene", "K", "adatom", 4.2),
]


@pytest.mark.parametrize(("name", "ion", "mechanism", "cutoff"), CASES)
@pytest.mark.parametrize("size", [(2, 1, 1), (1, 2, 3)])
def test_the_supercell_changes_nothing(
    name: str, ion: str, mechanism: Mechanism, cutoff: float, size: tuple[int, int, int]
) -> None:
    host = phase(name)
    known = find_hops(host, ion, mechanism, cutoff)
    large = supercell(host, size)
    found = find_hops(large, ion, mechanism, cutoff)
    assert kinds(found) == kinds(known)
    assert ends_of(found) == ends_of(known)
    tiles = len(large) // len(host)
    assert census(found) == {key: count * tiles for key, count in census(known).items()}


@pytest.mark.parametrize(("name", "ion", "mechanism", "cutoff"), CASES)
@pytest.mark.parametrize("seed", range(2))
def test_order_place_and_orientation_change_nothing(
    name: str, ion: str, mechanism: Mechanism, cutoff: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    host = phase(name)
    turned = host[random.permutation(len(host))]
    axis = [0, 0, 1] if mechanism == "adatom" else random.normal(size=3)
    turned.rotate(random.uniform(0, 360), axis, rotate_cell=True)
    turned.positions += random.normal(size=3) * turned.pbc
    turned.wrap()
    known, found = find_hops(host, ion, mechanism, cutoff), find_hops(turned, ion, mechanism, cutoff)
    assert [hop.distance for hop in found.kinds] == pytest.approx([hop.distance for hop in known.kinds], abs=2e-3)
    assert sorted(Counter(edge.kind for edge in found.edges).values()) == sorted(
        Counter(edge.kind for edge in known.edges).values()
    )


@pytest.mark.parametrize(("name", "ion", "mechanism", "cutoff"), CASES)
def test_edges_are_the_images_of_the_kinds(name: str, ion: str, mechanism: Mechanism, cutoff: float) -> None:
    hops = find_hops(phase(name), ion, mechanism, cutoff)
    cell = hops.host.cell.array
    position = np.array([site.position for site in hops.sites])
    orbits = Counter(site.orbit for site in hops.sites)
    for edge in hops.edges:
        kind = hops.kinds[edge.kind]
        way = (position[edge.end] + edge.cell - position[edge.start]) @ cell
        assert np.linalg.norm(way) == pytest.approx(kind.distance, abs=2e-3)
        start, end = (kind.end, kind.start) if edge.reverse else (kind.start, kind.end)
        assert hops.sites[edge.start].orbit == hops.sites[start].orbit
        assert hops.sites[edge.end].orbit == hops.sites[end].orbit
    # Every hop has its opposite.
    opposite = Counter((edge.end, edge.start, tuple(-x for x in edge.cell), edge.kind) for edge in hops.edges)
    assert opposite == Counter((edge.start, edge.end, edge.cell, edge.kind) for edge in hops.edges)
    # From each site as many leave as the kinds say; those that arrive are shared among the sites of the other orbit.
    leaving = Counter(edge.start for edge in hops.edges)
    for index, site in enumerate(hops.sites):
        count = 0.0
        for hop in hops.kinds:
            start, end = hops.sites[hop.start].orbit, hops.sites[hop.end].orbit
            count += hop.multiplicity * (start == site.orbit)
            count += hop.multiplicity * orbits[start] / orbits[end] * (end == site.orbit != start)
        assert leaving[index] == pytest.approx(count)
    for hop in hops.kinds:
        orbit = hops.sites[hop.start].orbit
        assert hop.start == min(index for index, site in enumerate(hops.sites) if site.orbit == orbit)
        way = (position[hop.end] + hop.cell - position[hop.start]) @ cell
        assert np.allclose(way, hop.vector)
    assert all(one.distance < other.distance + 1e-3 for one, other in pairwise(hops.kinds))


@pytest.mark.parametrize("name", [name for name in names() if len(phase(name)) < 33 and "K" in phase(name).symbols])
def test_every_neighbour_is_a_hop_or_behind_another_atom(name: str) -> None:
    host = phase(name)
    first, second, ways = neighbor_list("ijD", host, 5.0)
    ions = (host.numbers[first] == 19) & (host.numbers[second] == 19)
    halfway = host.positions[first[ions]][:, None] + ways[ions][:, None] * np.linspace(0.25, 0.75, 26)[None, :, None]
    nearest = [get_distances(points, host.positions, host.cell, True)[1].min() for points in halfway]
    free = sum(distance > 0.3 for distance in nearest)
    blocked = sum(distance < 0.2 for distance in nearest)
    assert free <= len(find_hops(host, "K", "vacancy", 4.98).edges) + sum(np.linalg.norm(ways[ions], axis=1) > 4.97)
    assert len(find_hops(host, "K", "vacancy", 4.98).edges) <= ions.sum() - blocked


def test_a_chain_that_has_a_sense_runs_backwards() -> None:
    """Three sites in a row, no mirror: from the first to the second is not from the second to the first."""
    host = Atoms("KSeS", [[0, 0, 0], [1.2, 0.9, 0.4], [2.1, 0.3, 1.5]], cell=[3.5, 9, 9], pbc=True)
    (hop,) = find_hops(host, "K", "vacancy", 4.0).kinds
    edges = find_hops(host, "K", "vacancy", 4.0).edges
    assert (hop.start, hop.end, hop.multiplicity) == (0, 0, 2)  # to its own images in the next cells
    assert sorted(edge.reverse for edge in edges) == [False, True]
    assert {edge.cell for edge in edges} == {(1, 0, 0), (-1, 0, 0)}
    mirrored = Atoms("KSe", [[0, 0, 0], [1.75, 2, 1]], cell=[3.5, 9, 9], pbc=True)
    assert not any(edge.reverse for edge in find_hops(mirrored, "K", "vacancy", 4.0).edges)


@pytest.mark.parametrize("host", [
    Atoms("KSe", [[0, 0, 0], [1.75, 2, 1]], cell=[3.5, 9, 9], pbc=True),
    Atoms("KSeS", [[0, 0, 0], [1.2, 0.9, 0.4], [2.1, 0.3, 1.5]], cell=[3.5, 9, 9], pbc=True),
    Atoms("K2Se", [[0, 0, 0], [1.5, 1, 0], [3, 2, 2]], cell=[3.5, 9, 9], pbc=True),
])  # fmt: skip
def test_a_chain_leads_on_along_itself_alone(host: Atoms) -> None:
    """From the host to the bottleneck: the same in a cell of two links, and whichever axis runs along the chain."""
    for large, axis in ((host, 0), (supercell(host, (2, 1, 1)), 0), (rolled(host), 1)):
        hops = find_hops(large, "K", "vacancy", 4.0)
        links = [(edge.start, edge.end, edge.cell, 0.2 + 0.1 * edge.kind) for edge in hops.edges]
        found = bottlenecks([0.0] * len(hops.sites), links)
        assert [passage is not None for passage in found.directions] == [i == axis for i in range(3)]
        assert [passage is not None for passage in found.dimensions] == [True, False, False]
        assert found.dimensions[0] == found.directions[axis]
        assert found.dimensions[0] is not None
        highest = max(hops.edges[edge].kind for edge in found.dimensions[0].edges)
        assert found.dimensions[0].barrier == pytest.approx(0.2 + 0.1 * highest)


def rolled(host: Atoms) -> Atoms:
    """Give the same crystal with its axes a, b, c named b, c, a."""
    return Atoms(host.symbols, np.roll(host.positions, 1, axis=1), cell=np.roll(host.cell.lengths(), 1), pbc=True)


@pytest.mark.parametrize("digits", [4, 5])
@pytest.mark.parametrize("name", ["K3Sb-hexagonal", "K2Se", "K3Bi-hexagonal", "K3P", "KSb2"])
def test_coordinates_of_few_digits_make_no_new_kinds(name: str, digits: int) -> None:
    host = phase(name)
    written = host.copy()
    written.set_scaled_positions(np.round(host.get_scaled_positions(), digits))
    assert [count for _, count in vacancies(written, "K", 5.5)] == [count for _, count in vacancies(host, "K", 5.5)]


def test_an_ion_that_is_not_there_and_hops_that_are_too_long() -> None:
    with pytest.raises(BadInput, match="the host K2Se has no ion Li that could hop"):
        find_hops(phase("K2Se"), "Li", "vacancy", 6.0)
    with pytest.raises(BadInput, match="the host K2Se has no ion Li that could be pushed on"):
        find_hops(phase("K2Se"), "Li", "interstitialcy", 6.0)
    for mechanism in ("vacancy", "interstitial", "interstitialcy"):
        with pytest.raises(BadInput, match=f"K2Se has no {mechanism} hop of K within 2 Å; give a longer cutoff"):
            find_hops(phase("K2Se"), "K", mechanism, 2.0)  # type: ignore[arg-type]
