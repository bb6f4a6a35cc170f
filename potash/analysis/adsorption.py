"""Adsorption energies against the free atom and the bulk metal, heights and charges."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase.data import covalent_radii

from potash.analysis import charges as partial
from potash.analysis.bulk import cell_checks
from potash.analysis.result import Check, Quantity, at_most
from potash.analysis.shifts import error, told
from potash.structures.adsorption import SURFACE
from potash.structures.encoding import decode
from potash.structures.orbits import symmetry_of

#: Farther from every surface atom than so many times the sum of covalent radii, an adsorbate desorbed.
HELD = 1.5
#: A surface atom that moved farther than this tells that the surface reconstructed, in Å.
REBUILT = 1.0
#: Two relaxed structures are the same where their energies (eV) and the adsorbates' places (Å) are this near.
ALIKE, NEAR = 0.01, 0.2
#: Adsorption energies of the lowest site, and what they are against.
ENERGIES = {"adsorption energy": "free atom", "adsorption energy, bulk metal": "bulk metal"}
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


def hold(plain: dict[str, Any]) -> float:
    """Give the adsorbate's distance to the nearest surface atom, as a part of the sum of their covalent radii."""
    atoms = decode(plain)
    distances = atoms.get_distances(-1, range(len(atoms) - 1), mic=True)
    reach = covalent_radii[atoms.numbers[-1]] + covalent_radii[atoms.numbers[:-1]]
    return float((distances / reach).min())


def rebuilt(start: dict[str, Any], end: dict[str, Any]) -> float:
    """Give how far the surface's atom that moved most is from where it was without the adsorbate, in Å."""
    from ase.geometry import find_mic

    before, after = decode(start), decode(end)
    steps = after.positions[:-1] - before.positions[:-1]
    return float(find_mic(steps, before.cell, before.pbc)[1].max())


def merged(names: list[str], starts: list[dict[str, Any]], relaxed: list[dict[str, Any]]) -> dict[str, str]:
    """Say which sites relaxed into the same structure as one before: the site, and that one.

    Two are the same where the adsorbates' places in the plane are images of each other under the clean surface's
    symmetry, and the energies agree.
    """
    symmetry = symmetry_of(decode(starts[0])[:-1], upright=True)
    kept: list[tuple[str, float, np.ndarray]] = []
    same: dict[str, str] = {}
    for name, result in zip(names, relaxed, strict=True):
        place = decode(result["atoms"]).positions[-1] * [1, 1, 0]
        twin = next(
            (
                other
                for other, energy, images in kept
                if abs(energy - result["energy"]) < ALIKE
                and np.linalg.norm(symmetry.steps(place, images)[:, :2], axis=1).min() < NEAR
            ),
            None,
        )
        if twin:
            same[name] = twin
        else:
            kept.append((name, result["energy"], symmetry.images(place)))
    return same


def ranked(starts: list[dict[str, Any]], relaxed: list[dict[str, Any]]) -> list[int]:
    """Order structures by energy, those that desorbed or reconstructed after all others."""
    sound = [
        hold(result["atoms"]) <= HELD and rebuilt(start, result["atoms"]) <= REBUILT
        for start, result in zip(starts, relaxed, strict=True)
    ]
    return sorted(range(len(relaxed)), key=lambda index: (not sound[index], relaxed[index]["energy"]))


def summarise(
    names: list[str],
    starts: list[dict[str, Any]],
    relaxed: list[dict[str, Any]],
    clean: dict[str, Any],
    atom: dict[str, Any],
    cells: list[dict[str, Any]],
    charges: dict[str, dict[str, Any]],
    shifts: list[dict[str, Any]],
    limits: dict[str, float],
) -> dict[str, Quantity]:
    """Turn relaxed sites and references into adsorption energies.

    ``E_ads = E(surface + ion) − E(surface) − E(reference)``: negative means bound.

    Parameters
    ----------
    names, starts, relaxed
        Of each site: its name, the adsorbate put there, and what it relaxed into.
    clean, atom, cells
        The surface without it, the free atom, and the relaxed cells of the surface's phase and of the bulk metal.
    charges
        Results by the tasks that partition the density.
    shifts
        What `workflows.convergence` computed of the lowest site once more; each in the error.
    limits
        The protocol's.
    """
    metal = cells[1]
    sound = cell_checks(cells, limits)
    per_metal_atom = metal["energy"] / len(metal["atoms"]["symbols"])
    references = (atom["energy"], per_metal_atom)
    quantities: dict[str, Quantity] = {}
    intact: list[tuple[Check, ...]] = []
    for name, start, result in zip(names, starts, relaxed, strict=True):
        force = max(result["force"], clean["force"])
        intact.append((at_most("largest force left", force, limits["force"], "eV/Å"), *_fate(start, result), *sound))
        checks = (at_most("move out of the site", wandered(start, result["atoms"]), WANDERED, "Å"), *intact[-1])
        free, bulk = _bound(result["energy"] - clean["energy"], references, "", checks)
        quantities |= {f"E_ads {name}, free atom": free, f"E_ads {name}, bulk metal": bulk}
        quantities[f"height {name}"] = Quantity(
            value=height(result["atoms"]), unit="Å", says="over the surface's highest atoms", checks=checks
        )
    best = ranked(starts, relaxed)[0]
    away = wandered(starts[best], relaxed[best]["atoms"])
    place = names[best] if away <= WANDERED else f"from {names[best]}, {away:.2f} Å away from it"
    free, bulk = _bound(relaxed[best]["energy"] - clean["energy"], references, f"lowest site ({place}) ", intact[best])
    choices = {"reference": {"free atom": free.value, "bulk metal": bulk.value}, "site": _sites(names, quantities)}
    first = {
        "adsorption energy": free.model_copy(update={"answers": "adsorption energy", "choices": choices}),
        "adsorption energy, bulk metal": bulk,
        "cohesive energy": Quantity(
            value=per_metal_atom - atom["energy"], unit="eV", says="bulk metal against the free atom, per atom"
        ),
    }
    first |= _shifts(
        first,
        shifts,
        {
            "covered": relaxed[best]["energy"],
            "clean": clean["energy"],
            "atom": atom["energy"],
            "metal": metal["energy"],
        },
        len(metal["atoms"]["symbols"]),
    )
    first |= partial.summarise("charge transferred", "of the adsorbate on the lowest site", charges, -1)
    return {**first, **quantities}


def _shifts(
    found: dict[str, Quantity], shifts: list[dict[str, Any]], energies: dict[str, float], count: int
) -> dict[str, Quantity]:
    """Give how far other settings move both energies, and the energies with the sum of the shifts as their error.

    Parameters
    ----------
    energies
        In eV, of the lowest site, the clean surface, the atom, and the metal's cell.
    count
        How many atoms that cell has.
    """
    made: dict[str, Quantity] = {}
    for name, part, atoms in zip(ENERGIES, ("atom", "metal"), (1, count), strict=True):
        moved = {}
        for each in shifts:
            by = {key: {**energies, **each["energies"]}[key] - energy for key, energy in energies.items()}
            moved[each["name"]] = by["covered"] - by["clean"] - by[part] / atoms
        made |= {name: found[name].model_copy(update={"error": error(moved)}), **told(name, "eV", moved)}
    return made


def _sites(names: list[str], quantities: dict[str, Quantity]) -> dict[str, float]:
    """Give the energies (eV, against the free atom) of the sites on which the adsorbate stayed."""
    each = {name: quantities[f"E_ads {name}, free atom"] for name in names}
    return {
        name: quantity.value
        for name, quantity in each.items()
        if quantity.value is not None and all(check.passed for check in quantity.checks)
    }


def _fate(start: dict[str, Any], result: dict[str, Any]) -> tuple[Check, ...]:
    """Check that what relaxed is still an adsorbate on this surface."""
    return (
        at_most("distance over the sum of covalent radii (more: F024, desorbed)", hold(result["atoms"]), HELD),
        at_most("farthest move of a surface atom (more: reconstructed)", rebuilt(start, result["atoms"]), REBUILT, "Å"),
    )


def _bound(
    energy: float, references: tuple[float, float], where: str, checks: tuple[Check, ...]
) -> tuple[Quantity, Quantity]:
    """Give an adsorption energy against the free atom and against the bulk metal."""
    says = ("against the free, spin-polarised atom", "against the bulk metal, per atom")
    free, bulk = (
        Quantity(value=energy - reference, unit="eV", says=f"{where}{against}; negative: bound", checks=checks)
        for reference, against in zip(references, says, strict=True)
    )
    return free, bulk
