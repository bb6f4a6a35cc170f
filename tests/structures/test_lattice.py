"""Crystals as phonopy takes them: supercells atom by atom, and as few displacements as symmetry leaves."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.geometry import get_distances

from potash.errors import BadInput
from potash.structures.lattice import displacements, grown, tiled
from potash.structures.phases import phase

MATRICES = [
    np.diag([2, 1, 3]),
    np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]),
    np.array([[2, 0, 0], [1, 2, 0], [0, 0, 1]]),
]


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("name", ["K2Se", "K3Sb-hexagonal"])
def test_a_supercell_is_the_same_crystal(name: str, matrix: np.ndarray) -> None:
    cell = phase(name, primitive=True)
    large = grown(cell, matrix)
    assert large.cell.array == pytest.approx(matrix @ cell.cell.array, abs=1e-9)
    assert len(large) == len(cell) * round(np.linalg.det(matrix))
    _, distances = get_distances(large.positions, cell.positions, cell=cell.cell, pbc=True)
    owners = distances.argmin(axis=1)
    assert distances.min(axis=1) == pytest.approx(np.zeros(len(large)), abs=1e-9)
    assert (large.numbers == cell.numbers[owners]).all()
    assert len(tiled(cell, large).supercell) == len(large)


@pytest.mark.parametrize(("cell", "count"), [
    (bulk("Cu", a=3.6), 1),  # along a cube's edge; the other side is its mirror image
    (bulk("NaCl", "rocksalt", a=5.6), 2),
    (phase("K2Se", primitive=True), 2),
    (bulk("GaAs", "zincblende", a=5.6), 2),
])  # fmt: skip
def test_symmetry_leaves_few_displacements(cell: Atoms, count: int) -> None:
    found = displacements(tiled(cell, grown(cell, np.diag([2, 2, 2]))), 0.03)
    assert len(found) == count
    assert [np.linalg.norm(move) for _, move in found] == pytest.approx([0.03] * count)


def test_without_symmetry_every_atom_is_moved_to_all_six_sides() -> None:
    cell = Atoms(
        "KNaLi", [[0, 0, 0], [1.1, 2.3, 0.4], [2.9, 0.7, 2.2]], cell=[[4, 0, 0], [0.3, 4.5, 0], [0.1, 0.7, 5]], pbc=True
    )
    found = displacements(tiled(cell, grown(cell, np.eye(3, dtype=int))), 0.02)
    assert len(found) == 18
    assert sum(move for _, move in found) == pytest.approx(np.zeros(3), abs=1e-12)


def test_moments_go_along() -> None:
    cell = bulk("Fe", cubic=True)
    cell.set_initial_magnetic_moments([2.2, -2.2])
    large = grown(cell, np.diag([2, 1, 1]))
    assert sorted(large.get_initial_magnetic_moments()) == [-2.2, -2.2, 2.2, 2.2]


def test_atoms_in_another_order_are_refused() -> None:
    cell = phase("K2Se", primitive=True)
    large = grown(cell, np.diag([2, 1, 1]))
    for wrong in (large[::-1], large[:-1], phase("K2S", primitive=True).repeat((2, 1, 1))):
        with pytest.raises(BadInput, match="atom by atom"):
            tiled(cell, wrong)
