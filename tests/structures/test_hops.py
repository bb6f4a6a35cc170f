"""Hops: kinds and multiplicities known by hand, end points atom by atom, end points carried by symmetry."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.geometry import find_mic
from ase.neighborlist import neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.hops import Hop, end_points, image_of, is_shortest, vacancy_hops
from potash.structures.phases import names, phase
from potash.structures.supercells import supercell

A_CU = 3.61496
A_K = 5.3269
A_K2SE = 7.671911
A_K3SB, C_K3SB, Z_K3SB = 6.0735, 10.7776, 0.082159


def kinds(host: Atoms, ion: str, cutoff: float) -> list[tuple[float, int]]:
    return [(round(hop.distance, 3), hop.multiplicity) for hop in vacancy_hops(host, ion, cutoff)]


def large(name: str) -> Atoms:
    return supercell(phase(name), (2, 2, 2))


def test_fcc() -> None:
    shells = [(A_CU / 2**0.5, 12), (A_CU, 6), (A_CU * 1.5**0.5, 24), (A_CU * 2**0.5, 12)]
    assert kinds(large("Cu"), "Cu", 5.2) == [(round(distance, 3), count) for distance, count in shells]


def test_bcc() -> None:
    assert kinds(large("K"), "K", 5.5) == [(round(A_K * 3**0.5 / 2, 3), 8), (round(A_K, 3), 6)]


def test_antifluorite_hops_along_the_cube_edges() -> None:
    first, second = vacancy_hops(phase("K2Se"), "K", 6.0)
    assert first.multiplicity == 6
    assert first.distance == pytest.approx(A_K2SE / 2)
    assert sorted(np.abs(first.vector)) == pytest.approx([0, 0, A_K2SE / 2], abs=1e-9)
    assert (second.multiplicity, second.distance) == (12, pytest.approx(A_K2SE / 2**0.5))


def test_hexagonal_k3sb() -> None:
    host = phase("K3Sb-hexagonal")
    across = A_K3SB / 3**0.5
    expected = {
        ((0.5 - 2 * Z_K3SB) * C_K3SB, 1): (4, 4),  # one 4f above the other
        (np.hypot(across, 2 * Z_K3SB * C_K3SB), 3): (4, 4),  # across the layer of 4f
        (np.hypot(across, (0.25 - Z_K3SB) * C_K3SB), 6): (2, 4),
        (np.hypot(across, (0.25 + Z_K3SB) * C_K3SB), 6): (2, 4),
        (C_K3SB / 2, 2): (2, 2),
    }
    sites = {2: {2, 3}, 4: {4, 5, 6, 7}}  # the indices of 2b and 4f
    found = vacancy_hops(host, "K", 6.0)
    assert len(found) == len(expected)
    for hop, ((distance, multiplicity), pair) in zip(found, sorted(expected.items()), strict=True):
        assert hop.distance == pytest.approx(distance)
        assert hop.multiplicity == multiplicity
        assert hop.vacancy in sites[pair[0]]
        assert hop.ion in sites[pair[1]]


def test_a_vector_leads_from_the_vacancy_to_the_ion() -> None:
    host = phase("KSb2")
    for hop in vacancy_hops(host, "K", 8.0):
        way = host.positions[hop.ion] - host.positions[hop.vacancy] - hop.vector
        assert np.allclose(
            way @ np.linalg.inv(host.cell.array), np.round(way @ np.linalg.inv(host.cell.array)), atol=1e-6
        )


@pytest.mark.parametrize("name", ["Cu", "K2Se", "K3Sb-hexagonal", "KSb2"])
def test_multiplicities_are_the_same_in_every_supercell(name: str) -> None:
    ion = "Cu" if name == "Cu" else "K"
    known = kinds(supercell(phase(name), (2, 2, 2)), ion, 5.0)
    # Other shapes have less symmetry: there the vacancy's own images tell the hops apart.
    for size in [(3, 3, 3)] if name != "K3Sb-hexagonal" else [(3, 3, 2), (2, 2, 1)]:
        assert kinds(supercell(phase(name), size), ion, 5.0) == known


@pytest.mark.parametrize("name", [name for name in names() if len(phase(name)) < 33 and "K" in phase(name).symbols])
def test_every_neighbour_is_of_one_kind(name: str) -> None:
    """From the vacancies that kinds start from, the multiplicities add up to the neighbours."""
    host = phase(name)
    first, second, distance = neighbor_list("ijd", host, 5.0)
    hops = vacancy_hops(host, "K", 5.0)
    for vacancy in {hop.vacancy for hop in hops}:
        ours = (first == vacancy) & (host.numbers[second] == 19) & (first != second)
        leaving = [hop for hop in hops if hop.vacancy == vacancy]
        lengths = [hop.distance for hop in leaving for _ in range(hop.multiplicity)]
        # Kinds between different orbits are counted from one side alone.
        assert all(np.abs(distance[ours] - length).min() < 1e-6 for length in lengths)
        assert len(lengths) <= ours.sum()


@pytest.mark.parametrize("name", ["K2Se", "K3Sb-hexagonal", "KSb2", "KP"])
@pytest.mark.parametrize("seed", range(3))
def test_order_and_orientation_of_the_host_change_nothing(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    host = phase(name)
    turned = host[random.permutation(len(host))]
    turned.rotate(random.uniform(0, 360), random.normal(size=3), rotate_cell=True)
    turned.positions += random.normal(size=3)
    turned.wrap()
    ours, theirs = kinds(host, "K", 5.0), kinds(turned, "K", 5.0)
    assert [distance for distance, _ in theirs] == pytest.approx([distance for distance, _ in ours], abs=2e-3)
    if name == "K2Se":  # one orbit: nothing depends on where a kind starts
        assert ours == theirs


@pytest.mark.parametrize("digits", [4, 5])
@pytest.mark.parametrize("name", ["K3Sb-hexagonal", "K2Se", "K3Bi-hexagonal", "K3P", "KSb2"])
def test_coordinates_of_few_digits_make_no_new_kinds(name: str, digits: int) -> None:
    host = phase(name)
    written = host.copy()
    written.set_scaled_positions(np.round(host.get_scaled_positions(), digits))
    assert [count for _, count in kinds(written, "K", 5.5)] == [count for _, count in kinds(host, "K", 5.5)]


def test_only_the_ion_moves() -> None:
    host = supercell(phase("K2Se"), (2, 1, 1))
    for hop in vacancy_hops(host, "K", 6.0):
        before, after = end_points(host, hop)
        assert (before.symbols == after.symbols).all()
        assert len(before) == len(host) - 1
        moves = np.linalg.norm(after.positions - before.positions, axis=1)
        ion = hop.ion - (hop.vacancy < hop.ion)
        assert moves[ion] == pytest.approx(hop.distance)
        assert np.delete(moves, ion).max() == 0
        # The ion arrives where the vacancy was.
        assert find_mic(after.positions[ion] - host.positions[hop.vacancy], host.cell)[1] == pytest.approx(0, abs=1e-9)


def test_an_ion_that_is_not_there_and_hops_that_are_too_long() -> None:
    with pytest.raises(BadInput, match="the host K2Se has no ion Li that could hop"):
        vacancy_hops(phase("K2Se"), "Li", 6.0)
    with pytest.raises(BadInput, match=r"no two K sites of K2Se are within 2 Å"):
        vacancy_hops(phase("K2Se"), "K", 2.0)
    with pytest.raises(BadInput, match="no two K sites"):
        vacancy_hops(phase("K", primitive=True), "K", 6.0)  # an image of its own is no neighbour


COPPER = supercell(phase("Cu"), (2, 2, 2))
FIRST, SECOND = vacancy_hops(COPPER, "Cu", 4.0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(0.0, 0.2), hop=st.sampled_from([FIRST, SECOND]))
def test_a_carried_end_point_has_the_same_energy_and_forces(seed: int, size: float, hop: Hop) -> None:
    before, after = end_points(COPPER, hop)
    relaxed = before.copy()
    relaxed.positions += np.random.default_rng(seed).normal(scale=size, size=before.positions.shape)
    carried = image_of(relaxed, before, after, COPPER)
    assert carried is not None
    relaxed.calc, carried.calc = EMT(), EMT()
    assert carried.get_potential_energy() == pytest.approx(relaxed.get_potential_energy(), abs=1e-9)
    lengths = [np.sort(np.linalg.norm(atoms.get_forces(), axis=1)) for atoms in (relaxed, carried)]
    assert np.allclose(*lengths, atol=1e-8)
    # Each atom stays near the place that it has in the other end point: the band's path is the hop.
    moves = find_mic(carried.positions - after.positions, COPPER.cell)[1]
    assert moves.max() == pytest.approx(find_mic(relaxed.positions - before.positions, COPPER.cell)[1].max())


@pytest.mark.parametrize("seed", range(4))
def test_of_several_operations_the_one_that_moves_least_is_taken(seed: int) -> None:
    """What the mirror halfway along the hop leaves alone stays where it is: only the ion moves."""
    before, after = end_points(COPPER, FIRST)
    ion = FIRST.ion - (FIRST.vacancy < FIRST.ion)
    along = np.array(FIRST.vector) / FIRST.distance
    middle = (before.positions[ion] + after.positions[ion]) / 2
    mirror = np.eye(3) - 2 * np.outer(along, along)
    field = np.random.default_rng(seed).normal(scale=0.1, size=before.positions.shape)
    field[ion] = 0
    relaxed = before.copy()
    for index, position in enumerate(before.positions):
        mirrored = mirror @ (position - middle) + middle
        other = int(find_mic(before.positions - mirrored, before.cell)[1].argmin())
        if index != ion:
            relaxed.positions[index] += field[index] + mirror @ field[other]
    carried = image_of(relaxed, before, after, COPPER)
    assert carried is not None
    moves = find_mic(carried.positions - relaxed.positions, COPPER.cell)[1]
    assert moves[ion] == pytest.approx(FIRST.distance)
    assert np.delete(moves, ion).max() < 1e-6


@pytest.mark.parametrize("name", ["K2Se", "K3Sb-cubic", "K3Sb-hexagonal", "KSb2"])
def test_carried_distances_are_the_same(name: str) -> None:
    host = supercell(phase(name), (2, 1, 1))
    for hop in vacancy_hops(host, "K", 5.0):
        before, after = end_points(host, hop)
        relaxed = before.copy()
        relaxed.positions += np.random.default_rng(3).normal(scale=0.1, size=before.positions.shape)
        carried = image_of(relaxed, before, after, host)
        if carried is None:
            continue
        for one, other in [("K", "K"), ("K", "S"), ("S", "S")]:
            shells = []
            for atoms in (relaxed, carried):
                first, second, distance = neighbor_list("ijd", atoms, 5.0)
                start = np.array([symbol[0] for symbol in atoms.symbols])
                shells.append(np.sort(distance[(start[first] == one) & (start[second] == other)]))
            assert np.allclose(*shells, atol=1e-8)


def test_ends_of_different_orbits_are_not_related() -> None:
    host = phase("K3Sb-hexagonal")
    related = {}
    for hop in vacancy_hops(host, "K", 6.0):
        before, after = end_points(host, hop)
        related[round(hop.distance, 3)] = image_of(before, before, after, host) is not None
    # 4f to 4f, 4f to 4f, 2b to 4f, 2b to 4f, 2b to 2b
    assert related == {3.618: True, 3.928: True, 3.946: False, 5.011: False, 5.389: True}


def test_a_frozen_atom_stays_frozen() -> None:
    host = COPPER.copy()
    host.set_constraint(FixAtoms([20]))
    before, after = end_points(host, FIRST)
    carried = image_of(before, before, after, host)
    assert carried is not None
    assert [fix.index.tolist() for fix in carried.constraints] == [fix.index.tolist() for fix in after.constraints]


def test_a_hop_to_an_image_of_a_nearer_site_is_told_apart() -> None:
    host = supercell(phase("Cu"), (2, 2, 2))
    assert [is_shortest(host, hop) for hop in vacancy_hops(host, "Cu", 3.7)] == [True, True]
    # In a small cell a far site is nearer by way of another image, along another hop.
    small = phase("K2O")
    told = [is_shortest(small, hop) for hop in vacancy_hops(small, "K", 6.0)]
    assert told[0]
    assert not all(told)
