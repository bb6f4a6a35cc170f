"""Repeated cells, and large cells that follow their relaxed primitive cell."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.geometry import find_mic
from ase.neighborlist import neighbor_list
from hypothesis import given
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.phases import names, phase
from potash.structures.supercells import nearest_image, regrown, supercell


@given(st.tuples(*[st.integers(1, 3)] * 3))
def test_divisions(size: tuple[int, int, int]) -> None:
    cell = phase("K3Sb-hexagonal")
    large = supercell(cell, size)
    assert len(large) == len(cell) * np.prod(size)
    assert np.allclose(large.cell.array, cell.cell.array * np.array(size)[:, None])


@given(st.floats(1, 30))
def test_by_length_is_the_smallest_that_reaches(length: float) -> None:
    cell = phase("K3Sb-hexagonal")
    large = supercell(cell, length)
    assert (large.cell.lengths() > length - 1e-4).all()
    divisions = np.round(large.cell.lengths() / cell.cell.lengths())
    assert (((divisions - 1) * cell.cell.lengths() < length) | (divisions == 1)).all()


def test_exact_length_needs_no_second_cell() -> None:
    cell = phase("Cu")
    assert len(supercell(cell, float(cell.cell.lengths()[0]))) == 4


def test_layers_are_not_repeated_across() -> None:
    assert len(supercell(phase("graphene"), 50.0)) == 2 * 21 * 21
    assert len(supercell(phase("graphene"), (2, 3, 4))) == 12


def test_the_nearest_image_is_found_across_the_cell_too() -> None:
    layer = supercell(phase("graphene"), (3, 1, 1))
    assert nearest_image(layer) == pytest.approx(layer.cell.lengths()[1])
    sheared = supercell(phase("Cu"), ((1, 0, 0), (2, 1, 0), (0, 0, 1)))
    assert nearest_image(sheared) == pytest.approx(phase("Cu").cell.lengths().min())


def test_nothing_is_no_supercell() -> None:
    with pytest.raises(BadInput, match="at least 1"):
        supercell(phase("Cu"), (2, 0, 1))
    with pytest.raises(BadInput, match="has the determinant 0"):
        supercell(phase("Cu"), ((1, 0, 0), (1, 0, 0), (0, 0, 1)))
    with pytest.raises(BadInput, match=r"has the determinant -1; .* right-handed"):
        supercell(phase("Cu"), ((0, 1, 0), (1, 0, 0), (0, 0, 1)))


ORTHOGONAL = ((2, 0, 0), (1, 2, 0), (0, 0, 1))


def test_a_hexagonal_crystal_has_an_orthogonal_cell() -> None:
    cell = phase("K3Sb-hexagonal")
    large = supercell(cell, ORTHOGONAL)
    a, _, c = cell.cell.lengths()
    assert large.cell.cellpar() == pytest.approx([2 * a, a * 3**0.5, c, 90, 90, 90])
    assert len(large) == 4 * len(cell)
    assert large.info == cell.info
    # The crystal is the same: every atom's surroundings are those in the given cell.
    shells = [np.sort(neighbor_list("d", atoms, 6.0)) for atoms in (cell, large)]
    assert np.allclose(shells[1], np.repeat(shells[0], 4))


@given(st.tuples(*[st.integers(1, 3)] * 3))
def test_a_diagonal_matrix_is_divisions(size: tuple[int, int, int]) -> None:
    cell = phase("K2Se", primitive=True)
    one, other = supercell(cell, size), supercell(cell, ((size[0], 0, 0), (0, size[1], 0), (0, 0, size[2])))
    assert np.allclose(one.cell.array, other.cell.array)
    assert one.symbols.formula.count() == other.symbols.formula.count()
    for position, number in zip(one.positions, one.numbers, strict=True):
        assert find_mic(other.positions[other.numbers == number] - position, one.cell)[1].min() < 1e-9


def test_a_layer_is_transformed_in_its_plane() -> None:
    layer = phase("graphene")
    layer.set_constraint(FixAtoms([1]))
    large = supercell(layer, ((2, 1, 0), (-1, 1, 0), (0, 0, 3)))
    assert len(large) == 3 * len(layer)
    assert large.cell.array[2] == pytest.approx(layer.cell.array[2])
    assert large.pbc.tolist() == [True, True, False]
    frozen = large.constraints[0].index
    assert len(frozen) == 3
    over = (large.positions[frozen] - layer.positions[1]) @ np.linalg.inv(layer.cell.array)
    assert np.allclose(over, np.round(over), atol=1e-9)


@pytest.mark.parametrize("name", [name for name in names() if len(phase(name)) < 65])
def test_an_unrelaxed_primitive_cell_gives_back_the_conventional_one(name: str) -> None:
    given_cell, primitive = phase(name), phase(name, primitive=True)
    grown = regrown(primitive, given_cell, primitive)
    assert np.allclose(grown.positions, given_cell.positions, atol=1e-6)
    assert np.allclose(grown.cell.array, given_cell.cell.array)


def relaxed(primitive: Atoms) -> Atoms:
    """Strain a cell and move its atoms, one across the cell's face."""
    found = primitive.copy()
    strain = np.array([[1.02, 0.01, 0], [0.01, 0.97, 0], [0, 0.005, 1.01]])
    found.set_cell(found.cell.array @ strain, scale_atoms=True)
    found.positions += np.random.default_rng(1).normal(scale=0.05, size=found.positions.shape)
    found.positions[-1] += found.cell.array[0]
    return found


@pytest.mark.parametrize("name", ["Cu", "K3Sb-cubic", "K2Se", "KSb2", "P-black"])
def test_the_large_cell_is_the_relaxed_small_one_repeated(name: str) -> None:
    given_cell, primitive = phase(name), phase(name, primitive=True)
    small = relaxed(primitive)
    grown = regrown(small, given_cell, primitive)
    scaled = grown.positions @ np.linalg.inv(small.cell.array)
    tiled = small.get_scaled_positions(wrap=False)
    for position, symbol in zip(scaled, grown.symbols, strict=True):
        difference = position - tiled[np.array(small.symbols) == symbol]
        assert np.abs(difference - np.round(difference)).max(axis=1).min() < 1e-6
    assert grown.get_volume() / len(grown) == pytest.approx(small.get_volume() / len(small))


@pytest.mark.parametrize("name", ["K3Sb-hexagonal", "K3Bi-hexagonal"])
def test_a_transformed_cell_follows_its_primitive_cell(name: str) -> None:
    primitive = phase(name)
    small = relaxed(primitive)
    grown = regrown(small, supercell(primitive, ORTHOGONAL), primitive)
    shells = [np.sort(neighbor_list("d", atoms, 6.0)) for atoms in (small, grown)]
    assert np.allclose(shells[1], np.repeat(shells[0], 4), atol=1e-9)


def test_energy_per_atom_is_that_of_the_small_cell() -> None:
    given_cell, primitive = phase("Cu"), phase("Cu", primitive=True)
    small = relaxed(primitive)
    small.calc = EMT()
    grown = regrown(small, given_cell, primitive)
    grown.calc = EMT()
    assert grown.get_potential_energy() / 4 == pytest.approx(small.get_potential_energy(), abs=1e-9)


def test_cells_that_do_not_tile_are_refused() -> None:
    with pytest.raises(BadInput, match="does not tile"):
        regrown(phase("K"), phase("Cu"), phase("K"))
    shifted = phase("Cu")
    shifted.positions[0] += 0.3
    with pytest.raises(BadInput, match="does not tile"):
        regrown(phase("Cu", primitive=True), shifted, phase("Cu", primitive=True))
