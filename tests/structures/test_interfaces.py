"""Interfaces: a crystal upon itself is the crystal; distinct shifts; sides that atoms keep."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

from potash.calcs.calculation import Calculation
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import decode, encode
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE, Stack, alone, interface, repeats_of, touching
from potash.structures.matching import common_cell, matches
from potash.structures.phases import phase
from potash.structures.registry import registry, shift_cell
from potash.structures.strain import plane, strained
from tests.structures.faces import face_of

ONE = ((1, 0), (0, 1))
FACETS = ((1, 1, 1), (1, 0, 0), (1, 1, 0), (2, 1, 1))


def energy(atoms: Atoms) -> float:
    atoms.calc = EMT()
    return float(atoms.get_potential_energy())


def area(atoms: Atoms) -> float:
    return float(abs(np.linalg.det(atoms.cell.array[:2, :2])))


def spacing(cell: Atoms) -> float:
    """The gap at which a crystal goes on."""
    heights = cell.positions[:, 2]
    return float(cell.cell.array[2, 2] - np.ptp(heights))


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize("rows", [ONE, ((2, 1), (-1, 1))])
def test_a_superlattice_of_one_crystal_is_the_crystal(facet: tuple[int, int, int], rows: tuple) -> None:  # type: ignore[type-arg]
    cell = face_of("Cu", facet)
    whole = interface(cell, cell, Stack(rows, rows, (2, 3)), gap=spacing(cell), periodic=True)
    bulk = energy(phase("Cu", primitive=True))
    assert energy(whole) / len(whole) == pytest.approx(bulk, abs=1e-9)
    assert len(whole) == 5 * round(np.linalg.det(rows))


def test_a_superlattice_of_one_compound_is_the_compound() -> None:
    cell = face_of("K2Se", (1, 1, 1))
    whole = interface(cell, cell, Stack(ONE, ONE, (1, 2)), gap=spacing(cell), periodic=True)
    found, known = (np.sort(neighbor_list("d", atoms, 8.0)) for atoms in (whole, phase("K2Se", primitive=True)))
    assert np.allclose(found[:: len(whole)], known[::3], atol=1e-6)


@pytest.mark.parametrize("facet", FACETS[:3])
def test_parting_a_crystal_makes_two_surfaces(facet: tuple[int, int, int]) -> None:
    cell = face_of("Cu", facet)
    whole = interface(cell, cell, Stack(ONE, ONE, (8, 8)), gap=spacing(cell))
    halves = [energy(alone(whole, side)) for side in (FILM, SUBSTRATE)]
    adhesion = (sum(halves) - energy(whole)) / area(whole)
    surface = (halves[0] - 8 * energy(phase("Cu", primitive=True))) / (2 * area(whole))
    assert adhesion == pytest.approx(2 * surface, rel=1e-3)
    assert surface > 0.03


def test_adhesion_falls_to_nothing_with_the_gap() -> None:
    film, substrate = strained_pair("Al", "Cu")
    stack = Stack(*rows_of("Al", "Cu"), (3, 3))
    touch = touching(film, substrate, stack)
    found = []
    for gap in (touch, touch + 0.5, touch + 1.5, touch + 7.0):
        atoms = interface(film, substrate, stack, gap=gap)
        parts = sum(energy(alone(atoms, side)) for side in (FILM, SUBSTRATE))
        found.append((parts - energy(atoms)) / area(atoms))
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.05
    assert found[-1] == pytest.approx(0, abs=1e-9)


def rows_of(film: str, substrate: str) -> tuple:  # type: ignore[type-arg]
    match = matches(face_of(film, (1, 1, 1)), face_of(substrate, (1, 1, 1)), max_area=30)[0]
    return match.film, match.substrate


def strained_pair(film: str, substrate: str, share: float = 0.4) -> tuple[Atoms, Atoms]:
    upper, lower = face_of(film, (1, 1, 1)), face_of(substrate, (1, 1, 1))
    both = common_cell(upper, lower, matches(upper, lower, max_area=30)[0], share)
    return strained(upper, both.film), strained(lower, both.substrate)


def test_where_the_sides_touch_the_nearest_atoms_are_their_radii_apart() -> None:
    film, substrate = strained_pair("Al", "Cu")
    stack = Stack(*rows_of("Al", "Cu"), (2, 2))
    for shift in ((0.0, 0.0), (0.4, 0.9), (1.3, -0.2)):
        atoms = interface(film, substrate, stack, gap=touching(film, substrate, stack, shift), shift=shift)
        i, j, apart = neighbor_list("ijd", atoms, 4.0)
        across = atoms.arrays[SIDE][i] != atoms.arrays[SIDE][j]
        reach = covalent_radii[29] + covalent_radii[13]
        assert apart[across].min() == pytest.approx(reach, abs=1e-6)


def test_sides_without_a_common_cell_are_refused() -> None:
    with pytest.raises(BadInput, match="no common cell"):
        interface(face_of("Al", (1, 1, 1)), face_of("Cu", (1, 1, 1)), Stack(ONE, ONE, (1, 1)), gap=2.0)


@pytest.mark.parametrize(("facet", "counts"), [
    # By Burnside's lemma over the 6 operations of p3m1, (n² + 2·fixed by C3 + 3n) / 6, and over the 8 of p4mm.
    ((1, 1, 1), {1: 1, 2: 2, 3: 4, 4: 5, 6: 10}),
    ((1, 0, 0), {1: 1, 2: 3, 3: 3, 4: 6}),
])  # fmt: skip
def test_distinct_shifts_of_a_facet_on_itself(facet: tuple[int, int, int], counts: dict[int, int]) -> None:
    cell = face_of("Cu", facet)
    for rows in (ONE, ((2, 0), (0, 2))):  # a larger cell has no more of them
        start = interface(cell, cell, Stack(rows, rows, (3, 3)), gap=2.0)
        assert {grid: len(registry(start, grid).shifts) for grid in counts} == counts
        assert np.linalg.det(registry(start, 2).basis) == pytest.approx(area(cell))


def test_shifts_that_are_one_make_the_same_interface() -> None:
    film, substrate = strained_pair("Al", "Cu")
    stack = Stack(*rows_of("Al", "Cu"), (3, 3))
    start = interface(film, substrate, stack, gap=2.3)
    found = registry(start, 3)
    assert 1 < len(found.shifts) < 9
    energies = {}
    for i, j in np.ndindex(3, 3):
        shift = found.origin + np.array([i, j]) / 3 @ found.basis
        atoms = interface(film, substrate, stack, gap=2.3, shift=(shift[0], shift[1]))
        energies.setdefault(found.orbits[i, j], []).append(energy(atoms))
    assert max(np.ptp(each) for each in energies.values()) < 1e-6
    first = [each[0] for each in energies.values()]
    assert np.ptp(first) > 1e-3


def test_the_cell_of_shifts_is_spanned_by_both_lattices() -> None:
    cell = np.array([[6.0, 0.0], [0.0, 6.0]])
    # Periods of 2 and 3 along x make 1; of 6 and 6 along y stay 6.
    found = shift_cell(cell, cell / [[3], [1]], cell / [[2], [1]])
    assert sorted(np.linalg.norm(found, axis=1)) == pytest.approx([1.0, 6.0])
    assert np.linalg.det(found) == pytest.approx(6.0)


def test_a_shifted_origin_and_a_turned_cell_change_nothing() -> None:
    film, substrate = strained_pair("Al", "Cu")
    stack = Stack(*rows_of("Al", "Cu"), (2, 2))
    moved = film.copy()
    moved.positions += (0.0, 0.0, 0.31)
    one, other = (interface(each, substrate, stack, gap=2.3, shift=(0.2, 0.1)) for each in (film, moved))
    turned = one.copy()
    turned.rotate(40, "z", rotate_cell=True)
    assert energy(other) == pytest.approx(energy(one), abs=1e-9)
    assert energy(turned) == pytest.approx(energy(one), abs=1e-9)
    assert len(registry(turned, 3).shifts) == len(registry(one, 3).shifts)


def test_a_layer_serves_as_film_and_as_substrate() -> None:
    crystal, layer = face_of("K3Sb-cubic", (1, 1, 1)), face_of("graphene")
    for film, substrate in ((crystal, layer), (layer, crystal)):
        match = matches(film, substrate, max_area=100)[0]
        both = common_cell(film, substrate, match, 0.0)
        stack = Stack(match.film, match.substrate, (repeats_of(film, 5.0), repeats_of(substrate, 5.0)))
        upper, lower = strained(film, both.film), strained(substrate, both.substrate)
        gap = touching(upper, lower, stack)
        atoms = interface(upper, lower, stack, gap=gap)
        carbon = atoms.positions[atoms.symbols == "C", 2]
        assert np.ptp(carbon) < 1e-9
        assert (atoms.symbols == "C").sum() == 2 * max(match.multiples)
        rest = atoms.positions[~(atoms.symbols == "C"), 2]
        apart = rest.min() - carbon[0] if substrate is layer else carbon[0] - rest.max()
        assert apart == pytest.approx(gap)
        assert 2.0 < gap < 3.5


def test_sides_and_frozen_planes_survive_a_relaxation(tmp_path: Path) -> None:
    film, substrate = strained_pair("Al", "Cu")
    atoms = interface(film, substrate, Stack(*rows_of("Al", "Cu"), (2, 3), frozen=1), gap=2.3)
    frozen = encode(atoms)["frozen"]
    lowest = np.flatnonzero(atoms.positions[:, 2] < atoms.positions[:, 2].min() + 0.1)
    assert frozen == lowest.tolist()
    assert len(frozen) == round(np.linalg.det(rows_of("Al", "Cu")[1]))
    calculation = Calculation(
        task="relax",
        atoms=(encode(atoms),),
        engine="emt",
        version="",
        settings={},
        options={"force": 0.05, "steps": 30},
    )
    made = json.loads(json.dumps(compute(calculation, tmp_path, rank=0)))["atoms"]
    relaxed = decode(made)
    assert np.abs(relaxed.positions - atoms.positions).max() > 1e-3
    assert relaxed.arrays[SIDE].tolist() == atoms.arrays[SIDE].tolist()
    assert set(relaxed.symbols[relaxed.arrays[SIDE] == FILM]) == {"Al"}
    assert made["frozen"] == frozen
    assert np.allclose(relaxed.positions[frozen], atoms.positions[frozen])


def test_only_interfaces_say_a_side() -> None:
    assert "side" not in encode(phase("Cu"))
    assert plane(face_of("Cu", (1, 1, 1))).shape == (2, 2)
