"""Heights along the normal of an interface: cells are stretched, their atoms relaxed, a curve laid through the energies.

The stress of a plane-wave code is no guide to it: see `calcs.cell`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import job

from potash.calcs.eos import cubic
from potash.calcs.faults import sentence
from potash.errors import CalculationFailed
from potash.structures.encoding import Plain, decode, encode
from potash.structures.strain import strained
from potash.workflows.jobs import perform, resolve

if TYPE_CHECKING:
    from ase import Atoms

#: Heights of a crystal differ by this, relative to the first one; those of a superlattice, whose gap may take all of it, by less.
STEP, FINER = 0.02, 0.01
#: A scan that has not found its minimum after so many heights is given up.
MOST = 14


@job
def stacked(recipe: dict[str, Any], start: Plain, label: str) -> dict[str, Any]:
    """Relax a superlattice's atoms and its height: see `height`; what is relaxed at one height begins the next."""
    return height(recipe, start, label, step=FINER, onwards=True)


def calculations(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List all calculations behind relaxations, those over heights among them."""
    return [made for each in found for made in each.get("results", [each])]


def height(
    recipe: dict[str, Any], start: Plain, label: str, *, step: float = STEP, onwards: bool = False
) -> dict[str, Any]:
    """Relax atoms and height of a crystal, by a scan of heights with one grid of k-points.

    Parameters
    ----------
    recipe
        Of a relaxation in a fixed cell.
    start
        A crystal; its height is that of its third vector along z.
    step
        Between neighbouring heights, relative to the first one.
    onwards
        Begin each height from the nearest one that is relaxed, stretched: fewer force calls where atoms move far.

    Returns
    -------
    dict
        The relaxation at the height of lowest energy, with ``residual`` (of the fit, eV per atom) and ``results``, all the
        calculations.
    """
    atoms = decode(start)
    if kpoints := resolve(recipe, [start]).settings.get("kpoints"):
        recipe = {**recipe, "settings": {**recipe["settings"], "kpoints": kpoints}}
    made: dict[int, dict[str, Any]] = {}

    def visit(factor: float) -> dict[str, Any]:
        near = min(made, key=lambda number: abs(1 + number * step - factor), default=None) if onwards else None
        stretched = _at(atoms if near is None else decode(made[near]["atoms"]), factor * atoms.cell.array[2, 2])
        return perform(recipe, [encode(stretched)], f"{label}, height {stretched.cell.array[2, 2]:.3f} Å")

    numbers = [0, -1, 1, -2, 2]
    while numbers:
        for number in numbers:
            made[number] = visit(1 + number * step)
        energies = {number: result["energy"] for number, result in made.items()}
        if np.isnan(list(energies.values())).any():  # a plan: nothing has run
            return {**made[0], "residual": 0.0, "results": list(made.values())}
        best = min(energies, key=lambda number: energies[number])
        numbers = [n for n in (best - 2, best - 1, best + 1, best + 2) if n not in made]
        if len(made) + len(numbers) > MOST:
            raise CalculationFailed(
                f"{label}: {sentence('F021', said='no height of lowest energy was found; take less strain')}"
            )
    near = [best + n for n in (-2, -1, 0, 1, 2)]
    fit = cubic([1 + n * step for n in near], [energies[n] for n in near])
    results = [*made.values(), visit(fit.measure)]
    # Where a soft gap bends the curve away from a cubic, one of the scan may be lower.
    lowest = min(results, key=lambda result: float(result["energy"]))
    return {**lowest, "residual": fit.residual / len(atoms), "results": results}


def _at(atoms: Atoms, high: float) -> Atoms:
    """Stretch a cell to a height (Å), its atoms with it."""
    return strained(atoms, np.eye(2), high / atoms.cell.array[2, 2])
