"""Amorphous samples: pair distribution, coordination, density, and whether any order is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from potash.analysis.bulk import cell_checks
from potash.analysis.interface import adhesion, gap
from potash.analysis.result import Check, Quantity, at_most
from potash.structures.amorphous import DENSITY
from potash.structures.encoding import decode

if TYPE_CHECKING:
    from ase import Atoms

#: How far pair distributions reach, and the width of their bins, in Å.
REACH, BIN = 12.0, 0.05
#: The standard deviation of the Gaussian by which they are smoothed, in Å.
WIDTH = 0.15
#: Order is looked for between so many times the nearest-neighbour distance.
FAR = (2.5, 4.0)
#: Root mean square of g(r) − 1 there: more is a crystal's. Copper's crystal has 0.6, shaken by 0.1 Å 0.4; quenched on EMT it
#: has 0.25, a gas 0.
ORDER = 0.35
#: The cell does not change: a density that is off by more than this part of it was not the one that was asked.
SAME = 1e-3


def pair_distribution(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Give the radial pair distribution g(r) of a periodic structure: 1 where atoms know nothing of each other.

    An atom's own images are left out.

    Returns
    -------
    tuple of ndarray
        Radii in Å, (n,), and g(r), smoothed, (n,).
    """
    from ase.neighborlist import neighbor_list
    from scipy.ndimage import gaussian_filter1d

    first, second, lengths = neighbor_list("ijd", atoms, REACH)
    edges = np.arange(0, REACH + BIN / 2, BIN)
    counts = np.histogram(lengths[first != second], edges)[0]
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    density = len(atoms) / atoms.get_volume()
    g = counts / (len(atoms) * (1 - 1 / len(atoms)) * density * shells)
    return (edges[1:] + edges[:-1]) / 2, gaussian_filter1d(g, WIDTH / BIN)


def shell(radii: np.ndarray, g: np.ndarray) -> tuple[float, float]:
    """Give the radius of the first peak of g(r), and that of the first minimum behind it, in Å."""
    peak = int(np.argmax(g[: np.searchsorted(radii, radii[np.argmax(g > 0.2)] + 1.5)]))
    behind = slice(peak, int(np.searchsorted(radii, 1.7 * radii[peak])))
    return float(radii[peak]), float(radii[behind][np.argmin(g[behind])])


def order(radii: np.ndarray, g: np.ndarray) -> float:
    """Give the root mean square of g(r) − 1 far from the first neighbours: see `FAR`."""
    nearest = shell(radii, g)[0]
    far = (radii > FAR[0] * nearest) & (radii < min(FAR[1] * nearest, REACH - 3 * WIDTH))
    return float(np.sqrt(np.mean((g[far] - 1) ** 2)))


def coordination(atoms: Atoms, cutoff: float) -> np.ndarray:
    """Count each atom's neighbours within a distance (Å), (n,)."""
    from ase.neighborlist import neighbor_list

    return np.bincount(neighbor_list("i", atoms, cutoff), minlength=len(atoms))


def summarise(
    samples: list[dict[str, Any]], quenched: list[dict[str, Any]], density: float, limits: dict[str, float]
) -> tuple[dict[str, Quantity], dict[str, Any], tuple[str, ...]]:
    """Turn quenched samples into quantities.

    Parameters
    ----------
    samples
        The samples as the study's engine relaxed them.
    quenched
        Results of the task ``quench``, which made them: the same ones, where the study's engine did.
    density
        The one that was asked, in g/cm³.
    limits
        The protocol's.

    Returns
    -------
    tuple
        Quantities (means over the samples), the data of the figures, and notes.
    """
    shapes = [decode(sample["atoms"]) for sample in samples]
    curves = [pair_distribution(atoms) for atoms in shapes]
    shells = [shell(*curve) for curve in curves]
    counts = [coordination(atoms, minimum) for atoms, (_, minimum) in zip(shapes, shells, strict=True)]
    energies = np.array([sample["energy"] / len(atoms) for sample, atoms in zip(samples, shapes, strict=True)])
    checks = (
        at_most("largest force left", max(sample["force"] for sample in samples), limits["force"], "eV/Å"),
        at_most("order left far from the first neighbours", max(order(*curve) for curve in curves), ORDER),
    )
    means = np.array([float(count.mean()) for count in counts])
    first = shapes[0]
    densities = np.array([atoms.get_masses().sum() / atoms.get_volume() / DENSITY for atoms in shapes])
    pressures = np.array([each["pressure"] for each in quenched])
    kept = at_most("density off what was asked", float(np.abs(densities - density).max()), SAME * density, "g/cm3")
    quantities = {
        "energy": Quantity(
            value=float(energies.mean()), unit="eV/atom", error=_spread(energies), says=_said(samples), checks=checks
        ),
        "coordination": Quantity(
            value=float(means.mean()),
            unit="",
            error=_spread(means),
            says=f"neighbours within {np.mean([minimum for _, minimum in shells]):.2f} Å, the first minimum of g(r)",
            checks=checks,
        ),
        "nearest neighbours": Quantity(
            value=float(np.mean([peak for peak, _ in shells])), unit="Å", says="first peak of g(r)", checks=checks
        ),
        "density": Quantity(value=float(densities.mean()), unit="g/cm3", says="as it was given", checks=(kept,)),
        "pressure": Quantity(
            value=float(pressures.mean()),
            unit="GPa",
            error=_spread(pressures),
            says=f"at that density, by the quench's engine ({quenched[0]['engine']}), by energies; positive: it would expand",
        ),
    }
    data = {
        "radii": curves[0][0].tolist(),
        "g": [g.tolist() for _, g in curves],
        "order": [order(*curve) for curve in curves],
        "coordination": [np.bincount(count).tolist() for count in counts],
        "temperatures": quenched[0]["temperatures"],
        "energies": [[float(e) / len(first) for e in each["energies"]] for each in quenched],
    }
    notes = [
        f"Sample {n}: {row['energy'] / len(first):.4f} eV per atom, mean coordination {count.mean():.2f}, order {each:.2f}."
        for n, (row, count, each) in enumerate(zip(samples, counts, data["order"], strict=True), start=1)
    ]
    if quenched[0]["key"] != samples[0]["key"]:
        notes += [_moved(n, *pair) for n, pair in enumerate(zip(quenched, samples, strict=True), start=1)]
    return quantities, data, tuple(notes)


def _moved(number: int, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Say what the study's engine made of a sample that another engine had quenched."""
    from ase.geometry import find_mic

    start, end = decode(before["atoms"]), decode(after["atoms"])
    moves = find_mic(end.positions - start.positions, start.cell, start.pbc)[1]
    first, last = (float(coordination(each, shell(*pair_distribution(each))[1]).mean()) for each in (start, end))
    return (
        f"Sample {number}: made by {before['engine']}, relaxed by {after['engine']}, which moved its atoms by "
        f"{np.sqrt((moves**2).mean()):.2f} Å (root mean square; at most {moves.max():.2f} Å); "
        f"mean coordination {first:.2f} before, {last:.2f} after."
    )


def _spread(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _said(samples: list[dict[str, Any]]) -> str:
    return (
        f"mean of {len(samples)} relaxed samples; the error is their standard deviation"
        if len(samples) > 1
        else "of one relaxed sample"
    )


def laid(found: list[dict[str, Any]], limits: dict[str, float], own: tuple[Check, ...]) -> dict[str, Quantity]:
    """Give the work of adhesion and the gap of samples on a substrate.

    Parameters
    ----------
    found
        Of each sample: ``relaxed`` on the substrate, both sides ``alone`` (film, substrate), and the substrate's ``cell``.
    limits
        The protocol's.
    own
        The checks of the samples themselves.
    """
    areas = [abs(np.linalg.det(np.array(each["relaxed"]["atoms"]["cell"])[:2, :2])) for each in found]
    works = np.array(
        [
            adhesion(each["alone"][0]["energy"], each["alone"][1]["energy"], each["relaxed"]["energy"], float(area), 1)
            for each, area in zip(found, areas, strict=True)
        ]
    )
    gaps = np.array([gap(each["relaxed"]["atoms"]) for each in found])
    forces = [made["force"] for each in found for made in (each["relaxed"], *each["alone"])]
    checks = (
        *own,
        at_most("largest force left on the substrate", max(forces), limits["force"], "eV/Å"),
        *cell_checks([each["cell"] for each in found], limits, ", substrate's cell"),
    )
    return {
        "work of adhesion": Quantity(
            value=float(works.mean()),
            unit="J/m2",
            error=_spread(works),
            says="to part the film from the substrate into two relaxed slabs; mean of the samples",
            checks=checks,
        ),
        "gap": Quantity(
            value=float(gaps.mean()),
            unit="Å",
            error=_spread(gaps),
            says="between the mean heights of the facing layers",
            checks=checks,
        ),
    }
