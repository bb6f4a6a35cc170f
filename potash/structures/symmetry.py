"""A structure's space group, by spglib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import spglib

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

#: Positions that symmetry relates agree within this, in Å.
PRECISION = 1e-3


def cell_of(atoms: Atoms) -> tuple[Any, Any, Any]:
    """Give a structure as spglib takes it; atoms of one element whose magnetic moments differ are of two kinds."""
    kinds = atoms.numbers
    moments = np.round(atoms.get_initial_magnetic_moments(), 3)
    if moments.any():
        kinds = np.unique(np.column_stack([kinds, moments]), axis=0, return_inverse=True)[1].ravel()
    return atoms.cell.array, atoms.get_scaled_positions(), kinds


def operations(atoms: Atoms, precision: float = PRECISION) -> tuple[np.ndarray, np.ndarray]:
    """Give the symmetry operations of a structure; of a magnetic one also those that turn all moments over.

    Parameters
    ----------
    atoms
        The structure, taken as periodic in all directions.
    precision
        How far an operation may miss an atom, in Å.

    Returns
    -------
    tuple of ndarray
        Rotations (n, 3, 3) and translations (n, 3), in fractions of the cell.

    Raises
    ------
    BadInput
        If spglib finds none, as where atoms lie upon each other.
    """
    moments = atoms.get_initial_magnetic_moments()
    if moments.any():
        found = spglib.get_magnetic_symmetry((*cell_of(atoms)[:2], atoms.numbers, moments), symprec=precision)
    else:
        found = spglib.get_symmetry(cell_of(atoms), symprec=precision)
    if found is None:
        raise BadInput(f"spglib finds no symmetry of {atoms.symbols.formula:metal}; are there atoms upon each other?")
    return np.asarray(found["rotations"]), np.asarray(found["translations"])


def lattice_constants(atoms: Atoms) -> dict[str, float]:
    """Give a, b, c (Å) and the angles (degrees) of the conventional cell, in spglib's standard setting.

    Magnetic order makes that cell no larger: the constants are those that diffraction of X-rays gives.
    """
    from ase.geometry import cell_to_cellpar

    nuclear = (*cell_of(atoms)[:2], atoms.numbers)
    found = spglib.standardize_cell(nuclear, to_primitive=False, no_idealize=False, symprec=PRECISION)
    if found is None:
        raise BadInput(f"spglib finds no conventional cell of {atoms.symbols.formula:metal}")
    lengths = (float(value) for value in cell_to_cellpar(found[0]))
    return dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), lengths, strict=True))
