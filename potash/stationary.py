"""Whether a series has come to rest: a test for drift, over a window that is long enough to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: A series is cut in so many blocks; their means are taken to be independent.
BLOCKS = 10
#: Means of blocks that differ by no more than this part are the same; a drift without any scatter is this significant.
ROUNDING, LARGEST = 1e-10, 1000.0


@dataclass(frozen=True)
class Rest:
    """What a series says, or the second half of one.

    Attributes
    ----------
    mean, error
        Its mean, and the standard error of that from the blocks' means.
    drift
        How far a line through the blocks' means rises over the window.
    significance
        The drift over its own standard error, as large as chance alone would have it in one series of twenty at `limit`.
    limit
        Student's t for that, on two degrees of freedom less than there are blocks.
    """

    mean: float
    error: float
    drift: float
    significance: float
    limit: float

    def passes(self, precision: float) -> bool:
        """Say whether no drift is seen, and the mean is known to this part of itself."""
        known = precision * abs(self.mean)
        return abs(self.significance) <= self.limit and self.error <= known and abs(self.drift) <= 4 * known


def rest(series: list[float]) -> Rest | None:
    """Fit a line through the block means of the second half of a series; None where it is too short for the blocks."""
    return trend(series[len(series) // 2 :])


def trend(series: Sequence[float] | np.ndarray, blocks: int = BLOCKS) -> Rest | None:
    """Fit a line through the block means of a whole series; None where it is too short for the blocks."""
    from scipy.stats import linregress, t

    size = len(series) // blocks
    if size == 0:
        return None
    means = np.asarray(series, float)[len(series) - size * blocks :].reshape(blocks, size).mean(axis=1)
    line = linregress(np.arange(blocks), means)
    drift = float(line.slope * (blocks - 1))
    # What is constant but for rounding, as a share that is always 100 %, drifts by no more than that.
    exact = np.ptp(means) <= ROUNDING * np.abs(means).max()
    spread = max(float(line.stderr) * (blocks - 1), abs(drift) / LARGEST)
    return Rest(
        mean=float(means.mean()),
        error=float(means.std(ddof=1) / np.sqrt(blocks)),
        drift=drift,
        significance=0.0 if exact else drift / spread,
        limit=float(t.ppf(0.975, blocks - 2)),
    )
