"""Surface energies from slabs of several thicknesses, and the shape that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ase.units import J, m

from potash.analysis.bulk import cell_checks
from potash.analysis.potentials import Range, conditions, range_of
from potash.analysis.result import Check, Quantity, at_least, at_most
from potash.analysis.shape import shape
from potash.structures.encoding import decode

#: How far the energy of the bulk in the slabs may lie from that of the crystal itself, in meV per atom.
SLOPE = 10.0
#: From eV/Å² to J/m².
JOULE = float(m**2 / J)


@dataclass(frozen=True)
class Line:
    """A line through the energies of slabs.

    Attributes
    ----------
    energy
        The surface energy, the mean of both sides, in J/m².
    error
        The largest of: the standard error of the line's intercept, half the spread of `alone`, and the distance from
        what the thickest slab alone gives, in J/m².
    slope
        The energy of a repeat unit, in eV.
    alone
        The surface energy from each slab alone with the crystal's own energy, in J/m².
    """

    energy: float
    error: float
    slope: float
    alone: tuple[float, ...]


def line(layers: list[int], energies: list[float], area: float, bulk: float) -> Line:
    """Fit E(n) = 2γA + n·E_bulk (V. Fiorentini, M. Methfessel, doi:10.1088/0953-8984/8/36/005).

    An error of the crystal's own energy would make γ drift with the thickness; the slope is the slabs' own.

    Parameters
    ----------
    layers
        Repeat units of each slab, at least three different numbers.
    energies
        The slabs', in eV.
    area
        Of one side, in Å².
    bulk
        The crystal's energy for one repeat unit, in eV.
    """
    counts, values = np.array(layers, dtype=float), np.array(energies)
    apart = counts - counts.mean()
    spread = float(apart @ apart)
    slope = float(apart @ values) / spread
    intercept = float(values.mean() - slope * counts.mean())
    residual = values - intercept - slope * counts
    variance = float(residual @ residual) / (len(counts) - 2)
    deviation = np.sqrt(variance * (1 / len(counts) + counts.mean() ** 2 / spread))
    scale = JOULE / (2 * area)
    alone = scale * (values - counts * bulk)
    thickest = float(alone[counts.argmax()])
    energy = scale * intercept
    # A line through thin slabs may lean on what they have not in common; the thickest one tells.
    error = max(float(deviation) * scale, float(np.ptp(alone)) / 2, abs(energy - thickest))
    return Line(energy, error, slope, tuple(float(value) for value in alone))


def shift(end: dict[str, Any]) -> float | None:
    """Give by how much a wider vacuum changes the surface energy of the thinnest slab (J/m²); None where none was computed."""
    if not end["wider"]:
        return None
    thinnest = end["slabs"][int(np.argmin(end["layers"]))]
    return JOULE * float(end["wider"]["energy"] - thinnest["energy"]) / (2 * _area(thinnest))


def summarise(
    ends: list[dict[str, Any]], cell: dict[str, Any], elements: dict[str, dict[str, Any]], limits: dict[str, float]
) -> tuple[dict[str, Quantity], dict[str, Any], list[str]]:
    """Turn relaxed slabs into surface energies, and the equilibrium shape where no chemical potentials matter.

    Parameters
    ----------
    ends
        For each termination its ``facet``, ``name`` (both as text), ``symmetric``, ``atoms`` (of a repeat unit),
        ``missing`` (how many atoms of each element the lower side lacks), ``layers``, the ``slabs`` (results of
        relaxations), the ``vacuum`` (of all, and the wider one, in Å), ``wider`` (the thinnest slab in it) and the ``normals`` of the facet and its equivalents (n, 3).
    cell
        The relaxed crystal.
    elements
        The relaxed crystals of the two elements that chemical potentials refer to; none where none matter.
    limits
        The protocol's.

    Returns
    -------
    tuple
        The quantities, the lowest surface energy first; the figures' data; and what else is to be said.
    """
    per_atom = cell["energy"] / len(cell["atoms"]["symbols"])
    known = range_of(cell, elements) if elements else None
    found: dict[str, tuple[dict[str, Any], Line, Quantity]] = {}
    for end in ends:
        for condition, lacking in conditions(end["missing"], cell, known).items():
            energies, area = [slab["energy"] + lacking for slab in end["slabs"]], _area(end["slabs"][0])
            fit = line(end["layers"], energies, area, end["atoms"] * per_atom)
            fit = replace(fit, error=fit.error + abs(shift(end) or 0.0))
            checks = _checks(end, fit, [cell, *elements.values()], per_atom, limits)
            checks += _formed(known) if known and condition else _positive(fit)
            name = f"{end['facet']} {end['name']}{f', {condition}' if condition else ''}"
            found[name] = (end, fit, _quantity(end, fit, condition, checks))
    found = dict(sorted(found.items(), key=lambda item: item[1][1].energy))
    quantities = {f"surface energy {name}": quantity for name, (_, _, quantity) in found.items()}
    data: dict[str, Any] = {
        "names": list(found),
        "layers": [end["layers"] for end, _, _ in found.values()],
        "alone": [fit.alone for _, fit, _ in found.values()],
        "energies": [fit.energy for _, fit, _ in found.values()],
        "errors": [fit.error for _, fit, _ in found.values()],
    }
    if known:
        said = f"Chemical potentials: from {' to '.join(known.ends)}, {known.width:.3f} eV of {known.second}; no other "
        return (
            quantities,
            {**data, "potential": _lines(ends, quantities, known)},
            [f"{said}compound of the two was asked, which may narrow it. No equilibrium shape: it changes with them."],
        )
    drawn, notes = shape({name: (end, quantity) for name, (end, _, quantity) in found.items()})
    return {**quantities, **drawn.pop("quantities", {})}, {**data, **drawn}, notes


def _quantity(end: dict[str, Any], fit: Line, condition: str, checks: tuple[Check, ...]) -> Quantity:
    sides = "" if end["symmetric"] else "; the mean of two sides that differ"
    lacks = ", ".join(f"{count} {symbol}" for symbol, count in end["missing"].items())
    return Quantity(
        value=fit.energy,
        unit="J/m2",
        error=fit.error,
        says=f"slabs of {', '.join(map(str, end['layers']))} layers{f' less {lacks}' if lacks else ''}{sides}"
        + (f"; {condition}: in equilibrium with {condition.removesuffix('-rich')}" if condition else "")
        + _vacuum(end),
        answers="surface energy",
        checks=checks,
    )


def _vacuum(end: dict[str, Any]) -> str:
    """Say what a wider vacuum changes."""
    near, *wide = end["vacuum"]
    moved = shift(end)
    if moved is None:
        return f"; {near:g} Å of vacuum on each side, no wider one was tried"
    return f"; {wide[0]:g} Å of vacuum instead of {near:g} changes it by {abs(moved):.4f} J/m²"


def _checks(
    end: dict[str, Any], fit: Line, cells: list[dict[str, Any]], per_atom: float, limits: dict[str, float]
) -> tuple[Check, ...]:
    force = max(slab["force"] for slab in end["slabs"])
    apart = 1000 * abs(fit.slope / end["atoms"] - per_atom)
    return (
        at_most("largest force left on a slab", force, limits["force"], "eV/Å"),
        at_most("bulk energy of the slabs against the crystal's", apart, SLOPE, "meV/atom"),
        *cell_checks(cells, limits),
    )


def _positive(fit: Line) -> tuple[Check, ...]:
    return (at_least("surface energy above zero", fit.energy, 0.0, "J/m2"),)


def _formed(known: Range) -> tuple[Check, ...]:
    """Ask that the compound forms; at an end of the range a surface energy may fall below zero."""
    return (at_most("energy of formation from the elements", known.formation, 0.0, "eV/atom"),)


def _lines(ends: list[dict[str, Any]], quantities: dict[str, Quantity], known: Range) -> dict[str, Any]:
    """Give each termination's surface energies at both ends of the range."""
    drawn = {}
    for end in ends:
        name = f"{end['facet']} {end['name']}"
        asked = [f"surface energy {name}, {condition}" for condition in known.ends]
        both = [quantities.get(key) or quantities[f"surface energy {name}"] for key in asked]
        drawn[name] = [one.value for one in both]
    return {"element": known.second, "width": known.width, "ends": list(known.ends), "lines": drawn}


def _area(slab: dict[str, Any]) -> float:
    """Give the area of a slab's cell in the plane, in Å²."""
    first, second = decode(slab["atoms"]).cell.array[:2]
    return float(np.linalg.norm(np.cross(first, second)))
