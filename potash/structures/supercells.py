"""Supercells: by divisions, or by the least distance between an atom and its own image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms


def supercell(atoms: Atoms, size: tuple[int, int, int] | float) -> Atoms:
    """Repeat a cell.

    Parameters
    ----------
    atoms
        The cell.
    size
        How often along each vector; or a length in Å that every vector must at least reach.

    Returns
    -------
    Atoms
        The repeated cell. Directions that are not periodic are not repeated.
    """
    if isinstance(size, tuple):
        if min(size) < 1:
            raise BadInput(f"a supercell of {size} has no atoms; give three whole numbers of at least 1")
        divisions = np.array(size)
    else:
        divisions = np.maximum(1, np.ceil(size / atoms.cell.lengths() - 1e-6).astype(int))
    repeated: Atoms = atoms.repeat(np.where(atoms.pbc, divisions, 1))
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
    matrix = given.cell.array @ np.linalg.inv(primitive.cell.array)
    if np.abs(matrix - np.round(matrix)).max() > 1e-3:
        raise BadInput("the primitive cell does not tile the given one")
    grown: Atoms = given.copy()
    grown.set_cell(np.round(matrix) @ relaxed.cell.array, scale_atoms=True)
    # Each atom stands where its own atom of the primitive cell went, up to a lattice vector.
    shift = relaxed.get_scaled_positions(wrap=False) - primitive.get_scaled_positions(wrap=False)
    inverse = np.linalg.inv(primitive.cell.array)
    for index, position in enumerate(given.positions):
        difference = (position - primitive.positions) @ inverse
        difference -= np.round(difference)
        distances = np.linalg.norm(difference @ primitive.cell.array, axis=1)
        owner = int(distances.argmin())
        if distances[owner] > 1e-2:
            raise BadInput("the primitive cell does not tile the given one")
        grown.positions[index] += shift[owner] @ relaxed.cell.array
    return grown
