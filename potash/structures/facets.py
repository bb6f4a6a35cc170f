"""Facets of crystals: which ones symmetry keeps apart, and the crystal's cell that lies along one."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.orbits import primitive_of, symmetry_of

if TYPE_CHECKING:
    from ase import Atoms

Facet = tuple[int, int, int]


def facets(bulk: Atoms, max_index: int) -> list[Facet]:
    """List the facets that the crystal's own symmetry keeps apart, with low indices first.

    A facet and its opposite, (h k l) and (-h -k -l), are one: every slab has both.

    Parameters
    ----------
    bulk
        The crystal's cell that the indices refer to.
    max_index
        The largest Miller index.
    """
    rows = [
        row for row in product(range(max_index, -max_index - 1, -1), repeat=3) if any(row) and np.gcd.reduce(row) == 1
    ]
    # Among equivalent ones that with few and small minus signs is named: (1 1 0), not (1 -1 0).
    rows.sort(key=lambda row: (max(map(abs, row)), sum(map(abs, row)), sum(index < 0 for index in row)))
    turns = symmetry_of(bulk).turns
    found: list[Facet] = []
    seen: set[Facet] = set()
    for h, k, l in rows:  # noqa: E741  (Miller's own letters)
        if (h, k, l) not in seen:
            found.append((h, k, l))
            seen.update(_turned(bulk, turns, (h, k, l)))
    return found


def equivalents(bulk: Atoms, facet: Facet) -> list[Facet]:
    """List the facets that symmetry makes of one, itself and its opposite among them.

    The point group is that of the atoms: that of the lattice alone may be higher.
    """
    return _turned(bulk, symmetry_of(bulk).turns, facet)


def _turned(bulk: Atoms, turns: np.ndarray, facet: Facet) -> list[Facet]:
    reciprocal = np.linalg.inv(bulk.cell.array).T
    rows = np.round(turns @ (np.array(facet) @ reciprocal) @ bulk.cell.array.T).astype(int)
    found = {(int(row[0]), int(row[1]), int(row[2])) for row in (*rows, *-rows)}
    return sorted(found, reverse=True)


def normal_of(cell: np.ndarray, facet: Facet) -> np.ndarray:
    """Give a facet's normal, of length 1, outwards, in the cell (3, 3) that its indices refer to."""
    along = np.linalg.inv(cell) @ facet
    normal: np.ndarray = along / np.linalg.norm(along)
    return normal


def oriented(bulk: Atoms, facet: Facet) -> Atoms:
    """Give a primitive cell whose first two vectors, as short as can be, lie in the facet.

    Its third vector leads to the next lattice plane: stacked along it, the cell repeats the crystal. Atoms keep
    their places in space.

    Raises
    ------
    BadInput
        If the facet is no plane, or the crystal is not periodic in all directions.
    """
    if not any(facet):
        raise BadInput("(0, 0, 0) is no plane; at least one Miller index must differ from 0")
    if not bulk.pbc.all():
        raise BadInput(f"{bulk.symbols.formula:metal} is not periodic in all three directions; it has no facets")
    primitive = primitive_of(bulk)
    indices = primitive.cell.array @ np.linalg.inv(bulk.cell.array) @ facet
    whole = np.round(indices * round(bulk.get_volume() / primitive.get_volume())).astype(int)
    primitive.set_cell(_basis(whole // np.gcd.reduce(whole), primitive.cell.array, normal_of(bulk.cell.array, facet)))
    return primitive


def _basis(indices: np.ndarray, cell: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Choose the shortest vectors of the lattice in a plane, and the shortest one to the next plane."""
    reach = np.abs(indices).max() + 1
    steps = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    vectors = steps @ cell
    lengths = np.linalg.norm(vectors, axis=1)
    # Of vectors of one length always the same is taken, whatever the noise of arithmetic.
    order = np.lexsort([*np.round(-vectors.T, 4), np.round(lengths, 4)])
    planes = (steps @ indices)[order]
    inside, across = vectors[order][planes == 0][1:], vectors[order][planes == 1][0]
    first = inside[0]
    sines = np.linalg.norm(np.cross(first, inside), axis=1) / np.linalg.norm(inside, axis=1) / np.linalg.norm(first)
    second = inside[sines > 1e-4][0]
    if np.cross(first, second) @ normal < 0:
        second = -second
    return np.array([first, second, across])
