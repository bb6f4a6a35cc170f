"""Adsorption energies against the free atom and the bulk metal, heights and charges."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.bulk import cell_checks
from potash.analysis.result import Check, Quantity, at_most
from potash.structures.adsorption import SURFACE
from potash.structures.encoding import decode

#: An adsorbate that wandered farther than this in the plane left its site, in Å.
WANDERED = 0.5


def height(plain: dict[str, Any]) -> float:
    """Give the adsorbate's height over the mean plane of the surface's highest atoms, in Å; it is the last atom."""
    z = decode(plain).positions[:, 2]
    surface = z[:-1]
    return float(z[-1] - surface[surface > surface.max() - SURFACE].mean())


def wandered(start: dict[str, Any], end: dict[str, Any]) -> float:
    """Give how far the adsorbate moved in the plane, in Å."""
    from ase.geometry import find_mic

    before, after = decode(start), decode(end)
    move = after.positions[-1] - before.positions[-1]
    move[2] = 0.0
    return float(find_mic(move, before.cell, before.pbc)[1])


def summarise(
    names: list[str],
    starts: list[dict[str, Any]],
    relaxed: list[dict[str, Any]],
    clean: dict[str, Any],
    atom: dict[str, Any],
    cells: list[dict[str, Any]],
    charges: dict[str, Any] | None,
    limits: dict[str, float],
) -> dict[str, Quantity]:
    """Turn relaxed sites and references into adsorption energies.

    ``E_ads = E(surface + ion) − E(surface) − E(reference)``: negative means bound.
    """
    metal = cells[1]
    sound = cell_checks(cells, limits)
    per_metal_atom = metal["energy"] / len(metal["atoms"]["symbols"])
    quantities: dict[str, Quantity] = {}
    energies = [result["energy"] for result in relaxed]
    stayed = [wandered(start, result["atoms"]) <= WANDERED for start, result in zip(starts, relaxed, strict=True)]
    for name, start, result in zip(names, starts, relaxed, strict=True):
        checks: tuple[Check, ...] = (
            at_most("largest force left", max(result["force"], clean["force"]), limits["force"], "eV/Å"),
            at_most("move out of the site", wandered(start, result["atoms"]), WANDERED, "Å"),
            *sound,
        )
        bound = result["energy"] - clean["energy"]
        quantities[f"E_ads {name}, free atom"] = Quantity(
            value=bound - atom["energy"],
            unit="eV",
            says="against the free, spin-polarised atom; negative: bound",
            checks=checks,
        )
        quantities[f"E_ads {name}, bulk metal"] = Quantity(
            value=bound - per_metal_atom,
            unit="eV",
            says="against the bulk metal, per atom; negative: bound",
            checks=checks,
        )
        quantities[f"height {name}"] = Quantity(
            value=height(result["atoms"]), unit="Å", says="over the surface's highest atoms", checks=checks
        )
    kept = [i for i in range(len(names)) if stayed[i]] or list(range(len(names)))
    best = min(kept, key=lambda i: energies[i])
    chosen = quantities[f"E_ads {names[best]}, free atom"]
    first = {
        "adsorption energy": chosen.model_copy(
            update={
                "says": f"lowest site ({names[best]}) against the free atom; negative: bound",
                "answers": "adsorption energy",
            }
        ),
        "cohesive energy": Quantity(
            value=per_metal_atom - atom["energy"], unit="eV", says="bulk metal against the free atom, per atom"
        ),
    }
    if charges is not None:
        first["charge transferred"] = Quantity(
            value=float(charges["charges"][-1]),
            unit="e",
            says="Hirshfeld charge of the adsorbate on the lowest site (Bader charges are larger)",
            checks=(at_most("sum of all charges", abs(float(np.sum(charges["charges"]))), 0.1, "e"),),
        )
    return {**first, **quantities}
