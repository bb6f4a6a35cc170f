"""Orderings: whether values that were computed alike come in the order that a paper claims."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from potash.analysis.published import BOUNDS, Verdict, get
from potash.analysis.result import Comparison, Quantity


@dataclass(frozen=True)
class Ranked:
    """One value of an ordering.

    Attributes
    ----------
    error
        Its error in the same unit, 0 where none was estimated.
    says
        What it is, in the words of its study.
    """

    id: str
    value: float
    error: float
    unit: str
    says: str = ""


def ranked(result: dict[str, Any], quantity: str) -> Ranked | str:
    """Find a study's value; or say why it has none."""
    found = result["quantities"].get(quantity)
    if result["status"] != "done":
        return f"{result['id']} is {result['status']}: {result['reason']}"
    if found is None:
        return f"{result['id']} has no quantity '{quantity}'; it has {', '.join(result['quantities'])}"
    if found["value"] is None:
        return f"{result['id']}: a check refused its {quantity}"
    if (relation := found.get("relation", "=")) != "=":
        return f"{result['id']}: its {quantity} of {found['value']:.4g} {found['unit']} is {BOUNDS[relation]}"
    return Ranked(result["id"], found["value"], found["error"] or 0.0, found["unit"], found["says"])


def differences(values: list[Ranked]) -> dict[str, Quantity]:
    """Give how far each value lies above the one before, with the sum of both errors."""
    return {
        f"{high.id} less {low.id}": Quantity(
            value=high.value - low.value,
            unit=low.unit,
            error=(high.error + low.error) or None,
            says="positive: in the order that was claimed",
        )
        for low, high in pairwise(values)
    }


def verdict(values: list[Ranked]) -> tuple[Verdict, str]:
    """Judge the order.

    Parameters
    ----------
    values
        In the claimed order, the lowest first.

    Returns
    -------
    tuple[Verdict, str]
        ``ordering reproduced`` if every value exceeds the one before by more than both errors, ``differs`` if one lies
        below by more than them, else ``not comparable``; and a sentence that says why.
    """
    told = " < ".join(f"{each.id} ({each.value:.4g} {each.unit})" for each in sorted(values, key=lambda one: one.value))
    gaps = [(low, high, high.value - low.value, low.error + high.error) for low, high in pairwise(values)]
    for low, high, gap, room in gaps:
        if gap < -room:
            return Verdict.differs, f"Computed: {told}; {high.id} lies below {low.id}."
    for low, high, gap, room in gaps:
        if gap <= room:
            return Verdict.not_comparable, (
                f"Computed: {told}; {low.id} and {high.id} are {abs(gap):.2g} {low.unit} apart, no more than their errors "
                f"({room:.2g} {low.unit}), so that their order is open."
            )
    return Verdict.ordering_reproduced, f"Computed: {told}."


def beside(ids: tuple[str, ...], values: list[Ranked], quantity: str) -> tuple[Comparison, ...]:
    """Hold the order against published claims; say so where the row prints no order, and the campaign reads one into it."""
    found, says = verdict(values)
    claimed = f"{quantity}: {' < '.join(each.id for each in values)}"
    made = []
    for row in map(get, ids):
        own = row.relation != "qualitative"
        read = "" if own else f"{row.id} prints no order ({row.text}); the campaign reads it as {claimed}. "
        made.append(Comparison.of(row, found, read + says, quantity))
    return tuple(made)


def compared(values: list[Ranked], quantity: str) -> tuple[str, ...]:
    """Say what is compared, in the words of the studies that gave it."""
    return (f"Compared: {quantity}.", *(f"{each.id}: {each.says}." for each in values if each.says))
