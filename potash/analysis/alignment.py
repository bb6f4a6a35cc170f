"""How the levels of both sides of an interface are aligned: band offsets and Schottky barriers.

The interface gives the step between the macroscopic averages of the potential inside both sides, the bulk of each side,
strained alike, its levels above its own average (C. G. Van de Walle, R. M. Martin, Phys. Rev. B 34, 5621 (1986),
doi:10.1103/PhysRevB.34.5621).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from potash.analysis.macroscopic import Plateau
from potash.analysis.result import Quantity, at_most
from potash.structures.layers import Layer

#: The macroscopic average inside a side is flat within this, in eV.
FLAT = 0.1
#: A side whose outermost atoms are farther apart than so many of its periods has an inside, whose average can drift.
INSIDE = 1.25


@dataclass(frozen=True)
class Side:
    """One side of an interface.

    Attributes
    ----------
    name
        ``film`` or ``substrate``.
    layers
        From the interface.
    deep
        The equivalent of the first one in its inside; None where there is none.
    bulk
        What was computed of the strained crystal, with its ``period`` along the normal in Å; None for a layer.
    plateau
        The macroscopic average in its inside; None where it is too thin to have one.
    heights
        Of its lowest and highest atom, in Å.
    """

    name: str
    layers: tuple[Layer, ...]
    deep: Layer | None
    bulk: dict[str, Any] | None
    plateau: Plateau | None
    heights: tuple[float, float]

    def aligned(self, level: float) -> float:
        """Put a level of the bulk on the scale of the interface's potential, in eV."""
        assert self.bulk is not None
        assert self.plateau is not None
        return level - float(np.mean(self.bulk["planar"])) + self.plateau.value


def aligned(fermi: float, film: Side, substrate: Side) -> tuple[dict[str, Quantity], list[str]]:
    """Align the levels of both sides.

    Parameters
    ----------
    fermi
        The Fermi level of the interface, in eV.
    film, substrate
        Both sides.

    Returns
    -------
    tuple
        Quantities, and notes on what there is not.
    """
    thin = [side.name for side in (film, substrate) if side.bulk is not None and side.plateau is None]
    if thin:
        return {}, [
            f"No alignment of bands: between the outermost atoms of the {' and the '.join(thin)} lie less than {INSIDE:g} "
            "periods; make it a repeat unit thicker."
        ]
    quantities = {}
    if film.plateau is not None and substrate.plateau is not None:
        step = film.plateau.value - substrate.plateau.value
        quantities["step of the potential"] = _quantity(
            step,
            (film, substrate),
            "macroscopic average of the electrons' potential energy inside the film less substrate",
        )
    gapped = [side for side in (film, substrate) if side.bulk is not None and side.bulk["edges"] is not None]
    if len(gapped) == 2:
        return quantities | _offsets(film, substrate), []
    if not gapped:
        return quantities | _metals(film, substrate), []
    other = film if gapped[0] is substrate else substrate
    return quantities | _schottky(gapped[0], other, fermi), []


def _offsets(film: Side, substrate: Side) -> dict[str, Quantity]:
    """Give the offsets of both bands of two crystals that have gaps."""
    (valence, conduction), (below, above) = (
        [side.aligned(level) for level in side.bulk["edges"]]  # type: ignore[index]  # both have a bulk
        for side in (film, substrate)
    )
    kind = "straddling"
    if valence > above or below > conduction:
        kind = "broken"
    elif (valence > below) == (conduction > above):
        kind = "staggered"
    both = (film, substrate)
    return {
        "valence band offset": _quantity(valence - below, both, f"the film's edge above the substrate's; gaps: {kind}"),
        "conduction band offset": _quantity(conduction - above, both, "the film's edge above the substrate's"),
    }


def _schottky(side: Side, metal: Side, fermi: float) -> dict[str, Quantity]:
    """Give the Schottky barriers of a crystal with a gap upon one without, or upon a layer."""
    assert side.bulk is not None
    valence, conduction = (side.aligned(level) for level in side.bulk["edges"])
    whose = f"the {metal.name}'s, aligned" if metal.bulk is not None else "the interface's, where the layer conducts"
    level = metal.aligned(metal.bulk["fermi"]) if metal.bulk is not None else fermi
    both = tuple(each for each in (side, metal) if each.plateau is not None)
    return {
        "Schottky barrier for holes": _quantity(
            level - valence, both, f"Fermi level ({whose}) above the {side.name}'s valence band"
        ),
        "Schottky barrier for electrons": _quantity(
            conduction - level, both, f"the {side.name}'s conduction band above the Fermi level ({whose})"
        ),
    }


def _metals(film: Side, substrate: Side) -> dict[str, Quantity]:
    """Give the difference of two metals' Fermi levels: what thin sides leave of an equilibrium."""
    if film.bulk is None or substrate.bulk is None:
        return {}
    difference = film.aligned(film.bulk["fermi"]) - substrate.aligned(substrate.bulk["fermi"])
    says = "the film's, aligned, above the substrate's: no band offset of two metals; 0 where both sides are thick"
    return {"difference of the Fermi levels": _quantity(difference, (film, substrate), says)}


def _quantity(value: float, sides: Sequence[Side], says: str) -> Quantity:
    drifts = [(side.name, side.plateau.drift) for side in sides if side.plateau is not None]
    checks = tuple(at_most(f"drift of the potential inside the {name}", drift, FLAT, "eV") for name, drift in drifts)
    return Quantity(value=value, unit="eV", says=says, error=sum(drift for _, drift in drifts), checks=checks)
