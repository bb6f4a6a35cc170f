"""Cut cells: stacked they are the crystal, and their slabs have its composition."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc100, fcc110, fcc111
from ase.calculators.emt import EMT

from potash.errors import BadInput
from potash.structures.bonds import molecules
from potash.structures.cuts import cut_cell, cuts, facet_cuts, layer_cell, slab
from potash.structures.phases import phase
from potash.structures.terminations import terminations
from tests.structures.faces import face_of, phosphate

FACETS = ((1, 1, 1), (1, 0, 0), (1, 1, 0), (2, 1, 1), (3, 1, 0))


def distances(atoms: Atoms) -> np.ndarray:
    """The crystal's own: sorted distances of all atoms up to 7 Å, per atom."""
    from ase.neighborlist import neighbor_list

    return np.sort(neighbor_list("d", atoms, 7.0)).reshape(-1)[:: len(atoms)]


@pytest.mark.parametrize("name", ["Cu", "K", "K2Se", "K3Sb-cubic", "K3Sb-hexagonal"])
@pytest.mark.parametrize("facet", FACETS)
def test_stacked_it_is_the_crystal(name: str, facet: tuple[int, int, int]) -> None:
    crystal = phase(name, primitive=True)
    normal = np.linalg.inv(phase(name).cell.array) @ facet
    for cut in facet_cuts(crystal, phase(name), facet):
        cell = cut_cell(crystal, cut)
        assert cell.get_volume() == pytest.approx(crystal.get_volume())
        assert np.allclose(distances(cell), distances(crystal), atol=1e-6)
        assert np.allclose(cell.cell.array[[0, 0, 1], [1, 2, 2]], 0)
        assert np.linalg.det(cell.cell.array) > 0
        heights = cell.get_scaled_positions()[:, 2]
        assert heights.min() > 0
        assert heights.max() < 1
        inside = np.array(cut.rows) @ crystal.cell.array @ normal
        assert np.allclose(inside[:2], 0, atol=1e-9)
        assert inside[2] > 0


@pytest.mark.parametrize(("facet", "other"), [((1, 1, 1), fcc111), ((1, 0, 0), fcc100), ((1, 1, 0), fcc110)])
def test_slabs_are_those_of_ase(facet: tuple[int, int, int], other: object) -> None:
    crystal = phase("Cu")
    mine = slab(face_of("Cu", facet), 5)
    its = other("Cu", (1, 1, 5), a=crystal.cell.array[0, 0], vacuum=8.0)  # type: ignore[operator]
    mine.calc, its.calc = EMT(), EMT()
    assert len(mine) == len(its) == 5
    assert mine.cell.cellpar()[2] == pytest.approx(its.cell.cellpar()[2])
    assert mine.get_potential_energy() == pytest.approx(its.get_potential_energy(), abs=1e-9)


def test_terminations_with_two_equal_sides_come_first() -> None:
    first, *others = facet_cuts(phase("K2Se", primitive=True), phase("K2Se"), (1, 1, 1))
    assert first.symmetric
    assert not any(cut.symmetric for cut in others)
    cell = cut_cell(phase("K2Se", primitive=True), first)
    assert [cell.symbols[i] for i in np.argsort(cell.positions[:, 2])] == ["K", "Se", "K"]
    assert len(others) == 2
    # No cut of cubic K3Sb along [111] has its composition and two equal sides: K K K Sb.
    assert not any(
        cut.symmetric for cut in facet_cuts(phase("K3Sb-cubic", primitive=True), phase("K3Sb-cubic"), (1, 1, 1))
    )


def test_molecules_are_not_cut_unless_asked() -> None:
    crystal, given = phase("S-alpha", primitive=True), phase("S-alpha")
    for facet in ((1, 0, 0), (0, 0, 1), (1, 1, 1)):
        whole = facet_cuts(crystal, given, facet)
        for cut in whole:
            rings = np.bincount(molecules(slab(cut_cell(crystal, cut), 2))[0])
            assert set(rings.tolist()) == {8}, "each ring of S8 is whole"
        asked = facet_cuts(crystal, given, facet, cut_molecules=True)
        assert any(set(np.bincount(molecules(slab(cut_cell(crystal, cut)))[0]).tolist()) != {8} for cut in asked)
    # Planes of rings, 2 in a lattice plane of (100), are all one termination.
    assert len(facet_cuts(crystal, given, (1, 0, 0))) == 2
    assert len(terminations(given, (1, 0, 0)).known) == 1


@pytest.mark.parametrize("facet", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
def test_polyanions_are_not_cut_unless_asked(facet: tuple[int, int, int]) -> None:
    crystal = phosphate()
    whole = facet_cuts(crystal, crystal, facet)
    asked = facet_cuts(crystal, crystal, facet, cut_molecules=True)

    def broken(cell: Atoms) -> bool:
        stacked = slab(cell, 2)
        groups = molecules(stacked)[0]
        return bool((np.bincount(groups)[groups[stacked.symbols == "P"]] < 5).any())

    assert not any(broken(cut_cell(crystal, cut)) for cut in whole)
    assert any(broken(cut_cell(crystal, cut)) for cut in asked)
    assert all(cut.cut_molecules for cut in asked)


@pytest.mark.parametrize("name", ["Al", "Cu", "K", "KF", "K2Se", "K3Sb-cubic", "K3Sb-hexagonal", "BiSbO4"])
@pytest.mark.parametrize("facet", FACETS)
def test_cuts_of_crystals_without_molecules_keep_their_numbers(name: str, facet: tuple[int, int, int]) -> None:
    crystal = phase(name, primitive=True)
    whole, asked = (facet_cuts(crystal, phase(name), facet, cut_molecules=cut) for cut in (False, True))
    assert [(cut.rows, cut.level, cut.symmetric) for cut in whole] == [
        (cut.rows, cut.level, cut.symmetric) for cut in asked
    ]


def test_neither_origin_nor_orientation_counts() -> None:
    crystal = phase("K2Se", primitive=True)
    moved = crystal.copy()
    moved.positions += (0.7, -0.4, 1.9)
    moved.rotate(37, (1, 2, 3), rotate_cell=True)
    given = phase("K2Se")
    given.rotate(37, (1, 2, 3), rotate_cell=True)
    for cut, other in zip(
        facet_cuts(crystal, phase("K2Se"), (1, 1, 1)), facet_cuts(moved, given, (1, 1, 1)), strict=True
    ):
        mine, its = cut_cell(crystal, cut), cut_cell(moved, other)
        assert cut.symmetric == other.symmetric
        assert np.allclose(mine.cell.cellpar(), its.cell.cellpar())
        assert np.allclose(np.sort(mine.positions[:, 2]), np.sort(its.positions[:, 2]), atol=1e-6)


def test_what_has_no_facet_is_told() -> None:
    graphene = phase("graphene", primitive=True)
    with pytest.raises(BadInput, match="no crystal"):
        facet_cuts(graphene, graphene, (0, 0, 1))
    with pytest.raises(BadInput, match="no plane"):
        facet_cuts(phase("Cu", primitive=True), phase("Cu"), (0, 0, 0))
    with pytest.raises(BadInput, match="no lattice plane"):
        cuts(phase("Cu", primitive=True), np.array([1.0, np.sqrt(2), np.pi]))
    with pytest.raises(BadInput, match="no layer"):
        layer_cell(phase("Cu"))
