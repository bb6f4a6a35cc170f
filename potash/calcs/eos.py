"""Equations of state: fits of energies over volumes or areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase.units import GPa

from potash.errors import CalculationFailed


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
    from ase.eos import EquationOfState, birchmurnaghan

    state = EquationOfState(volumes, energies, eos="birchmurnaghan")
    try:
        volume, energy, modulus = state.fit(warn=False)
    except (RuntimeError, ValueError):
        raise CalculationFailed("no equation of state fits these volumes and energies") from None
    _inside(volume, volumes)
    e0, b0, slope, v0 = (float(parameter) for parameter in state.eos_parameters)
    left = np.asarray(energies) - birchmurnaghan(np.asarray(volumes), e0, b0, slope, v0)
    return Fit(float(volume), float(energy), float(modulus / GPa), _rms(left), (e0, b0, slope, v0))


def cubic(areas: list[float], energies: list[float]) -> Fit:
    """Fit a cubic to a layer's energies over its areas.

    Raises
    ------
    CalculationFailed
        If the curve has no minimum within the areas.
    """
    curve = np.polynomial.Polynomial.fit(areas, energies, 3).convert()
    bend = curve.deriv(2)
    flat = [float(root.real) for root in curve.deriv().roots() if abs(root.imag) < 1e-9 and bend(root.real) > 0]
    area = flat[0] if flat else float("nan")
    _inside(area, areas)
    c0, c1, c2, c3 = (float(c) for c in np.pad(curve.coef, (0, 4 - len(curve.coef))))
    left = np.asarray(energies) - curve(np.asarray(areas))
    return Fit(area, float(curve(area)), float(area * bend(area)), _rms(left), (c0, c1, c2, c3))


def _inside(measure: float, measures: list[float]) -> None:
    if not min(measures) < measure < max(measures):
        raise CalculationFailed(
            "the energies have no minimum within the scanned cells; start from a better lattice constant"
        )


def _rms(left: np.ndarray) -> float:
    return float(np.sqrt(np.mean(left**2)))
