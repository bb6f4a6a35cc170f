"""The registry of an interface: energies over the film's lateral shifts and gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jobflow import job

from potash.structures.encoding import Plain, decode, encode
from potash.structures.interfaces import FILM, NEAREST, SUBSTRATE, Stack, alone, interface, touching
from potash.structures.registry import registry
from potash.workflows.jobs import perform

#: The search for the best gap goes no farther than this beyond the narrowest that is given, in Å.
FARTHEST = 3.0


def stack_of(recipe: dict[str, Any]) -> Stack:
    """Read how an interface is stacked from plain data."""
    plain = recipe["stack"]
    film, substrate = (tuple(tuple(row) for row in plain[side]) for side in ("film", "substrate"))
    return Stack(film, substrate, tuple(plain["repeats"]), plain["frozen"])  # type: ignore[arg-type]  # two of two


@job
def scan(
    how: dict[str, Any], cells: list[Plain], recipe: dict[str, Any], grid: int, gaps: list[float], label: str
) -> dict[str, Any]:
    """Compute the rigid interface, between vacuum, at every distinct shift and gap.

    Parameters
    ----------
    how
        The recipe of one calculation.
    cells
        The strained cells of film and substrate.
    recipe
        How they are stacked.
    grid
        Points of the grid along each vector of the cell of distinct shifts.
    gaps
        Beyond the gap at which the nearest atoms touch, in Å: those tried first. Where the best of several is the
        narrowest or the widest, the search goes on beyond it.

    Returns
    -------
    dict
        ``tried``: ``orbit``, ``shift`` (Å), ``gap`` (Å) and rigid ``adhesion`` (eV/Å²) of each; ``orbits`` (n, n) of the
        grid, its ``basis`` and ``origin`` (Å); ``results``, the calculations.
    """
    film, substrate = map(decode, cells)
    stack = stack_of(recipe)
    start = interface(film, substrate, stack, gap=touching(film, substrate, stack))
    found = registry(start, grid)
    area = float(abs(np.linalg.det(start.cell.array[:2, :2])))
    results = [
        perform(how, [encode(alone(start, side))], f"{label}: scan, {name} alone")
        for side, name in ((FILM, "film"), (SUBSTRATE, "substrate"))
    ]
    apart = sum(result["energy"] for result in results)
    tried = []
    for orbit, shift in enumerate(found.shifts):
        move = (float(shift[0]), float(shift[1]))

        def adhesion(gap: float, move: tuple[float, float] = move, orbit: int = orbit) -> float:
            atoms = interface(film, substrate, stack, gap=gap, shift=move)
            made = perform(how, [encode(atoms)], f"{label}: scan, shift {orbit + 1}, gap {gap:.2f} Å")
            results.append(made)
            return float((apart - made["energy"]) / area)

        touch = touching(film, substrate, stack, move)
        for gap, held in bracketed(adhesion, sorted({touch + extra for extra in gaps})).items():
            tried.append({"orbit": orbit, "shift": list(move), "gap": gap, "adhesion": held})
    return {
        "tried": tried,
        "orbits": found.orbits.tolist(),
        "basis": found.basis.tolist(),
        "origin": found.origin.tolist(),
        "results": [{key: value for key, value in made.items() if key != "atoms"} for made in results],
    }


def bracketed(adhesion: Callable[[float], float], gaps: list[float]) -> dict[float, float]:
    """Try gaps until the best has others on both sides, or is as near as atoms may come, or too far for any hold.

    Parameters
    ----------
    adhesion
        Gives the rigid work of adhesion at a gap (Å).
    gaps
        Those to begin with, ascending; the first two tell the step of the search, also where they are nearer than atoms
        may come: `NEAREST` is tried instead. One alone is the one that is meant.
    """
    tried = {gap: adhesion(gap) for gap in dict.fromkeys(max(NEAREST, gap) for gap in gaps)}
    widest = min(tried) + FARTHEST
    # A plan knows no energies.
    while len(gaps) > 1 and np.isfinite(list(tried.values())).all():
        step = gaps[1] - gaps[0]
        best = max(tried, key=lambda gap: tried[gap])
        narrower, wider = max(NEAREST, best - step), best + step
        if best == min(tried) and best > NEAREST:
            tried[narrower] = adhesion(narrower)
        elif best == max(tried) and wider <= widest:
            tried[wider] = adhesion(wider)
        else:
            break
    return dict(sorted(tried.items()))


def best_of(scanned: dict[str, Any], number: int) -> dict[str, Any]:
    """Give the best gap of one of the best shifts, 0 the best of all."""
    best: dict[int, dict[str, Any]] = {}
    for each in scanned["tried"]:
        other = best.setdefault(each["orbit"], each)
        if each["adhesion"] > other["adhesion"]:
            best[each["orbit"]] = each
    ranked = sorted(best.values(), key=lambda each: -each["adhesion"])
    return ranked[min(number, len(ranked) - 1)]
