"""Equations of state: fits of energies over volumes or areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.units import GPa

from potash.calcs.faults import failed


@dataclass(frozen=True)
class Fit:
    """Where a curve of energies is lowest.

    Attributes
    ----------
    measure
        The volume (Å³) or area (Å²) there.
    energy
        In eV.
    modulus
        The bulk modulus in GPa; for areas, the layer modulus ``A d²E/dA²`` in eV/Å².
    residual
        Root mean square of what the curve leaves, in eV.
    parameters
        Of the curve: E0, B0, B0' and V0 of Birch and Murnaghan (eV, Å), or the cubic's coefficients.
    """

    measure: float
    energy: float
    modulus: float
    residual: float
    parameters: tuple[float, float, float, float]


def birch_murnaghan(volumes: list[float], energies: list[float]) -> Fit:
    """Fit Birch and Murnaghan's third-order equation (doi:10.1103/PhysRev.71.809).

    Parameters
    ----------
    volumes, energies
        In Å³ and eV, at least four.

    Raises
    ------
    CalculationFailed
        If the curve has no minimum within the volumes.
    """
    from ase.eos import birchmurnaghan

    # A cubic in V^(-2/3): a linear fit, exact, without a start to guess.
    inverse = np.asarray(volumes) ** (-2 / 3)
    curve = np.polynomial.Polynomial.fit(inverse, energies, 3)
    x = _lowest(curve)
    volume = float(x**-1.5) if x > 0 else float("nan")
    _inside(volume, volumes)
    energy = float(curve(x))
    modulus = 4 / 9 * x**2 * float(curve.deriv(2)(x)) / volume
    slope = 4 + 16 / 54 * x**3 * float(curve.deriv(3)(x)) / (volume * modulus)
    left = np.asarray(energies) - birchmurnaghan(np.asarray(volumes), energy, modulus, slope, volume)
    return Fit(volume, energy, modulus / GPa, _rms(left), (energy, modulus, slope, volume))


def cubic(areas: list[float], energies: list[float]) -> Fit:
    """Fit a cubic to a layer's energies over its areas.

    Raises
    ------
    CalculationFailed
        If the curve has no minimum within the areas.
    """
    curve = np.polynomial.Polynomial.fit(areas, energies, 3)
    area = _lowest(curve)
    _inside(area, areas)
    c0, c1, c2, c3 = (float(c) for c in np.pad(curve.convert().coef, (0, 3))[:4])
    left = np.asarray(energies) - curve(np.asarray(areas))
    return Fit(area, float(curve(area)), float(area * curve.deriv(2)(area)), _rms(left), (c0, c1, c2, c3))


def _lowest(curve: Any) -> float:
    """Give where a cubic has its minimum; not a number where it has none.

    Of the two roots of the slope it is the one where the slope rises, written so that a vanishing cubic term costs no
    digits.
    """
    _, c1, c2, c3 = curve.coef
    root = c2**2 - 3 * c1 * c3
    if root < 0 or c2 + root**0.5 <= 0:
        return float("nan")
    offset, scale = curve.mapparms()
    return float((-c1 / (c2 + root**0.5) - offset) / scale)


def _inside(measure: float, measures: list[float]) -> None:
    if not min(measures) < measure < max(measures):
        raise failed(
            "F021",
            said="the energies have no minimum within the scanned cells; start from a better lattice constant",
        )


def _rms(left: np.ndarray) -> float:
    return float(np.sqrt(np.mean(left**2)))
