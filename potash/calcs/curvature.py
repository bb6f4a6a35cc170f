"""The curvature of the energy at a structure, for atoms of one's choice: minimum, saddle or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.calls import Recorder
from potash.calcs.hessian import of_atoms
from potash.errors import BadInput
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms


def curvature(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute curvatures by central differences of forces: of chosen atoms, or along one direction of all atoms.

    Parameters
    ----------
    atoms
        The structure. Frozen atoms stay.
    recorder
        The engine.
    options
        ``step`` (Å) and either ``along`` (see `_along`) or ``atoms``: indices of the chosen ones.

    Returns
    -------
    dict
        As `_along` or `hessian.of_atoms`.

    Raises
    ------
    BadInput
        If the choice is empty, names an atom twice, or one that is frozen or not there.
    """
    if "along" in options:
        return _along(atoms, recorder, options)
    return of_atoms(atoms, _chosen(atoms, options["atoms"]), recorder, float(options["step"]))


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
        # Of the engine: those on frozen atoms are no zeros.
        sides.append(atoms.get_forces(apply_constraint=False))
    atoms.positions[:] = start
    return {"row": ((sides[1] - sides[0]) / (2 * step)).tolist(), "converged": True}


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
