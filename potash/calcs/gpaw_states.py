"""Levels of a GPAW calculation: projected onto atoms, and the edges of its bands."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.calcs.engine import Settings

#: A gap smaller than this is none, in eV: a metal whose bands miss the Fermi level on a grid of k-points has such.
GAP = 0.02


def projected(calculator: Any, options: Settings) -> tuple[list[float], list[list[float]]]:
    """Project levels onto each atom's bound partial waves, summed over angular momenta, and broaden them.

    Parameters
    ----------
    options
        ``window``, ``step`` and ``width``: see `calcs.electrons.SPECTRUM`.

    Returns
    -------
    tuple
        Energies against the Fermi level in eV, and the density at each atom, (atoms, energies) in 1/eV.
    """
    low, high = options["window"]
    energies = np.linspace(low, high, round((high - low) / options["step"]) + 1)
    dos = calculator.dos()
    width = np.sqrt(2) * options["width"]  # GPAW's Gaussian is exp(−(E/width)²)
    states = [
        sum(dos.raw_pdos(energies, number, each, width=width) for each in _momenta(setup))
        for number, setup in enumerate(calculator.setups)
    ]
    return [float(each) for each in energies], [[float(f"{value:.6g}") for value in row] for row in states]


def _momenta(setup: Any) -> list[int]:
    """List the angular momenta of a setup's bound partial waves."""
    return sorted({each for number, each in zip(setup.n_j, setup.l_j, strict=True) if number > 0})


def edges(levels: np.ndarray, fermi: float) -> tuple[float, float] | None:
    """Find the highest occupied and the lowest empty level.

    Parameters
    ----------
    levels
        (spins, k-points, bands) in eV, sorted.
    fermi
        The Fermi level, in eV.

    Returns
    -------
    tuple of float or None
        None where a band crosses the Fermi level, or the gap is too small to be one on a grid of k-points.
    """
    lowest, highest = levels.min(axis=1), levels.max(axis=1)
    if ((lowest < fermi) & (highest > fermi)).any():
        return None
    occupied, empty = float(highest[highest < fermi].max()), float(lowest[lowest > fermi].min())
    return (occupied, empty) if empty - occupied > GAP else None
