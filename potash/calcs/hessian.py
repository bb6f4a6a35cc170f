"""The curvature of the energy for atoms of a structure, from as few displacements as symmetry leaves."""

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

#: Room on each side along vectors that a cell has not, in Å: phonopy needs three. The engine sees none of it.
ROOM = 5.0


def hessian(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute the Hessian of all free atoms of a cell, which is taken as it is: waves longer than it are not seen.

    Parameters
    ----------
    atoms
        The structure.
    recorder
        The engine.
    options
        ``step``: how far an atom is moved, in Å.

    Returns
    -------
    dict
        As `of_atoms`.

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
    return of_atoms(atoms, free, recorder, float(options["step"]))


def of_atoms(atoms: Atoms, chosen: list[int], recorder: Recorder, step: float) -> dict[str, Any]:
    """Compute the Hessian of chosen atoms: phonopy displaces those that symmetry keeps apart, and turns the rest.

    Where a structure has no symmetry every chosen atom is moved to both sides along three axes. Another atom, a frozen one
    too, is moved only in place of a chosen one, where an operation of the structure makes one the image of the other.

    Parameters
    ----------
    atoms
        The structure, which is called first.
    chosen
        Indices of the atoms.
    recorder
        The engine.
    step
        How far an atom is moved, in Å.

    Returns
    -------
    dict
        ``hessian`` (3n, 3n) in eV/Å², rows in the order of ``atoms`` and of x, y, z, made symmetric; ``asymmetry``
        (the largest difference of two elements that should be one, before that, eV/Å²); ``atoms``, the chosen ones;
        ``energy`` (eV) and ``force`` (the largest on a chosen atom, eV/Å) of the structure itself; ``displacements``, how
        many were made; and ``converged``.
    """
    crystal, moves = reduced(atoms, chosen, step)
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
    rows = force_constants(crystal, sets)[np.ix_(chosen, chosen)]
    found = rows.transpose(0, 2, 1, 3).reshape(3 * len(chosen), -1)
    return {
        "hessian": ((found + found.T) / 2).tolist(),
        "asymmetry": float(np.abs(found - found.T).max()),
        "atoms": chosen,
        "energy": energy,
        "force": largest(rest[chosen]),
        "displacements": sum(needed for _, _, needed in moves),
        "converged": True,
    }


def reduced(atoms: Atoms, chosen: list[int], step: float) -> tuple[Phonopy, list[tuple[int, np.ndarray, bool]]]:
    """Choose the displacements from which symmetry tells those of the chosen atoms.

    Returns
    -------
    tuple
        Phonopy's crystal, and of each displacement the atom, its move (3,) in Å, and whether a chosen atom needs it.
    """
    boxed = atoms.copy()
    if missing := [axis for axis, vector in enumerate(atoms.cell.array) if not vector.any()]:
        boxed.center(vacuum=ROOM, axis=missing)
    crystal = lattice(boxed, np.eye(3, dtype=int))
    orbits = crystal.symmetry.get_map_atoms()
    wanted = set(orbits[chosen].tolist())
    return crystal, [(number, move, int(orbits[number]) in wanted) for number, move in displacements(crystal, step)]
