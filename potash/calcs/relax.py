"""Relaxations: the atoms, and the cell where asked, down to where the forces vanish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from ase.units import GPa

from potash.calcs.calls import Recorder
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

    from potash.calcs.folding import Group


def relax(atoms: Atoms, recorder: Recorder, options: dict[str, Any], group: Group | None = None) -> dict[str, Any]:
    """Relax a structure.

    Parameters
    ----------
    atoms
        Where to start. Frozen atoms stay.
    recorder
        The engine.
    options
        ``force`` (eV/Å) and ``steps``: when to stop; ``cell``: ``fixed``, or ``shape`` at constant volume, down to
        a ``stress`` (GPa) that is isotropic; ``symmetry``: keep the space group that the start has.
    group
        Operations that are kept at a fixed cell, as the engine folds its k-points by them.

    Returns
    -------
    dict
        The relaxed ``atoms``, ``energy`` (eV), ``force`` (the largest left on a free atom, eV/Å), ``shear``
        (the largest part of the stress that is not isotropic, GPa; only where the shape was free), ``volume`` (Å³), ``converged``
        and ``moments`` (Bohr magnetons, of each atom, at the end; None without spin).
    """
    if options.get("cell", "fixed") == "fixed" and not options.get("symmetry"):
        return _at_fixed_cell(atoms, recorder, options, group)
    return _by_steps(atoms, recorder, options)


def _at_fixed_cell(atoms: Atoms, recorder: Recorder, options: dict[str, Any], group: Group | None) -> dict[str, Any]:
    from potash.calcs.descent import descend

    known, lowest = descend(atoms, recorder, options["force"], options["steps"], group)
    return {
        "atoms": encode(known.atoms(known.places[lowest])),
        "energy": known.printed[lowest],
        "force": known.force(lowest),
        "volume": _volume(atoms),
        "converged": known.force(lowest) < options["force"],
        "moments": known.moments[lowest],
    }


def _by_steps(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Relax with BFGS: symmetry and shapes of cells hold their atoms together in ways that the process does not know."""
    from ase.constraints import FixSymmetry
    from ase.filters import FrechetCellFilter
    from ase.optimize import BFGS

    atoms.calc = recorder
    if options.get("symmetry"):
        atoms.set_constraint([*atoms.constraints, FixSymmetry(atoms, symprec=1e-4)])
    cell = options.get("cell", "fixed")
    steps, force = options["steps"], options["force"]
    if cell == "fixed":
        converged = bool(BFGS(atoms, logfile=None).run(fmax=force, steps=steps))
    else:
        filtered = FrechetCellFilter(atoms, constant_volume=True)
        # The filter's forces on the cell are stress × volume per atom: one limit keeps both, with room for rounding.
        limit = min(0.9 * force, options["stress"] * GPa * atoms.get_volume() / len(atoms))
        converged = bool(BFGS(cast("Atoms", filtered), logfile=None, maxstep=0.1).run(fmax=limit, steps=steps))
    result = {
        "atoms": encode(atoms),
        "energy": float(atoms.get_potential_energy()),
        "force": largest(atoms.get_forces()),
        "volume": _volume(atoms),
        "converged": converged,
        "moments": moments_of(recorder),
    }
    if cell != "fixed":
        stress = atoms.get_stress() / GPa
        stress[:3] -= stress[:3].mean()
        result["shear"] = float(np.abs(stress).max())
    return result


def _volume(atoms: Atoms) -> float | None:
    return float(atoms.get_volume()) if atoms.cell.rank == 3 else None


def moments_of(calculator: Calculator) -> list[float] | None:
    """Give the atoms' magnetic moments (Bohr magnetons) in the last call; None where it has none."""
    found = calculator.results.get("magmoms")
    return None if found is None else [float(moment) for moment in found]


def largest(forces: Any) -> float:
    """Give the length of the longest force vector, in the forces' unit."""
    return float(np.linalg.norm(np.asarray(forces), axis=1).max()) if len(forces) else 0.0
