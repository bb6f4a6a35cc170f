"""The process of one calculation: ``python -m potash.calcs.worker FOLDER``, under MPI where the engine wants it."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

if "GPAW_MPI_BACKEND" in os.environ:
    import gpaw.mpi  # noqa: F401  (before ASE, which takes its MPI world from it)

from ase.parallel import world

from potash.calcs import dispersion
from potash.calcs.calculation import Calculation
from potash.calcs.calls import CallLog, Recorder
from potash.calcs.engine import engine, protocol
from potash.calcs.processes import die_with
from potash.calcs.team import Team, at_once
from potash.calcs.vault import write
from potash.errors import BadInput, CalculationFailed
from potash.structures.encoding import decode


def compute(calculation: Calculation, folder: Path, *, rank: int) -> dict[str, Any]:
    """Do what the calculation asks for, going on from the force calls on record.

    Parameters
    ----------
    calculation
        What is asked.
    folder
        Its folder in the vault.
    rank
        This process under MPI; rank 0 alone writes.

    Returns
    -------
    dict
        The task's result, with ``calls`` (force calls), ``seconds`` in them, and their ``core_seconds``.
    """
    code = engine(calculation.engine)
    log = CallLog(folder / "calls.xyz", writable=rank == 0)
    options = calculation.options
    recorders: list[Recorder] = []
    added = dispersion.of(calculation.settings)
    team = Team.of(at_once(calculation, world.size))
    ranks = {} if team.communicator is None else {"communicator": team.communicator}

    def recorder() -> Recorder:
        made = Recorder(
            lambda atoms: code.calculator(atoms, calculation.settings, folder, **ranks),
            log,
            stress=calculation.task == "cell" and all(calculation.atoms[0]["pbc"]),
            added=added,
        )
        recorders.append(made)
        return made

    atoms = [decode(plain) for plain in calculation.atoms]
    match calculation.task:
        case "relax":
            from potash.calcs.relax import relax

            result = relax(atoms[0], recorder(), options)
        case "cell":
            from potash.calcs.cell import relax_cell

            result = relax_cell(atoms[0], recorder(), options)
        case "band":
            from potash.calcs.band import plain

            result = plain(atoms[0], atoms[1], recorder, options, team)
        case "surrogate":
            from potash.calcs.surrogate import surrogate

            result = surrogate(atoms[0], atoms[1], recorder, options, prior=_prior(options["prior"], folder, rank))
        case "orbitals":
            from potash.calcs.orbitals import orbitals

            result = orbitals(atoms[0], code, recorder(), options)
        case "curvature":
            from potash.calcs.curvature import curvature

            result = curvature(atoms[0], recorder(), options)
        case "hessian":
            from potash.calcs.hessian import hessian

            result = hessian(atoms[0], recorder(), options)
        case "phonons":
            from potash.calcs.phonons import phonons

            result = phonons(atoms[0], atoms[1], recorder(), options)
        case "potential":
            from potash.calcs.potential import potential

            result = potential(atoms[0], code, recorder())
        case "bader":
            from potash.calcs.bader import bader

            result = bader(atoms[0], code, recorder(), options)
        case "electrons":
            from potash.calcs.electrons import electrons

            result = electrons(atoms[0], calculation, code, recorder(), folder)
        case "quench":
            from potash.calcs.quench import quench

            result = quench(atoms[0], recorder(), options, folder, rank=rank)
        case "charges":
            began = time.monotonic()
            result = {"charges": code.charges(atoms[0], calculation.settings, folder), "calls": 1}
            result["seconds"] = time.monotonic() - began
    seconds = sum(made.seconds for made in recorders) + result.pop("seconds", 0.0)
    cores = int(os.environ.get("POTASH_CORES", "1"))
    return {
        **result,
        "calls": sum(made.calls for made in recorders) + result.pop("calls", 0),
        "core_seconds": seconds * cores / team.count,
    }


def _prior(name: str | None, folder: Path, rank: int) -> Any:
    """Make the calculator whose error a surrogate learns; one process alone asks it."""
    if name is None or rank:
        return None
    from ase import Atoms

    return engine(name).calculator(Atoms(), protocol(name, "standard", "crystal"), folder)


def main(folder: Path) -> int:
    """Run one calculation in its folder and leave its result there."""
    if coordinator := os.environ.get("POTASH_COORDINATOR"):
        die_with(coordinator)
    calculation = Calculation.model_validate(json.loads((folder / "calculation.json").read_text(encoding="utf-8")))
    try:
        result = compute(calculation, folder, rank=world.rank)
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        told = isinstance(error, BadInput | CalculationFailed)
        write(
            folder / "failure.json",
            {"reason": str(error) if told else f"{type(error).__name__}: {error}", "told": told},
        )
        os._exit(1)  # under MPI the other ranks may wait for this one for ever
    if world.rank == 0:
        write(folder / "result.json", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
