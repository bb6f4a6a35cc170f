"""Magnetic order: what neutron diffraction says of nickel oxide, and that cuts and supercells keep it."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list

from potash.structures.adsorption import sites
from potash.structures.facets import facets
from potash.structures.magnetism import hubbard, polarised, unpolarised
from potash.structures.orbits import primitive_of
from potash.structures.phase_record import Magnetic
from potash.structures.phases import load, phase
from potash.structures.slabs import facet_slab, stacked
from potash.structures.supercells import carried, regrown, supercell
from potash.structures.symmetry import lattice_constants
from potash.structures.terminations import terminations

A = load("NiO").lattice["a"]


def alike_and_opposite(atoms: Atoms, near: float, far: float) -> set[tuple[int, int]]:
    """Count for every nickel atom the nickel atoms between two distances: of its own moment, and of the opposite one."""
    first, second, length = neighbor_list("ijd", atoms, far)
    moments = atoms.get_initial_magnetic_moments()
    products = np.where(length > near, moments[first] * moments[second], 0)
    alike, opposite = (np.bincount(first, sign * products > 0, minlength=len(atoms)) for sign in (1, -1))
    return {(int(alike[atom]), int(opposite[atom])) for atom in np.flatnonzero(moments)}


@pytest.mark.parametrize("primitive", [False, True])
def test_nickel_oxide_has_the_second_order_of_fcc(primitive: bool) -> None:
    """Of the twelve nearest metal atoms six are opposite, of the six next ones, across oxygen, all are."""
    crystal = phase("NiO", primitive=primitive)
    assert alike_and_opposite(crystal, 2.5, 0.75 * A) == {(6, 6)}
    assert alike_and_opposite(crystal, 0.75 * A, 1.05 * A) == {(0, 6)}
    assert crystal.get_initial_magnetic_moments().sum() == 0


def test_the_primitive_cell_is_doubled_and_the_lattice_constants_are_not() -> None:
    assert len(phase("NiO", primitive=True)) == 4
    assert len(primitive_of(unpolarised(phase("NiO")))) == 2
    assert lattice_constants(phase("NiO", primitive=True))["a"] == pytest.approx(A)


def test_the_order_lowers_the_symmetry_of_facets() -> None:
    """The moments lie in (111) planes: (11-1) is another facet. Turning all moments over changes nothing."""
    assert facets(unpolarised(phase("NiO")), 1) == [(1, 0, 0), (1, 1, 0), (1, 1, 1)]
    assert {(1, 1, 1), (1, 1, -1)} <= set(facets(phase("NiO"), 1))
    assert list(terminations(phase("NiO"), (1, 1, 1)).known) == ["Ni", "O"]


def test_slabs_keep_the_order() -> None:
    slab = facet_slab(phase("NiO"), (1, 0, 0), 4)
    assert len(slab) == 16
    assert alike_and_opposite(supercell(slab, (2, 2, 1)), 2.5, 0.75 * A) == {(4, 4), (6, 6)}  # surface and inside
    assert [site.name for site in sites(slab) if site.name.startswith("top")] == ["top-1", "top-2"]


def test_relaxation_is_carried_to_larger_cells_and_slabs() -> None:
    start = phase("NiO", primitive=True)
    relaxed = start.copy()
    relaxed.set_cell(1.01 * start.cell.array, scale_atoms=True)
    grown = regrown(relaxed, phase("NiO"), start)
    assert alike_and_opposite(grown, 2.5, 0.75 * A) == {(6, 6)}
    assert grown.cell.lengths() == pytest.approx([2.02 * A] * 3)
    unit = terminations(phase("NiO"), (1, 0, 0)).choose().unit
    slab = stacked(carried(unit, start, relaxed), 4)
    assert alike_and_opposite(slab, 2.5, 0.76 * A) == {(4, 4), (6, 6)}


def test_a_wave_along_one_axis() -> None:
    """Type I: planes of one moment along the cube's edge."""
    order = Magnetic(propagation=(0, 0, 1), moments={"Ni": 1.5}, source="")
    atoms = order.ordered(Atoms("Ni2", scaled_positions=[[0, 0, 0], [0.5, 0, 0.5]], cell=[4, 4, 4], pbc=True))
    assert len(atoms) == 2
    assert atoms.get_initial_magnetic_moments().tolist() == [1.5, -1.5]


def test_metals_start_from_hunds_moments() -> None:
    assert polarised(Atoms("NiO")).get_initial_magnetic_moments().tolist() == [2, 0]
    assert polarised(Atoms("MnFe")).get_initial_magnetic_moments().tolist() == [5, 4]
    given = Atoms("NiO", magmoms=[-1, 0])
    assert polarised(given).get_initial_magnetic_moments().tolist() == [-1, 0]
    assert not polarised(Atoms("ZnO")).get_initial_magnetic_moments().any()
    assert not unpolarised(given).get_initial_magnetic_moments().any()
    assert unpolarised(Atoms("K", magmoms=[1])).get_initial_magnetic_moments().tolist() == [1]


def test_oxides_and_fluorides_take_u_and_metals_do_not() -> None:
    """The values of the Materials Project, as pymatgen has them."""
    from pymatgen.io.vasp.sets import MPRelaxSet

    assert hubbard([phase("NiO"), phase("Cu")]) == {"Ni": 6.2}
    assert hubbard([Atoms("FeF2"), Atoms("Co"), Atoms("ZnO")]) == {"Fe": 5.3}
    theirs = MPRelaxSet.CONFIG["INCAR"]["LDAUU"]["O"]
    ours = hubbard([Atoms("VCrMnFeCoNiO")])
    assert ours == {metal: theirs[metal] for metal in ("Co", "Cr", "Fe", "Mn", "Ni", "V")}
