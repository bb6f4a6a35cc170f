"""The process of one calculation: ``python -m potash.calcs.worker FOLDER``, under MPI where the engine wants it.

With ``VAULT --stay`` it makes one calculation after the other: see `calcs.pool`.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

if "GPAW_MPI_BACKEND" in os.environ:
    import gpaw.mpi  # noqa: F401  (before ASE, which takes its MPI world from it)

from ase.parallel import world

from potash.calcs import diagnosis, dispersion, folding, sound
from potash.calcs.calculation import Calculation
from potash.calcs.calls import CallLog, LeaseLost, Recorder, Stopped
from potash.calcs.engine import engine, known_settings, protocol
from potash.calcs.faults import failed
from potash.calcs.lease import Lease
from potash.calcs.processes import die_with, end_group
from potash.calcs.remedies import Course
from potash.calcs.serving import COORDINATOR, serve
from potash.calcs.team import Team, at_once
from potash.calcs.vault import finish, write
from potash.errors import BadInput, CalculationFailed
from potash.structures.encoding import decode


def compute(calculation: Calculation, folder: Path, *, rank: int, lease: Lease | None = None) -> dict[str, Any]:
    """Do what the calculation asks for, going on from the force calls on record.

    Parameters
    ----------
    calculation
        What is asked.
    folder
        Its folder in the vault.
    rank
        This process under MPI; rank 0 alone writes.
    lease
        What says that this process is the one that may.

    Returns
    -------
    dict
        The task's result, with ``calls`` (force calls), ``seconds`` in them, and their ``core_seconds``.
    """
    code = engine(calculation.engine)
    log = CallLog(folder / "calls.xyz", writable=rank == 0, lease=lease)
    recorders: list[Recorder] = []
    added = dispersion.of(calculation.settings)
    team = Team.of(at_once(calculation, world.size))
    group = folding.kept(calculation)
    how: dict[str, Any] = {} if team.communicator is None else {"communicator": team.communicator}
    how |= {} if group is None else {"group": group}

    def recorder() -> Recorder:
        made = Recorder(
            lambda atoms: code.calculator(atoms, calculation.settings, folder, **how),
            log,
            stress=calculation.task == "cell" and all(calculation.atoms[0]["pbc"]),
            added=added,
            shift=0.0 if group is None else group.shift,
            spin="spin" in known_settings(code.name),
        )
        recorders.append(made)
        return made

    try:
        result = _perform(calculation, recorder, team, group, folder, rank)
    finally:
        log.close()
    seconds = sum(made.seconds for made in recorders) + result.pop("seconds", 0.0)
    cores = int(os.environ.get("POTASH_CORES", "1"))
    return {
        **result,
        "calls": sum(made.calls for made in recorders) + result.pop("calls", 0),
        "core_seconds": seconds * cores / team.count,
    }


def _perform(
    calculation: Calculation,
    recorder: Callable[[], Recorder],
    team: Team,
    group: folding.Group | None,
    folder: Path,
    rank: int,
) -> dict[str, Any]:
    """Do the task; results with ``calls`` or ``seconds`` of their own had some that no recorder saw."""
    atoms = [decode(plain) for plain in calculation.atoms]
    code, options = engine(calculation.engine), calculation.options
    match calculation.task:
        case "relax":
            from potash.calcs.relax import relax

            return relax(atoms[0], recorder(), options, group)
        case "cell":
            from potash.calcs.cell import relax_cell

            return relax_cell(folding.centred(calculation), recorder(), options)
        case "band":
            from potash.calcs.band import plain

            return plain(atoms[0], atoms[1], recorder, options, team)
        case "surrogate":
            from potash.calcs.surrogate import surrogate

            return surrogate(atoms[0], atoms[1], recorder, options, prior=_prior(options["prior"], folder, rank))
        case "orbitals":
            from potash.calcs.orbitals import orbitals

            return orbitals(atoms[0], code, recorder(), options)
        case "electrostatics":
            from potash.calcs.electrostatics import electrostatics

            return electrostatics(atoms[0], code, calculation.settings, folder)
        case "curvature":
            from potash.calcs.curvature import curvature

            return curvature(atoms[0], recorder(), options)
        case "hessian":
            from potash.calcs.hessian import hessian

            return hessian(atoms[0], recorder(), options)
        case "phonons":
            from potash.calcs.phonons import phonons

            return phonons(atoms[0], atoms[1], recorder(), options)
        case "potential":
            from potash.calcs.potential import potential

            return potential(atoms[0], code, recorder())
        case "bader":
            from potash.calcs.bader import bader

            return bader(atoms[0], code, recorder(), options)
        case "electrons":
            from potash.calcs.electrons import electrons

            return electrons(atoms[0], calculation, code, recorder(), folder)
        case "quench":
            from potash.calcs.quench import quench

            return quench(atoms[0], recorder(), options, folder, rank=rank)
        case "dynamics":
            from potash.calcs.dynamics import dynamics

            return dynamics(atoms[0], calculation.settings, options, folder, recorder().rest)
        case "search":
            from potash.calcs.search import search

            return search(atoms, recorder(), options, folder, rank=rank)
        case "charges":
            began = time.monotonic()
            charges = code.charges(atoms[0], calculation.settings, folder)
            return {"charges": charges, "calls": 1, "seconds": time.monotonic() - began}


def _prior(name: str | None, folder: Path, rank: int) -> Any:
    """Make the calculator whose error a surrogate learns; one process alone asks it."""
    if name is None or rank:
        return None
    from ase import Atoms

    return engine(name).calculator(Atoms(), protocol(name, "standard", "crystal"), folder)


def main(folder: Path) -> int:
    """Run one calculation in its folder and leave its result there, unless it is stopped or taken over."""
    if coordinator := os.environ.get(COORDINATOR):  # a worker that stays looks after it by itself
        die_with(coordinator)
    claim = os.environ.get("POTASH_CLAIM")
    if claim is None:
        return _calculate(folder, None)
    lease = Lease(folder, claim=claim)
    with lease.kept(end_group) if world.rank == 0 else nullcontext():
        return _calculate(folder, lease)


def _calculate(folder: Path, lease: Lease | None) -> int:
    calculation = Calculation.model_validate(json.loads((folder / "calculation.json").read_text(encoding="utf-8")))
    course = Course(calculation, folder)
    try:
        _check_version(calculation)
        asked = course.applied()
        result = compute(asked, folder, rank=world.rank, lease=lease)
        sound.check_result(asked, result)
    except Stopped:
        return 0
    except LeaseLost:
        end_group()
    except Exception as error:
        if lease is not None and not lease.held():
            end_group()
        leave(error, folder)
        os._exit(1)  # under MPI the other ranks may wait for this one for ever
    if world.rank == 0 and (lease is None or lease.held()):
        finish(folder, {**result, "faults": course.told()} if course.tried else result)
    return 0


def _check_version(calculation: Calculation) -> None:
    """Refuse to go on with what another version of the engine began: the key says which one it was."""
    code = engine(calculation.engine)
    if (here := code.version()) != calculation.version:
        raise failed("F005", engine=code.name, begun=calculation.version, here=here)


def leave(error: Exception, folder: Path) -> None:
    """Leave what went wrong; on a full disk nothing can be left."""
    traceback.print_exc()
    sys.stderr.flush()
    told = isinstance(error, BadInput | CalculationFailed)
    with suppress(OSError):
        write(folder / diagnosis.FILE, {"type": type(error).__name__, "reason": str(error), "told": told})


if __name__ == "__main__":
    sys.exit(serve(main) if "--stay" in sys.argv else main(Path(sys.argv[1])))
