"""Supercells: by divisions, or by the least distance between an atom and its own image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.limits import keep

if TYPE_CHECKING:
    from ase import Atoms


#: Divisions along each vector; the new vectors in terms of the old, as rows; or a least length in Å.
Size = tuple[int, int, int] | tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]] | float


def supercell(atoms: Atoms, size: Size, *, wrap: bool = True) -> Atoms:
    """Repeat a cell.

    Parameters
    ----------
    atoms
        The cell.
    size
        How often along each vector; or a matrix of whole numbers whose rows are the new vectors in terms of the
        old; or a length in Å that every vector must at least reach.
    wrap
        Whether a matrix puts all atoms into the new cell; else they stay together as they are.

    Returns
    -------
    Atoms
        The repeated cell. Directions that are not periodic are not repeated.

    Raises
    ------
    BadInput
        If the new cell has no volume, or is left-handed.
    """
    if isinstance(size, tuple) and isinstance(size[0], tuple):
        return _transformed(atoms, np.array(size), wrap)
    if isinstance(size, tuple):
        divisions = np.array(size)
        if divisions.min() < 1:
            raise BadInput(f"a supercell of {size} has no atoms; give three whole numbers of at least 1")
    else:
        divisions = np.maximum(1, np.ceil(size / atoms.cell.lengths() - 1e-6).astype(int))
    divisions = np.where(atoms.pbc, divisions, 1)
    keep("atoms", float(len(atoms) * np.prod(divisions.astype(float))), f"a supercell of {divisions.tolist()}")
    repeated: Atoms = atoms.repeat(divisions)
    repeated.info = dict(atoms.info)
    return repeated


def nearest_image(atoms: Atoms) -> float:
    """Give the distance of an atom from its nearest image, in Å."""
    from ase.geometry import minkowski_reduce

    reduced, _ = minkowski_reduce(atoms.cell, atoms.pbc)
    return float(np.linalg.norm(reduced[atoms.pbc], axis=1).min())


def _transformed(atoms: Atoms, matrix: np.ndarray, wrap: bool) -> Atoms:
    """Repeat a cell over new vectors, frozen atoms included."""
    from ase.build import make_supercell

    both = np.outer(atoms.pbc, atoms.pbc)
    matrix = np.where(both, matrix, np.eye(3, dtype=int))
    count = round(np.linalg.det(matrix))
    if count < 1:
        raise BadInput(
            f"a supercell of {matrix.tolist()} has the determinant {count}; give three vectors of whole numbers that "
            "span a volume, in right-handed order"
        )
    keep("atoms", len(atoms) * count, f"a supercell of {matrix.tolist()}")
    repeated: Atoms = make_supercell(atoms, matrix, wrap=wrap)
    repeated.set_constraint([constraint.repeat((count, 1, 1), len(atoms)) for constraint in atoms.constraints])
    repeated.info = dict(atoms.info)
    return repeated


def regrown(relaxed: Atoms, given: Atoms, primitive: Atoms) -> Atoms:
    """Give a larger cell the shape, size and inner positions that its primitive cell has relaxed to.

    Parameters
    ----------
    relaxed
        The primitive cell after relaxation.
    given
        The larger cell before relaxation.
    primitive
        The primitive cell before relaxation, atom by atom as `relaxed`.

    Returns
    -------
    Atoms
        The larger cell, atom by atom as `given`.

    Raises
    ------
    BadInput
        If the primitive cell does not tile the larger one.
    """
    if len(given) < len(primitive):
        raise BadInput("the primitive cell does not tile the given one")
    return carried(given, primitive, relaxed)


def carried(atoms: Atoms, before: Atoms, after: Atoms) -> Atoms:
    """Let a cell of a crystal follow another cell of the same crystal that was relaxed.

    Parameters
    ----------
    atoms
        A cell of the crystal before relaxation, which the other cell tiles or which tiles that; its atoms may lie in
        any image.
    before, after
        Another cell of it, atom by atom the same, before and after relaxation.

    Returns
    -------
    Atoms
        The first cell after relaxation, atom by atom as it was.

    Raises
    ------
    BadInput
        If the two are not cells of one crystal.
    """
    matrix = atoms.cell.array @ np.linalg.inv(before.cell.array)
    parts = max(1, round(len(before) / len(atoms)))
    if np.abs(matrix - np.round(matrix * parts) / parts).max() > 1e-3:
        raise BadInput("the primitive cell does not tile the given one")
    grown: Atoms = atoms.copy()
    grown.set_cell(np.round(matrix * parts) / parts @ after.cell.array, scale_atoms=True)
    # Each atom stands where its own atom of the other cell went, up to a lattice vector.
    shift = after.get_scaled_positions(wrap=False) - before.get_scaled_positions(wrap=False)
    inverse = np.linalg.inv(before.cell.array)
    for index, position in enumerate(atoms.positions):
        difference = (position - before.positions) @ inverse
        difference -= np.round(difference)
        distances = np.linalg.norm(difference @ before.cell.array, axis=1)
        owner = int(distances.argmin())
        if distances[owner] > 1e-2:
            raise BadInput("the primitive cell does not tile the given one")
        grown.positions[index] += shift[owner] @ after.cell.array
    return grown
