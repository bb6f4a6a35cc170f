"""End points in supercells, and relaxed structures carried over by symmetry."""

from ast import literal_eval

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
from potash.structures.hops import Hops, Mechanism, carrier_at, carry, end_points, find_hops
from potash.structures.phases import phase
from potash.structures.supercells import Size, supercell

HEXAGONAL = ((2, 0, 0), (1, 2, 0), (0, 0, 1))
CASES: list[tuple[str, str, Mechanism, float, Size]] = [
    ("Cu", "Cu", "vacancy", 4.5, (3, 3, 3)),
    ("K2Se", "K", "vacancy", 6.0, (2, 2, 2)),
    ("K3Sb-hexagonal", "K", "vacancy", 5.2, (2, 2, 1)),
    ("K3Sb-hexagonal", "K", "vacancy", 5.2, HEXAGONAL),
    ("K2Se", "K", "interstitial", 6.0, (2, 2, 2)),
    ("graphite", "Li", "interstitial", 2.5, (3, 3, 1)),
    ("K2Se", "K", "interstitialcy", 6.0, (2, 2, 2)),
    ("graphene", "K", "adatom", 2.6, (4, 3, 1)),
]


def relaxed_a_little(large: Atoms, seed: int) -> Atoms:
    """Strain a cell by percents in its periodic directions and move its atoms by tenths of Å."""
    random = np.random.default_rng(seed)
    strained = large.copy()
    strain = np.eye(3) + np.where(np.outer(large.pbc, large.pbc), random.uniform(-0.03, 0.03, size=(3, 3)), 0)
    strained.set_cell(large.cell.array @ strain, scale_atoms=True)
    strained.positions += random.normal(scale=0.03, size=large.positions.shape)
    return strained


def apart(one: np.ndarray, other: np.ndarray, atoms: Atoms) -> np.ndarray:
    found: np.ndarray = find_mic(one - other, atoms.cell, atoms.pbc)[1]
    return found


@pytest.mark.parametrize(("name", "ion", "mechanism", "cutoff", "size"), CASES)
@pytest.mark.parametrize("seed", [None, 1])
def test_only_the_moving_atoms_move_and_as_the_hop_says(
    name: str, ion: str, mechanism: Mechanism, cutoff: float, size: Size, seed: int | None
) -> None:
    hops = find_hops(phase(name), ion, mechanism, cutoff)
    ideal = supercell(phase(name), size)
    large = ideal if seed is None else relaxed_a_little(ideal, seed)
    for kind, hop in enumerate(hops.kinds):
        ends = end_points(hops, kind, large)
        assert (ends.before.numbers == ends.after.numbers).all()
        assert len(ends.before) == len(large) + (-1 if mechanism == "vacancy" else 1)
        moves = ends.after.positions - ends.before.positions
        assert np.delete(moves, ends.moving, axis=0).any() == np.False_
        assert set(ends.before.numbers[list(ends.moving)]) == {Atoms(ion).numbers[0]}
        assert len(ends.moving) == (2 if mechanism == "interstitialcy" else 1)
        # A vacancy goes one way, its ion the other; the moves of an interstitialcy add up.
        carried = -moves.sum(axis=0) if mechanism == "vacancy" else moves.sum(axis=0)
        strain = np.linalg.inv(ideal.cell.array) @ large.cell.array
        assert np.allclose(carried, np.array(hop.vector) @ strain, atol=1e-6 if seed is None else 0.3)
        # The final structure holds a carrier at the end as the initial one holds one at the start.
        there = carrier_at(hops, hop.end, large, hop.cell)
        for position, number in zip(there.positions, there.numbers, strict=True):
            same = ends.after.numbers == number
            assert apart(ends.after.positions[same], position, large).min() < 1e-6
        here = carrier_at(hops, hop.start, large)
        assert np.array_equal(here.positions, ends.before.positions)


def test_carriers_stand_in_any_cell_of_the_host() -> None:
    hops = find_hops(phase("K2Se"), "K", "interstitial", 6.0)
    large = supercell(phase("K2Se"), (2, 1, 1))
    one, other = (carrier_at(hops, 0, large, cell) for cell in ((0, 0, 0), (1, 0, 0)))
    assert other.positions[-1] - one.positions[-1] == pytest.approx([phase("K2Se").cell[0, 0], 0, 0])
    assert apart(carrier_at(hops, 0, large, (2, 0, 0)).positions, one.positions, large).max() < 1e-9
    vacant = find_hops(phase("K2Se"), "K", "vacancy", 6.0)
    gone = {tuple(np.round(set_of(large) - set_of(carrier_at(vacant, 0, large, (x, 0, 0))), 3)) for x in range(2)}
    assert len(gone) == 2


def set_of(atoms: Atoms) -> np.ndarray:
    total: np.ndarray = atoms.positions.sum(axis=0)
    return total


def test_frozen_atoms_stay_frozen() -> None:
    hops = find_hops(phase("Cu"), "Cu", "vacancy", 3.0)
    large = supercell(phase("Cu"), (2, 2, 2))
    large.set_constraint(FixAtoms([20]))
    ends = end_points(hops, 0, large)
    for atoms in (ends.before, ends.after):
        assert np.allclose(atoms.positions[atoms.constraints[0].index], large.positions[20])


def test_a_hop_to_an_image_of_a_nearer_site_is_refused_and_a_cell_named_that_would_do() -> None:
    """In a small cell a far site is nearer by way of another image, along another hop."""
    host = phase("K2O", primitive=True)
    hops = find_hops(host, "K", "vacancy", 6.0)
    told = []
    for kind in range(len(hops.kinds)):
        try:
            end_points(hops, kind, host)
        except BadInput as error:
            told.append((kind, str(error)))
    assert told
    for kind, message in told:
        assert "the cell is too small for hop" in message
        size = literal_eval(message.split("supercell of ")[1].split(" would do")[0])
        ends = end_points(hops, kind, supercell(host, tuple(size)))
        way = ends.after.positions - ends.before.positions
        nearest = find_mic(way, ends.before.cell)[1]
        assert nearest.max() == pytest.approx(hops.kinds[kind].distance)


def test_a_hop_to_its_own_image_needs_a_larger_cell() -> None:
    host = phase("K", primitive=True)
    hops = find_hops(host, "K", "vacancy", 5.0)
    with pytest.raises(BadInput, match=r"hop 1 \(4.61 Å\): a shorter way leads to an image of its end; a supercell of"):
        end_points(hops, 0, host)


def test_half_a_cell_is_the_same_hop_either_way() -> None:
    """In the conventional cell of antifluorite either way is the same kind of hop."""
    hops = find_hops(phase("K2Se"), "K", "vacancy", 4.0)
    ends = end_points(hops, 0, phase("K2Se"))
    assert np.linalg.norm(ends.after.positions - ends.before.positions) == pytest.approx(hops.kinds[0].distance)


def test_two_ions_that_move_need_the_only_shortest_ways() -> None:
    """In the primitive cell of antifluorite an octahedron's ion has its own image as near on the other side."""
    host = phase("K2Se", primitive=True)
    hops = find_hops(host, "K", "interstitialcy", 6.0)
    with pytest.raises(BadInput, match=r"too small for hop 1 \(5.42 Å\)"):
        end_points(hops, 0, host)
    assert end_points(hops, 0, supercell(host, (2, 2, 2))).moving[0] == 24


def test_what_is_no_supercell_is_refused() -> None:
    hops = find_hops(phase("K2Se"), "K", "vacancy", 6.0)
    with pytest.raises(BadInput, match="no supercell of the host"):
        end_points(hops, 0, phase("K3Sb-hexagonal"))
    with pytest.raises(BadInput, match="holds no K"):
        carrier_at(hops, 0, Atoms("Se", cell=phase("K2Se").cell, pbc=True))
    empty = phase("K2Se")
    del empty[0]
    with pytest.raises(BadInput, match=r"no K within 1 Å of a place"):
        carrier_at(hops, 0, empty)


COPPER = supercell(phase("Cu"), (2, 2, 2))
HOPS = find_hops(phase("Cu"), "Cu", "vacancy", 3.7)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(0.0, 0.2), kind=st.sampled_from([0, 1]))
def test_a_carried_end_point_has_the_same_energy_and_forces(seed: int, size: float, kind: int) -> None:
    ends = end_points(HOPS, kind, COPPER)
    relaxed = ends.before.copy()
    relaxed.positions += np.random.default_rng(seed).normal(scale=size, size=relaxed.positions.shape)
    carried = carry(relaxed, ends.before, ends.after, COPPER)
    assert carried is not None
    relaxed.calc, carried.calc = EMT(), EMT()
    assert carried.get_potential_energy() == pytest.approx(relaxed.get_potential_energy(), abs=1e-9)
    lengths = [np.sort(np.linalg.norm(atoms.get_forces(), axis=1)) for atoms in (relaxed, carried)]
    assert np.allclose(*lengths, atol=1e-8)
    # Each atom stays near the place that it has in the other end point: the band's path is the hop.
    moves = apart(carried.positions, ends.after.positions, COPPER)
    assert moves.max() == pytest.approx(apart(relaxed.positions, ends.before.positions, COPPER).max())


@pytest.mark.parametrize("seed", range(4))
def test_of_several_operations_the_one_that_moves_least_is_taken(seed: int) -> None:
    """What the mirror halfway along the hop leaves alone stays where it is: only the ion moves."""
    ends = end_points(HOPS, 0, COPPER)
    (ion,) = ends.moving
    hop = HOPS.kinds[0]
    along = np.array(hop.vector) / hop.distance
    middle = (ends.before.positions[ion] + ends.after.positions[ion]) / 2
    mirror = np.eye(3) - 2 * np.outer(along, along)
    field = np.random.default_rng(seed).normal(scale=0.1, size=ends.before.positions.shape)
    field[ion] = 0
    relaxed = ends.before.copy()
    for index, position in enumerate(ends.before.positions):
        mirrored = mirror @ (position - middle) + middle
        other = int(apart(ends.before.positions, mirrored, COPPER).argmin())
        if index != ion:
            relaxed.positions[index] += field[index] + mirror @ field[other]
    carried = carry(relaxed, ends.before, ends.after, COPPER)
    assert carried is not None
    moves = apart(carried.positions, relaxed.positions, COPPER)
    assert moves[ion] == pytest.approx(hop.distance)
    assert np.delete(moves, ion).max() < 1e-6


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), site=st.integers(1, 7))
def test_one_relaxed_carrier_serves_every_site_of_its_orbit(seed: int, site: int) -> None:
    hops = find_hops(phase("K2Se"), "K", "vacancy", 4.0)
    large = supercell(phase("K2Se"), (2, 2, 2))
    random = np.random.default_rng(seed)
    ideal = carrier_at(hops, 0, large)[random.permutation(len(large) - 1)]  # in any order
    relaxed = ideal.copy()
    relaxed.positions += random.normal(scale=0.1, size=relaxed.positions.shape)
    other = carrier_at(hops, site, large)
    carried = carry(relaxed, ideal, other, large)
    assert carried is not None
    assert (carried.numbers == other.numbers).all()
    assert apart(carried.positions, other.positions, large).max() == pytest.approx(
        apart(relaxed.positions, ideal.positions, large).max()
    )
    assert np.allclose(shells(carried), shells(relaxed), atol=1e-8)


def shells(atoms: Atoms) -> np.ndarray:
    """Give the distances of neighbours, element by element, in rising order."""
    first, second, distance = neighbor_list("ijd", atoms, 5.0)
    pair = atoms.numbers[first] * 100 + atoms.numbers[second]
    return np.concatenate([np.sort(distance[pair == each]) for each in np.unique(pair)])


def test_near_chooses_among_the_operations() -> None:
    """Around a vacancy in copper 48 operations serve; each image of a relaxed structure is found when asked for."""
    ideal = carrier_at(HOPS, 0, COPPER)
    relaxed = ideal.copy()
    relaxed.positions += np.random.default_rng(5).normal(scale=0.1, size=ideal.positions.shape)
    same = carry(relaxed, ideal, ideal, COPPER)
    assert same is not None
    assert np.allclose(same.positions, relaxed.positions)
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    place = COPPER.positions[0]
    wanted = ideal.copy()
    for index, position in enumerate(ideal.positions):
        turned = (position - place) @ turn.T + place
        other = int(apart(ideal.positions, turned, COPPER).argmin())
        wanted.positions[other] += (relaxed.positions - ideal.positions)[index] @ turn.T
    found = carry(relaxed, ideal, ideal, COPPER, near=wanted)
    assert found is not None
    assert np.allclose(found.positions, wanted.positions)


@pytest.mark.parametrize(
    ("name", "size"), [("K2Se", (2, 1, 1)), ("K3Sb-cubic", (2, 1, 1)), ("K3Sb-hexagonal", (2, 2, 1))]
)
def test_carried_distances_are_the_same(name: str, size: tuple[int, int, int]) -> None:
    hops = find_hops(phase(name), "K", "vacancy", 4.0)
    large = supercell(phase(name), size)
    ends = end_points(hops, len(hops.kinds) - 1, large)
    relaxed = ends.before.copy()
    relaxed.positions += np.random.default_rng(3).normal(scale=0.1, size=relaxed.positions.shape)
    carried = carry(relaxed, ends.before, ends.after, large)
    if carried is None:
        assert related(hops) is False
    else:
        assert np.allclose(shells(relaxed), shells(carried), atol=1e-8)


def related(hops: Hops) -> bool:
    hop = hops.kinds[-1]
    return hops.sites[hop.start].orbit == hops.sites[hop.end].orbit


def test_ends_of_different_orbits_are_not_related() -> None:
    hops = find_hops(phase("K3Sb-hexagonal"), "K", "vacancy", 6.0)
    large = supercell(phase("K3Sb-hexagonal"), (2, 2, 1))
    found = {}
    for kind, hop in enumerate(hops.kinds):
        ends = end_points(hops, kind, large)
        found[round(hop.distance, 3)] = carry(ends.before, ends.before, ends.after, large) is not None
    # 4f to 4f, 4f to 4f, 2b to 4f, 2b to 4f, 2b to 2b
    assert found == {3.618: True, 3.928: True, 3.946: False, 5.011: False, 5.389: True}
    assert carry(large, large, ends.after, large) is None  # another number of atoms


def test_an_adatom_is_carried_over_the_surface() -> None:
    hops = find_hops(phase("graphene"), "K", "adatom", 1.6)
    layer = supercell(phase("graphene"), (3, 3, 1))
    hollow = next(index for index, site in enumerate(hops.sites) if site.name == "hollow")
    bridges = [index for index, site in enumerate(hops.sites) if site.name == "bridge"]
    ideal = carrier_at(hops, bridges[0], layer)
    relaxed = ideal.copy()
    relaxed.positions[-1, 2] += 0.2
    other = carry(relaxed, ideal, carrier_at(hops, bridges[1], layer), layer)
    assert other is not None
    assert other.positions[-1, 2] == pytest.approx(relaxed.positions[-1, 2])
    assert carry(relaxed, ideal, carrier_at(hops, hollow, layer), layer) is None
