"""Crystals strained in the plane of an interface, free along its normal: the references of interface energies."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import job

from potash.calcs.eos import cubic
from potash.errors import CalculationFailed
from potash.structures.encoding import Plain, decode, encode
from potash.structures.strain import strained
from potash.workflows.jobs import perform, resolve

#: Heights of the strained cell differ by this, relative.
STEP = 0.02
#: A scan that has not found its minimum after so many heights is given up.
MOST = 14
#: Less strain than this is none: the crystal as it is serves.
NONE = 1e-6


@job
def reference(
    recipe: dict[str, Any], bulk: dict[str, Any], fitted: dict[str, Any], side: str, label: str
) -> dict[str, Any]:
    """Find the energy and height of a side that is strained to the common cell.

    A crystal's height is scanned until its energy has a minimum; a layer's atoms are relaxed.

    Returns
    -------
    dict
        ``atoms``, ``energy`` (eV per atom), ``residual`` (of the fit over heights, eV per atom) and ``results``, the
        calculations.
    """
    start = fitted[side]
    if fitted["strains"][side] < NONE:
        return {
            "atoms": start,
            "energy": bulk["energy"] / len(bulk["atoms"]["symbols"]),
            "residual": 0.0,
            "results": [],
        }
    found = _layer(recipe, start, label) if not decode(start).pbc[2] else _crystal(recipe, start, label)
    return {**found, "energy": found["energy"] / len(start["symbols"])}


def _layer(recipe: dict[str, Any], start: Plain, label: str) -> dict[str, Any]:
    made = perform(recipe, [start], label)
    return {"atoms": made["atoms"], "energy": made["energy"], "residual": 0.0, "results": [made]}


def _crystal(recipe: dict[str, Any], start: Plain, label: str) -> dict[str, Any]:
    """Scan the height, with one grid of k-points for all heights."""
    atoms = decode(start)
    if kpoints := resolve(recipe, [start]).settings.get("kpoints"):
        recipe = {**recipe, "settings": {**recipe["settings"], "kpoints": kpoints}}
    made: dict[int, dict[str, Any]] = {}

    def visit(height: float) -> dict[str, Any]:
        stretched = strained(atoms, np.eye(2), height)
        return perform(recipe, [encode(stretched)], f"{label}, height {stretched.cell.array[2, 2]:.3f} Å")

    numbers = [0, -1, 1, -2, 2]
    while numbers:
        for number in numbers:
            made[number] = visit(1 + number * STEP)
        energies = {number: result["energy"] for number, result in made.items()}
        if np.isnan(list(energies.values())).any():  # a plan: nothing has run
            return {"atoms": start, "energy": energies[0], "residual": 0.0, "results": [made[0]]}
        best = min(energies, key=lambda number: energies[number])
        numbers = [n for n in (best - 2, best - 1, best + 1, best + 2) if n not in made]
        if len(made) + len(numbers) > MOST:
            raise CalculationFailed(f"{label}: no height of lowest energy was found; take less strain")
    near = [best + step for step in (-2, -1, 0, 1, 2)]
    fit = cubic([1 + n * STEP for n in near], [energies[n] for n in near])
    last = visit(fit.measure)
    residual = fit.residual / len(atoms)
    return {"atoms": last["atoms"], "energy": last["energy"], "residual": residual, "results": [*made.values(), last]}
