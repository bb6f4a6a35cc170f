"""Facets that symmetry keeps apart, and cells that lie along them."""

import numpy as np
import pytest
from ase import Atoms
from ase.spacegroup import crystal

from potash.errors import BadInput
from potash.structures.facets import equivalents, facets, normal_of, oriented
from potash.structures.phases import phase


def pyrite() -> Atoms:
    """The point group (m-3) is lower than the lattice's (m-3m)."""
    return crystal(["Fe", "S"], [(0, 0, 0), (0.385, 0.385, 0.385)], spacegroup=205, cellpar=[5.42] * 3 + [90] * 3)


@pytest.mark.parametrize(("name", "counts"), [("Cu", (3, 6, 13)), ("K2Se", (3, 6, 13)), ("K3Sb-hexagonal", (5, 12))])
def test_as_many_as_the_point_group_says(name: str, counts: tuple[int, ...]) -> None:
    for most, count in enumerate(counts, start=1):
        assert len(facets(phase(name), most)) == count


def test_the_crystal_decides_and_not_its_lattice() -> None:
    found = facets(pyrite(), 2)
    assert (2, 1, 0) in found
    assert (2, 0, 1) in found
    assert (2, 0, 1) not in equivalents(pyrite(), (2, 1, 0))
    assert len(found) == 7


@pytest.mark.parametrize("facet", [(1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 1, 0), (3, 2, 1)])
def test_equivalents_are_as_many_as_faces(facet: tuple[int, int, int]) -> None:
    faces = {(1, 0, 0): 6, (1, 1, 0): 12, (1, 1, 1): 8, (2, 1, 0): 24, (3, 2, 1): 48}
    assert len(equivalents(phase("Cu"), facet)) == faces[facet]


@pytest.mark.parametrize("name", ["Cu", "Li", "K3Sb-hexagonal", "Sb", "KP", "S-alpha"])
def test_a_cell_along_a_facet_is_primitive_and_holds_the_plane(name: str) -> None:
    bulk, primitive = phase(name), phase(name, primitive=True)
    for facet in facets(bulk, 1)[:4]:
        cell = oriented(bulk, facet)
        normal = normal_of(bulk.cell.array, facet)
        assert len(cell) == len(primitive)
        assert cell.get_volume() == pytest.approx(primitive.get_volume(), rel=1e-4)
        assert np.abs(cell.cell.array[:2] @ normal).max() < 1e-3
        assert cell.cell.array[2] @ normal > 0
        first, second = cell.cell.array[:2]
        assert abs(first @ second) <= first @ first / 2 + 1e-3
        assert np.linalg.norm(first) <= np.linalg.norm(second) + 1e-3


def test_what_is_no_facet_is_told() -> None:
    with pytest.raises(BadInput, match="no plane"):
        oriented(phase("Cu"), (0, 0, 0))
    with pytest.raises(BadInput, match="not periodic in all three"):
        oriented(phase("graphene"), (1, 0, 0))
