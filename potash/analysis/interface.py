"""Interfaces: works of adhesion, interface energies, strain energies, gaps, moves and charges.

With ``A`` the area of the interface, ``E`` energies of relaxed slabs and ``γ`` energies of surfaces and interfaces:
``W = (E_film + E_substrate − E_interface) / A``, and ``γ = (E_interface − n_f e_f − n_s e_s) / A`` less the free
surfaces (M. W. Finnis, J. Phys.: Condens. Matter 8, 5811 (1996), doi:10.1088/0953-8984/8/32/003), with ``e`` the
energies per atom of the bulk phases *strained as they are in the interface*, so that the energy of strain, which grows
with the thickness, is no part of it (N. D. Lepley, N. A. W. Holzwarth, doi:10.1103/PhysRevB.92.214201).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import units

from potash.analysis import charges
from potash.analysis.bulk import FIT, cell_checks
from potash.analysis.height import heights
from potash.analysis.result import Quantity, at_least, at_most
from potash.analysis.shifts import error
from potash.analysis.shifts import told as by_setting
from potash.structures.adsorption import SURFACE
from potash.structures.encoding import decode
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE

#: One eV/Å² in J/m².
JOULE = 1e20 / units.J
#: An atom that moved farther than this within its side belongs to a reconstruction, in Å.
MOVED = 1.0
#: So many atoms are named.
NAMED = 6


def adhesion(film: float, substrate: float, together: float, area: float, interfaces: int) -> float:
    """Give the work of adhesion (J/m²) from energies in eV and the cell's area in Å²."""
    return JOULE * (film + substrate - together) / (interfaces * area)


def moves(before: dict[str, Any], after: dict[str, Any]) -> np.ndarray:
    """Give how far each atom moved within its side, in Å: the cell's stretch and the side's own mean move are taken off."""
    from ase.geometry import find_mic

    start, end = decode(before), decode(after)
    start.set_cell(end.cell, scale_atoms=True)
    ways = find_mic(end.positions - start.positions, start.cell, start.pbc)[0]
    for side in (SUBSTRATE, FILM):
        own = start.arrays[SIDE] == side
        ways[own] -= ways[own].mean(axis=0)
    lengths: np.ndarray = np.linalg.norm(ways, axis=1)
    return lengths


def gap(plain: dict[str, Any]) -> float:
    """Give the distance of the facing layers' mean heights, in Å."""
    atoms = decode(plain)
    below, above = (atoms.positions[atoms.arrays[SIDE] == side, 2] for side in (SUBSTRATE, FILM))
    top, bottom = below[below > below.max() - SURFACE], above[above < above.min() + SURFACE]
    return float(bottom.mean() - top.mean())


def summarise(
    told: dict[str, Any], found: dict[str, Any], limits: dict[str, float]
) -> tuple[dict[str, Quantity], dict[str, Any], tuple[str, ...]]:
    """Turn the calculations of an interface into quantities.

    Parameters
    ----------
    told
        How it was built: ``symmetric``, ``ends`` and ``faces`` (of film and substrate: whether both surfaces are the
        same, the lowest plane and the highest one, and what else is to be said), ``periodic``, ``candidates``, ``chosen``.
    found
        Results by what they are of; pairs in the order film, substrate.
    limits
        The protocol's.

    Returns
    -------
    tuple
        The quantities, the data of the figure, and notes.
    """
    best = int(np.argmin([made["energy"] for made in found["relaxed"]]))
    made = found["relaxed"][best]
    shape = _Shape(made["atoms"], interfaces=2 if told["periodic"] else 1)
    film, substrate = found["alone"]
    rigid = [each["energy"] for each in found["rigid"]]
    checks = (
        at_most("largest force left", max(each["force"] for each in (made, film, substrate)), limits["force"], "eV/Å"),
        *cell_checks(found["cells"], limits),
    )
    alone = {"film": film["energy"], "substrate": substrate["energy"], "interface": made["energy"]}
    held = shape.held(alone)
    shifts = {each["name"]: shape.held(alone | each["energies"]) - held for each in found["shifts"]}
    quantities = {
        "work of adhesion": Quantity(
            value=held,
            unit="J/m2",
            error=error(shifts),
            says="to part the interface into two relaxed slabs of the same strain",
            checks=(*checks, at_least("work of adhesion (less: the sides do not hold together)", held, 0.0, "J/m2")),
        ),
        "work of adhesion, rigid": Quantity(
            value=adhesion(rigid[0], rigid[1], rigid[2], shape.area, shape.interfaces),
            unit="J/m2",
            says="no atom relaxed, before and after, at the best registry of the scan",
        ),
    }
    quantities |= by_setting("work of adhesion", "J/m2", shifts)
    energy, why = _interface_energy(told, found, made, shape)
    if energy is not None:
        left = 1000 * max(each["residual"] for each in found["references"])
        quantities["interface energy"] = Quantity(
            value=energy,
            unit="J/m2",
            says="against the bulk phases, strained alike" + ("; mean of both interfaces" if why else ""),
            answers="interface energy",
            checks=(*checks, at_most("residual of the strained bulks' fits", left, FIT, "meV/atom")),
        )
    quantities |= _strains(found) | heights(told, found["references"], made)
    quantities["gap"] = Quantity(
        value=gap(made["atoms"]), unit="Å", says="between the mean heights of the facing layers", checks=checks[:1]
    )
    far = moves(found["starts"][best], made["atoms"])
    quantities["farthest move"] = Quantity(
        value=float(far.max()),
        unit="Å",
        says="of an atom within its side: more than a relaxation is a reconstruction",
        checks=(at_most("farthest move within a side", float(far.max()), MOVED, "Å"),),
    )
    quantities |= _charges(found["charges"], made["atoms"])
    scan = {key: value for key, value in found["scan"].items() if key != "results"}
    data = {"scan": scan, "best": best, "candidates": told["candidates"], "chosen": told["chosen"]}
    notes = (*_told(told, best), *_moved(far, made["atoms"]), *([why] if why else []))
    return quantities, data, notes


class _Shape:
    """Area, number of atoms of each side (film, substrate) and number of interfaces of the cell."""

    def __init__(self, plain: dict[str, Any], interfaces: int) -> None:
        atoms = decode(plain)
        self.area = float(abs(np.linalg.det(atoms.cell.array[:2, :2])))
        self.counts = [int((atoms.arrays[SIDE] == side).sum()) for side in (FILM, SUBSTRATE)]
        self.interfaces = interfaces

    def held(self, energies: dict[str, float]) -> float:
        """Give the work of adhesion (J/m²) from the energies (eV) of ``film``, ``substrate`` and ``interface``."""
        return adhesion(energies["film"], energies["substrate"], energies["interface"], self.area, self.interfaces)


def _interface_energy(
    told: dict[str, Any], found: dict[str, Any], made: dict[str, Any], shape: _Shape
) -> tuple[float | None, str]:
    """Give the interface energy in J/m², and what is to be said of it or why there is none."""
    bulk = [n * each["energy"] for n, each in zip(shape.counts, found["references"], strict=True)]
    excess = made["energy"] - sum(bulk)
    same = all(told["symmetric"])
    if told["periodic"]:
        why = "" if same else "The two interfaces of the superlattice differ: the interface energy is their mean."
        return JOULE * excess / (2 * shape.area), why
    if not same:
        return None, "No interface energy: a slab has two different surfaces, whose energies cannot be told apart."
    if told["stack"]["frozen"]:
        return None, "No interface energy: the frozen surface's energy cannot be taken off; set frozen to 0."
    free = sum((each["energy"] - own) / 2 for each, own in zip(found["alone"], bulk, strict=True))
    return JOULE * (excess - free) / shape.area, ""


def _strains(found: dict[str, Any]) -> dict[str, Quantity]:
    """Give what straining each bulk phase costs."""
    made = {}
    for side, cell, each in zip(("film", "substrate"), found["cells"], found["references"], strict=True):
        unstrained = cell["energy"] / len(cell["atoms"]["symbols"])
        made[f"strain energy of the {side}"] = Quantity(
            value=1000 * (each["energy"] - unstrained),
            unit="meV/atom",
            says=f"of the bulk phase at a von Mises strain of {100 * found['fitted']['strains'][side]:.2f} %, free along z",
            checks=(at_least("strained against unstrained", each["energy"] - unstrained, -1e-3, "eV/atom"),),
        )
    return made


def _charges(found: dict[str, dict[str, Any]], plain: dict[str, Any]) -> dict[str, Quantity]:
    film = np.array(plain["side"]) == FILM
    return charges.summarise(
        "charge of the film", "in the interface's cell: what the film gave the substrate", found, film
    )


def _told(told: dict[str, Any], best: int) -> list[str]:
    """Say what was built, and how its registry was found."""
    each = told["candidates"][told["chosen"] - 1]
    film, substrate = each["multiples"]
    return [
        f"Candidate {told['chosen']} of {len(told['candidates'])} was built: {film} surface cells of the film on "
        f"{substrate} of the substrate, turned by {each['turn']:.1f}°.",
        *faces(told),
        f"The registry was scanned with {told['engine']}, rigid and between vacuum; number {best + 1} of the "
        "relaxed ones is lowest.",
    ]


def faces(told: dict[str, Any]) -> list[str]:
    """Say which planes face each other, and what is known of both slabs.

    Parameters
    ----------
    told
        As for `summarise`.
    """
    (low, high), (under, top) = told["ends"]
    second = f"; at the second interface the film's {high} the substrate's {under}" if told["periodic"] else ""
    film, substrate = told["faces"]
    return [
        f"Before relaxation the film's lowest plane, {low}, faces the substrate's highest, {top}{second}.",
        f"Film: {film}",
        f"Substrate: {substrate}",
    ]


def _moved(far: np.ndarray, plain: dict[str, Any]) -> list[str]:
    atoms = np.flatnonzero(far > MOVED)
    if not len(atoms):
        return []
    names = ", ".join(f"{plain['symbols'][i]} {i + 1} ({far[i]:.2f} Å)" for i in atoms[np.argsort(-far[atoms])][:NAMED])
    return [f"Reconstructed: {len(atoms)} atoms moved by more than {MOVED:g} Å, most of all {names}."]
