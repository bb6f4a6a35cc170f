"""The curvature of the energy at a structure, for atoms of one's choice: minimum, saddle or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest
from potash.errors import BadInput
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms


def curvature(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute curvatures by central differences of forces: of chosen atoms, or along one direction of all atoms."""
    return _along(atoms, recorder, options) if "along" in options else _of_atoms(atoms, recorder, options)


def _along(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute the Hessian's product with one direction: two calls.

    Parameters
    ----------
    atoms
        The structure.
    recorder
        The engine.
    options
        ``along``: the direction, (N, 3); ``step``: how far all atoms together are moved along it to either side, in Å.

    Returns
    -------
    dict
        ``row``: the Hessian times the direction of length 1, (N, 3) in eV/Å²; and ``converged``.
    """
    direction, step = np.array(options["along"], dtype=float), float(options["step"])
    direction /= np.linalg.norm(direction)
    start = atoms.get_positions()
    atoms.calc = recorder
    sides = []
    for shift in (step, -step):
        atoms.positions[:] = start + shift * direction
        sides.append(_forces(atoms))
    atoms.positions[:] = start
    return {"row": ((sides[1] - sides[0]) / (2 * step)).tolist(), "converged": True}


def _of_atoms(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute the Hessian of chosen atoms; all others stay where they are.

    Parameters
    ----------
    atoms
        The structure, which is called first. Frozen atoms stay.
    recorder
        The engine.
    options
        ``atoms``: indices of the chosen ones; ``step``: how far each is moved to either side, in Å.

    Returns
    -------
    dict
        ``hessian`` (3n, 3n) in eV/Å², rows in the order of ``atoms`` and of x, y, z, made symmetric; ``asymmetry``
        (the largest difference of two elements that should be one, before that, eV/Å²); ``atoms``; ``energy`` (eV)
        and ``force`` (the largest on a chosen atom, eV/Å) of the structure itself; and ``converged``.

    Raises
    ------
    BadInput
        If the choice is empty, names an atom twice, or one that is frozen or not there.
    """
    chosen, step = _chosen(atoms, options["atoms"]), float(options["step"])
    start = atoms.get_positions()
    atoms.calc = recorder
    energy, force = float(atoms.get_potential_energy()), largest(_forces(atoms)[chosen])
    rows = []
    for index in chosen:
        for axis in range(3):
            sides = []
            for shift in (step, -step):
                atoms.positions[:] = start
                atoms.positions[index, axis] += shift
                sides.append(_forces(atoms)[chosen].ravel())
            rows.append((sides[1] - sides[0]) / (2 * step))
    atoms.positions[:] = start
    hessian = np.array(rows)
    return {
        "hessian": ((hessian + hessian.T) / 2).tolist(),
        "asymmetry": float(np.abs(hessian - hessian.T).max()),
        "atoms": chosen,
        "energy": energy,
        "force": force,
        "converged": True,
    }


def _forces(atoms: Atoms) -> Any:
    """Give the forces as the engine has them: those on frozen atoms are no zeros."""
    return atoms.get_forces(apply_constraint=False)


def _chosen(atoms: Atoms, indices: list[int]) -> list[int]:
    frozen = set(encode(atoms).get("frozen", ()))
    if not indices:
        raise BadInput("a curvature needs at least one atom to move")
    for index in indices:
        if not 0 <= index < len(atoms):
            raise BadInput(f"a curvature of atom {index} was asked for, but the atoms are 0 to {len(atoms) - 1}")
        if index in frozen:
            raise BadInput(f"atom {index} ({atoms.symbols[index]}) is frozen: a curvature can only move free atoms")
        if indices.count(index) > 1:
            raise BadInput(f"atom {index} stands twice among the atoms of a curvature; name each once")
    return list(indices)
