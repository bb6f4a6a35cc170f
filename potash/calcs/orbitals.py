"""Levels of a molecule, at the given geometry or a relaxed one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest, relax
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.engine import Engine


def orbitals(atoms: Atoms, engine: Engine, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute HOMO and LUMO.

    Parameters
    ----------
    atoms
        The molecule in its box.
    engine, recorder
        The engine, and its calculator on record.
    options
        ``relax``: whether the geometry is relaxed first (then ``force`` and ``steps`` as for a relaxation).

    Returns
    -------
    dict
        ``homo``, ``lumo`` (eV, vacuum as zero), ``vacuum`` and ``spread`` of the potential at the box's faces (eV),
        ``atoms``, ``energy`` (eV), ``force`` (eV/Å), ``converged``.
    """
    if options["relax"]:
        result = relax(atoms, recorder, {**options, "cell": "fixed"})
    else:
        atoms.calc = recorder
        result = {
            "atoms": encode(atoms),
            "energy": float(atoms.get_potential_energy()),
            "force": largest(atoms.get_forces()),
            "converged": True,
        }
    return {**result, **asdict(engine.levels(atoms, recorder.live(atoms)))}
