"""Barriers from bands: the profile, its checks, and the refusal to call a bad band a barrier."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.result import Check, Quantity, Status, at_least, at_most
from potash.structures.encoding import decode

#: How far below an end point an image may lie before the end point is no minimum, in eV.
BELOW = 0.01
#: How far the energies of end points that symmetry relates may differ, in eV.
SAME = 0.01
#: The least part of the hop that the ion itself must travel.
TRAVEL = 0.8


def profile(band: dict[str, Any]) -> tuple[float, float, float]:
    """Give the forward and backward barrier, and the difference of the end points, in eV.

    The climbing image itself is the saddle: nothing is interpolated.
    """
    energies = band["energies"]
    top = energies[band["saddle"]]
    return top - energies[0], top - energies[-1], energies[-1] - energies[0]


def checks(
    band: dict[str, Any], ends: list[dict[str, Any]], hop: dict[str, Any], limits: dict[str, float], *, related: bool
) -> tuple[Check, ...]:
    """Check the end points and the band.

    Parameters
    ----------
    band
        A result of `calcs.band`.
    ends
        The relaxations of the end points.
    hop
        ``ion`` (index of the hopping atom) and ``distance`` (Å).
    limits
        ``force`` and ``band_force`` in eV/Å.
    related
        Whether symmetry says that both end points have one energy.
    """
    energies = np.array(band["energies"])
    forces = band["forces"]
    lowest = float(energies[1:-1].min() - min(energies[0], energies[-1]))
    forward, backward, difference = profile(band)
    initial, final = decode(band["images"][0]), decode(band["images"][-1])
    moved = _moved(initial, final)
    found = [
        at_most("force on the relaxed end points", max(end["force"] for end in ends), limits["force"], "eV/Å"),
        at_most("force on the band's end points", max(forces[0], forces[-1]), 1.5 * limits["force"], "eV/Å"),
        at_least("lowest image above the end points", lowest, -BELOW, "eV"),
        at_most("force on the climbing image", forces[band["saddle"]], limits["band_force"], "eV/Å"),
        at_most("force on the band", band["band_force"], limits["band_force"], "eV/Å"),
        at_least("saddle above both end points", min(forward, backward), 0.0, "eV"),
        at_least("part of the hop that the ion travels", moved[hop["ion"]] / hop["distance"], TRAVEL),
        at_most("farthest move of another atom", float(np.delete(moved, hop["ion"]).max()), hop["distance"] / 2, "Å"),
    ]
    if related:
        found.append(at_most("energy difference of equivalent end points", abs(difference), SAME, "eV"))
    return tuple(found)


def _moved(initial: Any, final: Any) -> Any:
    from ase.geometry import find_mic

    return find_mic(final.positions - initial.positions, initial.cell, initial.pbc)[1]


def summarise(
    band: dict[str, Any], ends: list[dict[str, Any]], hop: dict[str, Any], limits: dict[str, float], *, related: bool
) -> tuple[dict[str, Quantity], Status, str | None]:
    """Turn a band into a barrier, or say why it is none.

    Returns
    -------
    tuple
        Quantities (values are None where the band is no barrier), status and reason.
    """
    found = checks(band, ends, hop, limits, related=related)
    broken = [check for check in found if not check.passed]
    forward, backward, difference = profile(band)
    reason = None
    if broken:
        reason = "; ".join(
            f"{check.name}: {check.value:.3g} {check.unit} (limit {check.limit:.3g})" for check in broken
        )

    def quantity(value: float, says: str, answers: str | None = None) -> Quantity:
        return Quantity(value=None if broken else value, unit="eV", says=says, answers=answers, checks=found)

    quantities = {
        "barrier": quantity(forward, "climbing image above the initial end point", "diffusion barrier"),
        "barrier back": quantity(backward, "climbing image above the final end point"),
        "end points' difference": quantity(difference, "final less initial end point"),
    }
    return quantities, "no barrier" if broken else "done", reason
