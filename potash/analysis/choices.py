"""What a value hangs on where a paper leaves it open: the alternatives that were computed, and how far they move it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from potash.analysis.published import Published, bounds

#: Names of open choices (reference, site, study), each with the value of every alternative.
Choices = dict[str, dict[str, float]]


def open_ones(choices: Choices) -> Choices:
    """Leave out choices with one alternative, and put first what moves the value farthest."""
    several = {name: values for name, values in choices.items() if len(values) > 1}
    return dict(sorted(several.items(), key=lambda item: -moves(item[1])))


def moves(values: Mapping[str, float]) -> float:
    """Give how far apart the alternatives of one choice lie."""
    return max(values.values()) - min(values.values())


def reach(choices: Choices) -> tuple[float, float]:
    """Give the lowest and the highest of all alternatives."""
    every = list(chain.from_iterable(values.values() for values in choices.values()))
    return min(every), max(every)


def outside(row: Published, choices: Choices) -> float | None:
    """Give how far the published value lies outside the alternatives' range, 0 within it; None where no number is published."""
    if row.value is None:
        return None
    low, high = reach(choices)
    lowest, highest = bounds(row)
    return max(low - highest, lowest - high, 0.0)


def sentence(row: Published, choices: Choices, unit: str) -> str:
    """Say which open choice moves the value how far, and whether the published value lies within reach of them."""
    found = open_ones(choices)
    if not found:
        return ""
    told = "; ".join(f"{name} by {moves(values):.3g} {unit} ({listed(values)})" for name, values in found.items())
    low, high = reach(found)
    return f"Open choices move it: {told}. Together they reach from {low:.4g} to {high:.4g} {unit}{where(row, found, unit)}."


def listed(values: Mapping[str, float]) -> str:
    """List alternatives with their values, the lowest first."""
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(values.items(), key=lambda item: item[1]))


def where(row: Published, choices: Choices, unit: str) -> str:
    """Say where the published value lies; nothing where no number is published."""
    away = outside(row, choices)
    if away is None:
        return ""
    return ": the published value lies within" if away == 0 else f": the published value lies {away:.3g} {unit} outside"
