"""A crystal as phonopy takes it: cell, supercell, and the displacements that symmetry keeps apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.errors import BadInput
from potash.structures.symmetry import PRECISION

if TYPE_CHECKING:
    from ase import Atoms
    from phonopy import Phonopy

#: Phonopy's supercell is the given one where no atom is farther off, in Å.
SAME = 1e-4


def lattice(cell: Atoms, matrix: np.ndarray) -> Phonopy:
    """Make phonopy's crystal (A. Togo et al., J. Phys.: Condens. Matter 35, 353001, doi:10.1088/1361-648X/acd831).

    Parameters
    ----------
    cell
        A cell of the crystal; phonopy finds the primitive one in it.
    matrix
        The supercell's vectors (rows) in terms of the cell's, (3, 3) whole numbers.
    """
    from phonopy import Phonopy
    from phonopy.structure.atoms import PhonopyAtoms
    from phonopy.structure.cells import guess_primitive_matrix

    moments = cell.get_initial_magnetic_moments()
    unit = PhonopyAtoms(
        symbols=list(cell.symbols),
        cell=cell.cell.array,
        positions=cell.positions,
        masses=cell.get_masses(),
        magnetic_moments=moments if moments.any() else None,
    )
    columns = np.asarray(matrix).T.tolist()  # phonopy's vectors are columns
    primitive = guess_primitive_matrix(unit, symprec=PRECISION).tolist()
    return Phonopy(unit, supercell_matrix=columns, primitive_matrix=primitive, symprec=PRECISION, log_level=0)


def grown(cell: Atoms, matrix: np.ndarray) -> Atoms:
    """Give the supercell, atom by atom as phonopy orders it."""
    from ase import Atoms

    large = lattice(cell, matrix).supercell
    atoms = Atoms(large.symbols, positions=large.positions, cell=large.cell, pbc=True)
    if large.magnetic_moments is not None:
        atoms.set_initial_magnetic_moments(large.magnetic_moments)
    return atoms


def tiled(cell: Atoms, large: Atoms) -> Phonopy:
    """Make phonopy's crystal of a cell and the supercell that `grown` gave.

    Raises
    ------
    BadInput
        If the supercell is another one, or its atoms are in another order.
    """
    matrix = np.rint(large.cell.array @ np.linalg.inv(cell.cell.array)).astype(int)
    crystal = lattice(cell, matrix)
    made = crystal.supercell
    near = len(made) == len(large) and np.abs(made.cell - large.cell.array).max() < SAME
    if not (near and np.abs(made.positions - large.positions).max() < SAME and (made.numbers == large.numbers).all()):
        raise BadInput("the supercell is not that of the cell, atom by atom; make it by structures.lattice.grown")
    return crystal


def displacements(crystal: Phonopy, step: float) -> list[tuple[int, np.ndarray]]:
    """Give the displacements from which symmetry tells those of all other atoms.

    Parameters
    ----------
    crystal
        As `tiled` makes it.
    step
        How far one atom is moved, in Å; to both sides where symmetry does not make them one.

    Returns
    -------
    list of tuple
        An atom of the supercell, and how it moves (3,) in Å.
    """
    crystal.generate_displacements(distance=step)
    return [(int(number), np.array(move)) for number, *move in crystal.displacements]


def force_constants(crystal: Phonopy, sets: list[dict[str, Any]]) -> np.ndarray:
    """Turn the forces that displaced atoms raise into the force constants of all pairs.

    Parameters
    ----------
    crystal
        As `tiled` makes it.
    sets
        Of each displacement that `displacements` gave the ``number`` of the atom, its ``displacement`` (Å) and the
        ``forces`` on all atoms less those at rest (eV/Å).

    Returns
    -------
    ndarray
        (n, n, 3, 3) in eV/Å²; phonopy's crystal keeps them as well.
    """
    dataset: Any = {
        "natom": len(crystal.supercell),
        "first_atoms": [{name: np.array(value) for name, value in one.items()} for one in sets],
    }
    crystal.dataset = dataset
    crystal.produce_force_constants(show_drift=False)
    constants = crystal.force_constants
    assert constants is not None
    return constants
