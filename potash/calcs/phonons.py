"""The forces that displaced atoms of a crystal feel: what its phonons follow from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest
from potash.structures.encoding import encode
from potash.structures.lattice import displacements, tiled

if TYPE_CHECKING:
    from ase import Atoms


def phonons(large: Atoms, cell: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Displace single atoms of a supercell, as many as symmetry leaves, and compute the forces on all.

    Parameters
    ----------
    large
        The supercell, as `structures.lattice.grown` makes it; called first.
    cell
        The relaxed cell.
    recorder
        The engine.
    options
        ``step``: how far an atom is moved, in Å.

    Returns
    -------
    dict
        ``sets``: of each displacement the ``number`` of the atom, its ``displacement`` (Å) and the ``forces`` on all
        atoms less those at rest (eV/Å); ``atoms`` and ``supercell``; ``energy`` (eV) and ``force`` (the largest,
        eV/Å) of the supercell at rest; and ``converged``.
    """
    moves = displacements(tiled(cell, large), float(options["step"]))
    start = large.get_positions()
    large.calc = recorder
    energy, rest = float(large.get_potential_energy()), large.get_forces()
    sets = []
    for number, displacement in moves:
        large.positions[:] = start
        large.positions[number] += displacement
        forces = large.get_forces() - rest
        sets.append({"number": number, "displacement": displacement.tolist(), "forces": forces.tolist()})
    large.positions[:] = start
    return {
        "sets": sets,
        "atoms": encode(cell),
        "supercell": encode(large),
        "energy": energy,
        "force": largest(rest),
        "converged": True,
    }
