"""What a calculation is expected to take, before it runs."""

from __future__ import annotations

from typing import Any

from potash.calcs import openmm
from potash.calcs.calculation import Calculation
from potash.calcs.currents import COUNT, LOOK
from potash.calcs.electrostatics import surface
from potash.calcs.engine import Cost
from potash.calcs.folding import estimate
from potash.calcs.hessian import reduced
from potash.calcs.quench import BLOCK, temperatures
from potash.structures.encoding import decode, encode
from potash.structures.lattice import displacements, tiled
from potash.structures.shell import free_atoms

#: Core-seconds that a worker's process takes to start.
START = 2.0
#: How long a liquid takes to its density, in ns.
TO_DENSITY = 0.3


def calls(calculation: Calculation) -> int:
    """Guess the number of force calls of a task; learnt from finished runs, right within a factor of two."""
    options = calculation.options
    free = len(calculation.atoms[0]["symbols"]) - len(calculation.atoms[0].get("frozen", ()))
    match calculation.task:
        case "cell":
            volumes = int(options["points"]) + 2
            return volumes if free < 3 else 2 * volumes
        case "relax":
            return 1 if free == 0 or options["steps"] == 0 or len(calculation.atoms[0]["symbols"]) == 1 else 5
        case "band":
            return 2 + 25 * int(options["images"])
        case "surrogate":
            return 10
        case "orbitals":
            return 12 if options["relax"] else 1
        case "potential" | "electrostatics":
            return 1
        case "electrons":
            return 1 + int(options["denser"] ** sum(calculation.atoms[0]["pbc"]))
        case "charges" | "bader":
            return 2
        case "curvature":
            return 2 if "along" in options else _displaced(calculation, list(options["atoms"]))
        case "hessian":
            return _displaced(calculation, free_atoms(decode(calculation.atoms[0])))
        case "quench":
            return BLOCK * len(temperatures(options)) + 20
        case "dynamics":
            spans = options["rest"] + options["production"] + (TO_DENSITY if options["volume"] == "free" else 0.0)
            return int(spans * 1e6 / calculation.settings["timestep"] + 0.5)
        case "search":
            return 100 * len(calculation.atoms) if free > 1 else 1
        case "phonons":
            large, cell = (decode(plain) for plain in calculation.atoms)
            return 1 + len(displacements(tiled(cell, large), options["step"]))


def _displaced(calculation: Calculation, chosen: list[int]) -> int:
    """Count the calls of a Hessian: one at rest, and the displacements that symmetry leaves."""
    moves = reduced(decode(calculation.atoms[0]), chosen, calculation.options["step"])[1]
    return 1 + sum(needed for _, _, needed in moves)


def cost(calculation: Calculation) -> Cost:
    """Estimate the whole calculation: the engine's estimate of a call, times the calls."""
    if calculation.task == "dynamics":
        one = openmm.step(decode(calculation.atoms[0]), calculation.settings, calculation.options)
    else:
        one = estimate(calculation)
    return Cost(START + one.core_seconds * calls(calculation), one.memory, one.cores)


def disk(calculation: Calculation) -> float:
    """Tell how much room a run's trajectory and currents will take on disk, in GiB; 0 for what keeps none."""
    if calculation.task != "dynamics":
        return 0.0
    options = calculation.options
    span = 1000 * options["production"]
    # Three numbers of single precision an atom and frame, complex ones of each current.
    frames = 12 * len(calculation.atoms[0]["symbols"]) * span / options["interval"]
    currents = 8 * COUNT * span / LOOK if options["viscosity"] else 0.0
    return float((frames + currents) / 2**30)


def placeholder(calculation: Calculation) -> dict[str, Any]:
    """Stand in for a result that is not there yet: the atoms as they are, no numbers.

    A plan goes on with it, so that later calculations can be listed before earlier ones have run.
    """
    atoms = decode(calculation.atoms[0])
    unknown = float("nan")
    band = _no_band(calculation) if calculation.task in ("band", "surrogate") else {}
    starts = {"minima": [{"atoms": each, "energy": unknown, "force": unknown} for each in calculation.atoms], "lost": 0}
    points = surface(atoms).tolist() if calculation.task == "electrostatics" else []
    around = {"points": points, "values": [1.0] * len(points)}  # some potential: charges follow
    return {
        **band,
        **(around if points else {}),
        **(starts if calculation.task == "search" else {}),
        "atoms": calculation.atoms[0],
        "energy": unknown,
        "force": unknown,
        "volume": float(atoms.get_volume()) if atoms.cell.rank == 3 else None,
        "calls": 0,
        "core_seconds": 0.0,
    }


def _no_band(calculation: Calculation) -> dict[str, Any]:
    """Stand in for a band: the straight path, its middle image for the saddle."""
    from ase.mep import interpolate

    initial, final = (decode(plain) for plain in calculation.atoms)
    path = [initial.copy() for _ in range(int(calculation.options["images"]) + 1)] + [final]
    interpolate(path, mic=True, apply_constraint=False)
    return {
        "images": [encode(atoms) for atoms in path],
        "energies": [float("nan")] * len(path),
        "forces": [float("nan")] * len(path),
        "saddle": len(path) // 2,
        "converged": True,
    }
