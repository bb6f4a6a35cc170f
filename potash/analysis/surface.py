"""Surface energies from slabs of several thicknesses, and the shape that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.units import J, m

from potash.analysis.bulk import cell_checks
from potash.analysis.result import Quantity, at_least, at_most
from potash.analysis.wulff import wulff
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


def summarise(
    ends: list[dict[str, Any]], cell: dict[str, Any], limits: dict[str, float]
) -> tuple[dict[str, Quantity], dict[str, Any], list[str]]:
    """Turn relaxed slabs into surface energies and the equilibrium shape.

    Parameters
    ----------
    ends
        For each termination its ``facet``, ``name`` (both as text), ``symmetric``, ``atoms`` (of a repeat unit),
        ``layers``, the ``slabs`` (results of relaxations) and the ``normals`` of the facet and its equivalents (n, 3).
    cell
        The relaxed crystal.
    limits
        The protocol's.

    Returns
    -------
    tuple
        The quantities, the lowest surface energy first; the figures' data; and what else is to be said.
    """
    per_atom = cell["energy"] / len(cell["atoms"]["symbols"])
    found: dict[str, tuple[dict[str, Any], Line, Quantity]] = {}
    for end in ends:
        energies, area = [slab["energy"] for slab in end["slabs"]], _area(end["slabs"][0])
        fit = line(end["layers"], energies, area, end["atoms"] * per_atom)
        found[f"{end['facet']} {end['name']}"] = (end, fit, _quantity(end, fit, cell, per_atom, limits))
    found = dict(sorted(found.items(), key=lambda item: item[1][1].energy))
    quantities = {f"surface energy {name}": quantity for name, (_, _, quantity) in found.items()}
    data: dict[str, Any] = {
        "names": list(found),
        "layers": [end["layers"] for end, _, _ in found.values()],
        "alone": [fit.alone for _, fit, _ in found.values()],
        "energies": [fit.energy for _, fit, _ in found.values()],
        "errors": [fit.error for _, fit, _ in found.values()],
    }
    shape, notes = _shape(found)
    return {**quantities, **shape.pop("quantities", {})}, {**data, **shape}, notes


def _quantity(
    end: dict[str, Any], fit: Line, cell: dict[str, Any], per_atom: float, limits: dict[str, float]
) -> Quantity:
    sides = "" if end["symmetric"] else "; the mean of two sides that differ"
    return Quantity(
        value=fit.energy,
        unit="J/m2",
        error=fit.error,
        says=f"slabs of {', '.join(map(str, end['layers']))} layers{sides}",
        answers="surface energy",
        checks=(
            at_most(
                "largest force left on a slab", max(slab["force"] for slab in end["slabs"]), limits["force"], "eV/Å"
            ),
            at_most(
                "bulk energy of the slabs against the crystal's",
                1000 * abs(fit.slope / end["atoms"] - per_atom),
                SLOPE,
                "meV/atom",
            ),
            at_least("surface energy above zero", fit.energy, 0.0, "J/m2"),
            *cell_checks([cell], limits),
        ),
    )


def _shape(found: dict[str, tuple[dict[str, Any], Line, Quantity]]) -> tuple[dict[str, Any], list[str]]:
    """Construct the equilibrium shape from each facet's termination of lowest energy."""
    lowest: dict[str, str] = {}
    for name, (end, fit, _) in found.items():
        if fit.energy > 0:
            lowest.setdefault(end["facet"], name)
    energies = [found[name][1].energy for name in lowest.values()]
    faces = wulff([np.array(found[name][0]["normals"]) for name in lowest.values()], energies) if lowest else None
    if faces is None:
        return {}, ["These facets do not close a shape: there is no equilibrium shape of them."]
    areas = np.bincount([face.kind for face in faces], [face.area for face in faces], minlength=len(lowest))
    fractions = areas / areas.sum()
    checks = tuple(check for name in lowest.values() for check in found[name][2].checks)
    shown = fractions > 1e-9
    errors = np.array([found[name][1].error for name in lowest.values()])
    quantities = {
        "weighted surface energy": Quantity(
            value=float(fractions @ energies),
            unit="J/m2",
            error=float(fractions @ errors),
            says="mean over the equilibrium shape, weighted by area",
            checks=checks,
        )
    }
    quantities |= {
        f"area {name}": Quantity(
            value=100 * float(fraction), unit="%", says="of the equilibrium shape's surface", checks=checks
        )
        for name, fraction in zip(lowest.values(), fractions, strict=True)
    }
    missing = [name for name, there in zip(lowest.values(), shown, strict=True) if not there]
    notes = [f"Not on the equilibrium shape: {', '.join(missing)}."] if missing else []
    notes.append("The equilibrium shape is that of the facets listed here; others may cut it.")
    drawn = [{"kind": face.kind, "corners": face.corners.tolist()} for face in faces if len(face.corners)]
    return {
        "quantities": quantities,
        "faces": drawn,
        "facets": list(lowest.values()),
        "fractions": fractions.tolist(),
    }, notes


def _area(slab: dict[str, Any]) -> float:
    """Give the area of a slab's cell in the plane, in Å²."""
    first, second = decode(slab["atoms"]).cell.array[:2]
    return float(np.linalg.norm(np.cross(first, second)))
