"""The lattice constant of a layer from a scan of its area."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.errors import CalculationFailed
from potash.structures.encoding import Plain, decode, encode


def fit_area(points: list[dict[str, Any]]) -> Plain:
    """Scale a layer to the area at which a cubic through the scanned energies is lowest.

    Parameters
    ----------
    points
        Relaxations of the layer at fixed areas.

    Returns
    -------
    dict
        The layer nearest in the scan, scaled to that area. In a plan, whose energies are unknown, the middle one.

    Raises
    ------
    CalculationFailed
        If the minimum does not lie within the scan.
    """
    layers = [decode(point["atoms"]) for point in points]
    areas = np.array([float(np.linalg.norm(np.cross(*layer.cell.array[:2]))) for layer in layers])
    energies = np.array([point["energy"] for point in points])
    if np.isnan(energies).any():
        return encode(layers[len(layers) // 2])
    cubic = np.polynomial.Polynomial.fit(areas, energies, 3)
    flat = [root.real for root in cubic.deriv().roots() if abs(root.imag) < 1e-9 and cubic.deriv(2)(root.real) > 0]
    inside = [area for area in flat if areas.min() < area < areas.max()]
    if not inside:
        raise CalculationFailed("the layer's energy has no minimum within the scanned areas; start from a better lattice constant")
    best = layers[int(np.abs(areas - inside[0]).argmin())]
    stretch = float((inside[0] / areas[int(np.abs(areas - inside[0]).argmin())]) ** 0.5)
    best.set_cell(best.cell.array * [[stretch], [stretch], [1.0]], scale_atoms=True)
    return encode(best)
