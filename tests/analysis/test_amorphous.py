"""Pair distributions: of a gas, of a crystal, of any cell of it; coordination."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from potash.analysis.amorphous import ORDER, coordination, order, pair_distribution, shell


def test_atoms_that_know_nothing_of_each_other() -> None:
    numbers = np.random.default_rng(0)
    gas = Atoms("Ar600", numbers.random((600, 3)) * 25, cell=[25, 25, 25], pbc=True)
    radii, g = pair_distribution(gas)
    assert g[radii > 2].mean() == pytest.approx(1, abs=0.02)
    assert np.std(g[radii > 5]) < 0.05


@pytest.mark.parametrize(("crystal", "nearest", "neighbours"), [
    (bulk("Cu", a=3.6, cubic=True), 3.6 / 2**0.5, 12),
    (bulk("Si", a=5.43, cubic=True), 5.43 * 3**0.5 / 4, 4),
])  # fmt: skip
def test_a_crystal_is_ordered(crystal: Atoms, nearest: float, neighbours: int) -> None:
    atoms = crystal.repeat(3)
    radii, g = pair_distribution(atoms)
    peak, minimum = shell(radii, g)
    assert peak == pytest.approx(nearest, abs=0.05)
    assert (coordination(atoms, minimum) == neighbours).all()
    assert order(radii, g) > ORDER


def test_a_crystal_that_is_shaken_is_a_crystal_still() -> None:
    atoms = bulk("Cu", a=3.6, cubic=True).repeat(3)
    atoms.rattle(0.05, seed=1)
    assert order(*pair_distribution(atoms)) > ORDER
