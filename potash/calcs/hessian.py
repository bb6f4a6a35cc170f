"""The curvature of the energy for all free atoms of a cell, from as few displacements as symmetry leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest
from potash.errors import BadInput
from potash.structures.lattice import displacements, force_constants, lattice
from potash.structures.shell import free_atoms

if TYPE_CHECKING:
    from ase import Atoms
    from phonopy import Phonopy


def hessian(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute the Hessian of all free atoms: phonopy displaces those that symmetry keeps apart, and turns the rest.

    Where a structure has no symmetry every free atom is moved to both sides along three axes, as by `calcs.curvature`.
    Frozen atoms are moved only where an operation of the structure makes one the image of a free atom.

    Parameters
    ----------
    atoms
        The structure, which is called first; its cell is taken as it is, and waves longer than it are not seen.
    recorder
        The engine.
    options
        ``step``: how far an atom is moved, in Å.

    Returns
    -------
    dict
        As `calcs.curvature`, the ``atoms`` being all free ones in their order; and ``displacements``, how many were
        made.
    """
    free = free_atoms(atoms)
    crystal, moves = reduced(atoms, float(options["step"]))
    start = atoms.get_positions()
    atoms.calc = recorder
    energy, rest = float(atoms.get_potential_energy()), atoms.get_forces(apply_constraint=False)
    sets = []
    for number, move, needed in moves:
        forces = np.zeros_like(rest)
        if needed:
            atoms.positions[:] = start
            atoms.positions[number] += move
            # What breaks the symmetry at rest would count as curvature, divided by the step.
            forces = atoms.get_forces(apply_constraint=False) - rest
        sets.append({"number": number, "displacement": move, "forces": forces})
    atoms.positions[:] = start
    rows = force_constants(crystal, sets)[np.ix_(free, free)]
    found = rows.transpose(0, 2, 1, 3).reshape(3 * len(free), -1)
    return {
        "hessian": ((found + found.T) / 2).tolist(),
        "asymmetry": float(np.abs(found - found.T).max()),
        "atoms": free,
        "energy": energy,
        "force": largest(rest[free]),
        "displacements": sum(needed for _, _, needed in moves),
        "converged": True,
    }


def reduced(atoms: Atoms, step: float) -> tuple[Phonopy, list[tuple[int, np.ndarray, bool]]]:
    """Choose the displacements.

    Returns
    -------
    tuple
        Phonopy's crystal, and of each displacement the atom, its move (3,) in Å, and whether a free atom needs it.

    Raises
    ------
    BadInput
        If all atoms are frozen, or the cell has not three vectors.
    """
    free = free_atoms(atoms)
    if not free:
        raise BadInput("a curvature of the whole cell needs an atom that is free to move, but all are frozen")
    if atoms.cell.rank < 3:
        raise BadInput(f"a curvature of the whole cell needs a cell of three vectors, not of {atoms.cell.rank}")
    crystal = lattice(atoms, np.eye(3, dtype=int))
    orbits = crystal.symmetry.get_map_atoms()
    wanted = set(orbits[free].tolist())
    return crystal, [(number, move, int(orbits[number]) in wanted) for number, move in displacements(crystal, step)]
