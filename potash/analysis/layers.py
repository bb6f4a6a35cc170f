"""Ways of an ion along amorphous layers on a substrate: one a sample, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from potash.analysis import passage
from potash.analysis.landscape import GOALS
from potash.analysis.result import Quantity
from potash.structures.region import Place


@dataclass(frozen=True)
class Along:
    """What was found of an ion's hops in one layer.

    Attributes
    ----------
    place
        Sites and hops near the substrate.
    known, guess
        What the study's engine computed, and what the search did: see `analysis.passage.summarise`.
    """

    place: Place
    known: dict[str, Any]
    guess: dict[str, Any] | None


def summarise(
    found: list[Along], margin: float, limits: dict[str, float]
) -> tuple[dict[str, Quantity], str | None, tuple[str, ...]]:
    """Give the means of the samples' easiest ways.

    Parameters
    ----------
    found
        Of each sample.
    margin
        By how much the search may err, in eV.
    limits
        The protocol's.

    Returns
    -------
    tuple
        Quantities; the reason where a sample has no way along; notes.
    """
    each = [passage.summarise(one.place, one.known, one.guess, margin, limits, {}) for one in found]
    reasons = [f"sample {number}: {reason}" for number, (_, reason, _) in enumerate(each, start=1) if reason]
    quantities = {name: _mean([one[0][name] for one in each]) for name in (f"barrier {goal}" for goal in GOALS)}
    notes = []
    for number, (one, (own, _, data)) in enumerate(zip(found, each, strict=True), start=1):
        told = ", ".join(
            f"{goal} {value:.3f} eV" if (value := own[f"barrier {goal}"].value) is not None else f"{goal} none"
            for goal in GOALS
        )
        hops = one.place.hops
        notes.append(
            f"Sample {number}: {told}; {len(hops.sites)} sites, {len(hops.kinds)} hops, "
            f"of which {len(one.known['kinds'])} were computed"
            + (f"; the others are higher unless the search errs by more than {margin:g} eV." if one.guess else ".")
        )
        notes += [
            f"Sample {number}: hop {kind['number']} is no barrier and left out: {kind['reason']}."
            for kind in data["kinds"]
            if kind["reason"]
        ]
    return quantities, "; ".join(reasons) or None, tuple(notes)


def _mean(own: list[Quantity]) -> Quantity:
    """Give the mean of the samples, with all their checks; none where a sample has no value."""
    values = [quantity.value for quantity in own if quantity.value is not None]
    whole = len(values) == len(own)
    return Quantity(
        value=float(np.mean(values)) if whole else None,
        unit=own[0].unit,
        error=float(np.std(values, ddof=1)) if whole and len(values) > 1 else None,
        says=("mean of the samples: " if len(own) > 1 else "") + own[0].says.split(";")[0]
        if whole
        else "a sample has no way",
        answers=own[0].answers,
        checks=tuple(dict.fromkeys(check for quantity in own for check in quantity.checks)),
    )
