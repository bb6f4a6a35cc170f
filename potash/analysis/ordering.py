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
        Its error in the same unit, None where none was estimated.
    says
        What it is, in the words of its study.
    shift
        By how much it moves where errors were estimated, with its sign: what moves all values alike leaves their order.
    bound
        Whether a level binds its electron. Where it does not, it is a state of the box or the basis, and goes to zero with them.
    """

    id: str
    value: float
    error: float | None
    unit: str
    says: str = ""
    shift: float | None = None
    bound: bool = True


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
    return Ranked(result["id"], found["value"], found["error"], found["unit"], found["says"])


def differences(values: list[Ranked]) -> dict[str, Quantity]:
    """Give how far each value lies above the one before, with the sum of both errors where both are known."""
    return {
        f"{high.id} less {low.id}": Quantity(
            value=high.value - low.value,
            unit=low.unit,
            error=None if high.error is None or low.error is None else high.error + low.error,
            says="positive: in the order that was claimed",
        )
        for low, high in pairwise(values)
    }


def verdict(values: list[Ranked], least: float = 0.0) -> tuple[Verdict, str]:
    """Judge the order.

    Parameters
    ----------
    values
        In the claimed order, the lowest first.
    least
        What stands for the error of a difference, in the unit of the values, where none was estimated.

    Returns
    -------
    tuple[Verdict, str]
        ``ordering reproduced`` if every value exceeds the one before by more than their error, ``differs`` if one lies
        below by more than it, else ``not comparable``, as where two levels next to each other are both unbound; and a
        sentence that says why, and which errors are not known.
    """
    told = " < ".join(f"{each.id} ({each.value:.4g} {each.unit})" for each in sorted(values, key=lambda one: one.value))
    said, doubts = f"Computed: {told}", doubted(values)
    pairs = [(low, high) for low, high in pairwise(values) if low.bound or high.bound]
    for low, high in pairs:
        if _gap(low, high) < -_room(low, high, least):
            return Verdict.differs, f"{said}; {high.id} lies below {low.id}.{doubts}"
    for low, high in pairs:
        gap, room = _gap(low, high), _room(low, high, least)
        if gap <= room:
            return Verdict.not_comparable, (
                f"{said}; {low.id} and {high.id} are {abs(gap):.2g} {low.unit} apart, no more than their error, "
                f"or what stands for it ({room:.2g} {low.unit}), so that their order is open.{doubts}"
            )
    if len(pairs) < len(values) - 1:
        return Verdict.not_comparable, f"{said}.{doubts} Of two unbound levels none is the lower."
    return Verdict.ordering_reproduced, f"{said}.{doubts}"


def _gap(low: Ranked, high: Ranked) -> float:
    """Give how far the second lies above the first, an unbound level above zero at zero, where a complete basis puts it."""
    first, second = (each.value if each.bound else min(each.value, 0.0) for each in (low, high))
    return second - first


def _room(low: Ranked, high: Ranked, least: float) -> float:
    """Give the error of a difference: how far it moves itself, or the sum of those that are known; that of zero is none."""
    if low.error is None or high.error is None:
        return max(least, sum(each.error or 0.0 for each in (low, high)))
    if low.bound and high.bound and low.shift is not None and high.shift is not None:
        return abs(high.shift - low.shift)
    return sum(each.error or 0.0 for each in (low, high) if each.bound)


def doubted(values: list[Ranked]) -> str:
    """Say of which values no error was estimated, and which are levels of the box or the basis; nothing where there are none."""
    unknown = [each.id for each in values if each.error is None]
    unbound = [each.id for each in values if not each.bound]
    lacks = f" There is no error estimate of {', '.join(unknown)}." if unknown else ""
    return lacks + (f" Unbound, a state of the box or the basis: {', '.join(unbound)}." if unbound else "")


def beside(ids: tuple[str, ...], values: list[Ranked], quantity: str, least: float = 0.0) -> tuple[Comparison, ...]:
    """Hold the order against published claims; say so where the row prints no order, and the campaign reads one into it."""
    found, says = verdict(values, least)
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
