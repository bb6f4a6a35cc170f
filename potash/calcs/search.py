"""Minima from many starts, for engines that cost little: each end is kept on disk, its steps are not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import CalculationFailed as EngineFailed
from ase.calculators.calculator import InputError

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest
from potash.calcs.unrecorded import Unrecorded
from potash.calcs.vault import write
from potash.errors import CalculationFailed
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

#: The file of the ends reached so far.
FILE = "search.json"


def search(
    starts: list[Atoms], recorder: Recorder, options: dict[str, Any], folder: Path, *, rank: int
) -> dict[str, Any]:
    """Relax each start with BFGS, by an engine that begins anew with each: a search that was stopped ends alike.

    Parameters
    ----------
    starts
        Where to start, of the same atoms.
    recorder
        The engine. Its calls are not recorded.
    options
        ``force`` (eV/Å) and ``steps``: when to stop.
    folder
        Where the ends are kept.
    rank
        This process under MPI; rank 0 alone writes.

    Returns
    -------
    dict
        ``minima``: of each start that came to an end ``atoms``, ``energy`` (eV) and ``force`` (the largest left, eV/Å);
        ``lost``: how many did not, their atoms too close for the engine or not relaxed in so many steps; and of the
        lowest ``atoms``, ``energy``, ``force`` and ``converged``.

    Raises
    ------
    CalculationFailed
        If none came to an end.
    """
    path = folder / FILE
    told: dict[str, Any] = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"ends": [], "calls": 0, "seconds": 0.0}
    )
    for start in starts[len(told["ends"]) :]:
        began = time.monotonic()
        recorder.inner = None
        engine = Unrecorded(recorder)
        told["ends"].append(_end(start, engine, options))
        told["calls"] += engine.calls
        told["seconds"] += time.monotonic() - began
        if rank == 0:
            write(path, told)
        recorder.rest()
    minima = [end for end in told["ends"] if end is not None]
    if not minima:
        raise CalculationFailed(f"none of {len(starts)} starts came to an end at which forces vanish")
    lowest = min(minima, key=lambda end: float(end["energy"]))
    return {
        **lowest,
        "converged": True,
        "minima": minima,
        "lost": len(starts) - len(minima),
        "calls": told["calls"],
        "seconds": told["seconds"],
    }


def _end(atoms: Atoms, engine: Unrecorded, options: dict[str, Any]) -> dict[str, Any] | None:
    from ase.optimize import BFGS

    atoms.calc = engine
    try:
        converged = bool(BFGS(atoms, logfile=None).run(fmax=options["force"], steps=options["steps"]))
    except (CalculationFailed, EngineFailed, InputError):
        return None
    if not converged:
        return None
    energy, force = float(atoms.get_potential_energy()), largest(atoms.get_forces())
    return {"atoms": encode(atoms), "energy": energy, "force": force}
