"""Rates of jumps in harmonic transition state theory, and their line over temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ase.units import kB, second

from potash.analysis.curvature import FLAT, curvatures, inner, negative
from potash.errors import BadInput


def vineyard(minimum: Any, saddle: Any, masses: Any, tolerance: float = FLAT, *, floating: bool = False) -> float:
    """Give the prefactor of a jump's rate in harmonic transition state theory.

    All frequencies of the minimum over all real ones of the saddle: G. H. Vineyard, J. Phys. Chem. Solids 3, 121
    (1957), doi:10.1016/0022-3697(57)90059-8.

    Parameters
    ----------
    minimum, saddle
        Hessians (3n, 3n) of the same atoms, in eV/Å².
    masses
        Of these atoms (n,), in atomic mass units.
    tolerance
        Curvatures nearer to zero are neither up nor down, in eV/Å².
    floating
        Whether these are all atoms and nothing holds them: the motions of all together are no vibrations.

    Returns
    -------
    float
        In Hz.

    Raises
    ------
    BadInput
        If the minimum is none, or the saddle has not exactly one way down: then there is no prefactor.
    """
    weights = np.repeat(np.asarray(masses, dtype=float), 3)
    still, vibrating = (inner(each, floating=floating) for each in (np.ones(len(weights) // 3), weights[::3]))
    logarithms = []
    for hessian, name, down in ((minimum, "minimum", 0), (saddle, "saddle", 1)):
        values, _ = curvatures(hessian, floating=floating)
        if len(hessian) != len(weights):
            raise BadInput(f"the {name} has {len(hessian) // 3} atoms, the masses are of {len(weights) // 3}")
        if negative(values, tolerance) != down or (values > tolerance).sum() != len(values) - down:
            lowest = ", ".join(f"{value:.3g}" for value in values[: down + 1])
            raise BadInput(
                f"no prefactor: the {name} must have {down} negative curvatures, its lowest are {lowest} eV/Å²; what lies "
                f"within {tolerance:g} of zero is neither up nor down"
            )
        # Without what all atoms together feel, their motions together stay free with masses as well.
        held = still @ still.T @ np.asarray(hessian) @ still @ still.T
        squares = np.linalg.eigvalsh(vibrating.T @ (held / np.sqrt(np.outer(weights, weights))) @ vibrating)
        logarithms.append(np.log(squares[down:]).sum() / 2)
    return float(np.exp(logarithms[0] - logarithms[1]) / (2 * np.pi) * second)


def rate(prefactor: float, barrier: float, temperature: float) -> float:
    """Give the rate of a jump (1/s) by its prefactor (Hz), barrier (eV) and temperature (K): ν exp(−E/kT)."""
    return float(prefactor * np.exp(-barrier / heat(temperature)))


def arrhenius(temperatures: Sequence[float], diffusivities: Sequence[float]) -> tuple[float, float]:
    """Fit ln D against 1/kT by a straight line.

    Parameters
    ----------
    temperatures
        At least two, in K.
    diffusivities
        In cm²/s.

    Returns
    -------
    tuple of float
        The activation energy in eV and D at infinite temperature in cm²/s.
    """
    if len(set(temperatures)) < 2 or min(diffusivities) <= 0:
        raise BadInput("an Arrhenius line needs at least two temperatures and diffusivities greater than 0")
    slope, start = np.polyfit([1 / heat(temperature) for temperature in temperatures], np.log(diffusivities), 1)
    return float(-slope), float(np.exp(start))


def heat(temperature: float) -> float:
    """Give kT in eV for a temperature in K."""
    if not temperature > 0:
        raise BadInput(f"a temperature must be greater than 0 K, not {temperature:g}")
    return float(kB * temperature)
