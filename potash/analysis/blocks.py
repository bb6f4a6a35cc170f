"""Statistical errors from blocks: parts of a run that are long enough to know nothing of each other."""

from __future__ import annotations

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


def interval(values: np.ndarray) -> np.ndarray:
    """Give half the width of the 95 % interval of a mean, by Student's t.

    Parameters
    ----------
    values
        Of each block, (blocks, ...).

    Returns
    -------
    numpy.ndarray
        Without the first axis.
    """
    from scipy.stats import t

    count = len(values)
    found: np.ndarray = t.ppf(0.975, count - 1) * np.std(values, axis=0, ddof=1) / np.sqrt(count)
    return found


def jackknifed(values: np.ndarray, whole: float) -> float:
    """Give half the width of the 95 % interval of what is no mean, as a ratio, from its values without one block each."""
    from scipy.stats import t

    count = len(values)
    spread = (count - 1) / count * np.sum((values - np.mean(values)) ** 2)
    return float(t.ppf(0.975, count - 1) * np.sqrt(spread)) if np.isfinite(whole) else float("nan")


def drift(found: Rest, what: str = "") -> Check:
    """Check that a series does not drift by more than chance would have it; in a run at rest one in twenty does."""
    name = f"drift{f' of the {what}' if what else ''}, over its standard error"
    return at_most(name, abs(found.significance), found.limit)
