"""Overlapping atoms: the same that ASE's list of neighbours finds, in little memory."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

from potash.structures.overlap import OVERLAP, nearest_overlap


def nearest_by_ase(atoms: Atoms) -> float | None:
    distances = neighbor_list("d", atoms, list(covalent_radii[atoms.numbers] * OVERLAP))
    return float(distances.min()) if len(distances) else None


@pytest.mark.parametrize("seed", range(40))
def test_any_cell_has_the_overlaps_that_ase_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 12))
    atoms = Atoms(
        random.choice(["Cu", "H", "K", "O"], count),
        positions=6 * random.normal(size=(count, 3)),
        cell=random.normal(size=(3, 3)) * 5 + 3 * np.eye(3),
        pbc=random.integers(0, 2, 3),
    )
    expected = nearest_by_ase(atoms)
    found = nearest_overlap(atoms)
    assert (found is None) == (expected is None)
    if found and expected is not None:
        i, j, distance = found
        assert distance == pytest.approx(expected, abs=1e-9)
        mic = bool(atoms.pbc.any()) and i != j
        if mic:
            assert atoms.get_distance(i, j, mic=True) == pytest.approx(distance, abs=1e-6)


@pytest.mark.parametrize("spread", [0.0, 300.0])
def test_ten_thousand_atoms_take_little_memory(spread: float) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    places = np.zeros((10_000, 3))
    places[:, 0] = spread / 3 * (np.arange(10_000) % 100)
    places[:, 1] = spread / 3 * (np.arange(10_000) // 100)
    found = nearest_overlap(Atoms("Cu10000", positions=places))
    assert (found is None) == (spread > 0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB
