"""Theoretical capacities and volume changes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ase.data import atomic_masses, atomic_numbers
from ase.units import _e, _Nav

from potash.analysis.bulk import cell_checks
from potash.analysis.result import Quantity

#: Faraday's constant in mAh/mol.
FARADAY = _e * _Nav / 3.6


def uptake(host: Counter[str], product: Counter[str], ion: str) -> float:
    """Count the ions taken up per formula unit of the host, from the two compositions.

    Raises
    ------
    ValueError
        If the product is not the host with the ion.
    """
    frame = {element: count for element, count in host.items() if element != ion}
    scales = {product[element] / count for element, count in frame.items()}
    if len(scales) != 1 or set(product) - set(frame) - {ion} or 0 in scales:
        raise ValueError("the product is not the host with more of the ion")
    taken = product[ion] / scales.pop() - host[ion]
    if taken <= 0:
        raise ValueError("the product holds no more of the ion than the host")
    return taken


def summarise(host: dict[str, Any], product: dict[str, Any], ion: str, limits: dict[str, float]) -> dict[str, Quantity]:
    """Turn two relaxed cells into capacity and volume change.

    Capacity ``x F / (3.6 M)`` per mass of the host; volume change ``V(product) / V(host) − 1`` per host atom.
    """
    have, want = Counter(host["atoms"]["symbols"]), Counter(product["atoms"]["symbols"])
    number = uptake(have, want, ion)
    mass = sum(atomic_masses[atomic_numbers[element]] * count for element, count in have.items())
    frame = next(element for element in have if element != ion)
    ratio = have[frame] / want[frame]
    change = product["volume"] * ratio / host["volume"] - 1
    checks = cell_checks([host, product], limits)
    density = mass / _Nav * 1e24 / host["volume"]
    gravimetric = number * FARADAY / mass
    return {
        "capacity": Quantity(
            value=gravimetric, unit="mAh/g", says=f"{number / have[frame]:g} {ion} per {frame}, by mass of the host",
            answers="theoretical capacity",
        ),
        "volumetric capacity": Quantity(
            value=gravimetric * density, unit="mAh/cm3", says="by volume of the relaxed host", answers="theoretical capacity",
            checks=checks,
        ),
        "volume change": Quantity(
            value=100 * change, unit="%", says="V(product) / V(host) − 1 per host atom, both relaxed", answers="volume change",
            checks=checks,
        ),
    }  # fmt: skip
