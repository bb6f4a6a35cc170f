"""Whether a series has come to rest: a test for drift, over a window that is long enough to tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: The second half of a series is cut in so many blocks; their means are taken to be independent.
BLOCKS = 10


@dataclass(frozen=True)
class Rest:
    """What the second half of a series says.

    Attributes
    ----------
    mean, error
        Its mean, and the standard error of that from the blocks' means.
    drift
        How far a line through the blocks' means rises over the window.
    significance
        The drift over its own standard error, as large as chance alone would have it in one series of twenty at `limit`.
    limit
        Student's t for that, on eight degrees of freedom.
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
    from scipy.stats import linregress, t

    half = np.asarray(series[len(series) // 2 :])
    size = len(half) // BLOCKS
    if size == 0:
        return None
    means = half[len(half) - size * BLOCKS :].reshape(BLOCKS, size).mean(axis=1)
    line = linregress(np.arange(BLOCKS), means)
    spread = float(line.stderr)
    return Rest(
        mean=float(means.mean()),
        error=float(means.std(ddof=1) / np.sqrt(BLOCKS)),
        drift=float(line.slope * (BLOCKS - 1)),
        significance=float(line.slope / spread) if spread > 0 else 0.0,
        limit=float(t.ppf(0.975, BLOCKS - 2)),
    )
