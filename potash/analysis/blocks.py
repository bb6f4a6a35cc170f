"""Statistical errors from blocks: parts of a run that are long enough to know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from potash.analysis.result import Check, at_most
from potash.stationary import Rest

#: A run is cut into so many.
BLOCKS = 8
#: In words, beside every number.
WORDS = f"error: half the 95 % interval, from {BLOCKS} blocks"


def bounds(frames: int) -> np.ndarray:
    """Give the first frame of each block, and the one behind the last."""
    found: np.ndarray = np.linspace(0, frames, BLOCKS + 1).astype(int)
    return found


@dataclass(frozen=True)
class Overlap:
    """How far blocks know of each other, where what is read in one reaches into the next.

    Attributes
    ----------
    widening
        What the standard error of independent blocks is multiplied by.
    degrees
        Of freedom that their scatter has.
    """

    widening: float
    degrees: float


def _half_width(variance: np.ndarray | float, count: int, overlap: Overlap | None) -> np.ndarray:
    from scipy.stats import t

    found = overlap or Overlap(1.0, count - 1)
    half: np.ndarray = t.ppf(0.975, found.degrees) * found.widening * np.sqrt(variance)
    return half


def interval(values: np.ndarray, overlap: Overlap | None = None) -> np.ndarray:
    """Give half the width of the 95 % interval of a mean, by Student's t.

    Parameters
    ----------
    values
        Of each block, (blocks, ...).
    overlap
        Of the blocks; None: they are independent.

    Returns
    -------
    numpy.ndarray
        Without the first axis.
    """
    count = len(values)
    return _half_width(np.var(values, axis=0, ddof=1) / count, count, overlap)


def jackknifed(values: np.ndarray, whole: float, overlap: Overlap | None = None) -> float:
    """Give half the width of the 95 % interval of what is no mean, as a ratio, from its values without one block each."""
    count = len(values)
    spread = (count - 1) / count * np.sum((values - np.mean(values)) ** 2)
    return float(_half_width(spread, count, overlap)) if np.isfinite(whole) else float("nan")


def drift(found: Rest, what: str = "") -> Check:
    """Check that a series does not drift by more than chance would have it; in a run at rest one in twenty does."""
    name = f"drift{f' of the {what}' if what else ''}, over its standard error"
    return at_most(name, abs(found.significance), found.limit)
