"""Atoms at random in a cell of given density."""

import numpy as np
import pytest
from ase.data import covalent_radii
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.amorphous import opened, packed, symbols_of

PLANE = np.array([[8.0, 0, 0], [3.0, 7.5, 0]])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.5, 4))
def test_the_cell_has_the_density_and_no_atoms_upon_each_other(seed: int, density: float) -> None:
    """Up to 1.7 times the density of the crystal."""
    atoms = packed(symbols_of("K3Sb", 16), PLANE, density, seed)
    grams, cubic = atoms.get_masses().sum() / 6.02214076e23, atoms.get_volume() * 1e-24
    assert grams / cubic == pytest.approx(density)
    assert atoms.cell.array[:2] == pytest.approx(PLANE)
    distances = atoms.get_all_distances(mic=True)[np.triu_indices(16, 1)]
    assert distances.min() > 0.5 * 2 * covalent_radii[[19, 51]].min()


def test_the_seed_decides() -> None:
    one, same, other = (packed(["Cu"] * 12, PLANE, 8.0, seed) for seed in (1, 1, 2))
    assert (one.positions == same.positions).all()
    assert np.abs(one.positions - other.positions).max() > 0.5


def test_atoms_in_the_proportions_of_the_formula() -> None:
    assert symbols_of("K3Sb", 8) == ["K"] * 6 + ["Sb"] * 2
    with pytest.raises(BadInput, match="10 atoms are no whole number of K3Sb: take a multiple of 4"):
        symbols_of("K3Sb", 10)
    with pytest.raises(BadInput, match="'Qq' is no formula"):
        symbols_of("Qq", 10)


def test_a_sample_is_cut_where_its_gap_is_widest() -> None:
    atoms = packed(["Cu"] * 6, PLANE, 2.0, 3)
    before = np.sort(atoms.positions[:, 2])
    height = atoms.cell.array[2, 2]
    widest = np.diff([*before, before[0] + height]).max()
    after = np.sort(opened(atoms).positions[:, 2])
    assert after[0] + height - after[-1] == pytest.approx(widest)
    assert after[0] == pytest.approx(widest / 2)
    assert opened(atoms).get_all_distances(mic=True) == pytest.approx(atoms.get_all_distances(mic=True), abs=1e-9)
