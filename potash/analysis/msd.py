"""Mean squared displacements, the regime in which they are diffusive, and slopes with an honest error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product

import numpy as np

from potash.analysis.blocks import BLOCKS, Overlap, interval

#: Series longer than this are thinned: slopes need no more, and memory stays flat.
POINTS = 16_384
#: Coordinates that are looked at at once.
MANY = 2_000_000
#: Lags between which the log–log slope is read, each this much longer than the last; the MSD is known at one more in between.
STEP = 1.5
#: The longest lag is this part of the run.
LONGEST = 4
#: The log–log slope of diffusion is one, to so much.
SLOPE = 0.1
#: The slope of the MSD is read from the onset to so many times the onset, or to so many lags more: longer lags
#: tell little more, as windows overlap.
SPAN, LEAST = 4, 8
#: Overlaps are worked out for a walk whose shortest lag has so many steps at most, over so many steps at most.
FINE, WALK = 4, 256


def thinned(frames: int) -> int:
    """Say that every so-manyth frame is taken of so many."""
    return -(-frames // POINTS)


@dataclass(frozen=True)
class Displacements:
    """Mean squared displacements over a whole run.

    Attributes
    ----------
    frames
        Of the run.
    lags
        (lags,) in frames, ascending.
    blocks
        (blocks, lags) in Å²: means over the time origins of each eighth of the run, wherever these displacements end.
    """

    frames: int
    lags: np.ndarray
    blocks: np.ndarray


def lags(frames: int) -> np.ndarray:
    """Give the lags at which the MSD of a run is taken, to a quarter of it."""
    longest = max(2, frames // LONGEST)
    found = np.round(STEP ** (np.arange(2 * np.log(longest) / np.log(STEP) + 1e-9) / 2)).astype(int)
    return np.unique(np.append(found[found < longest], longest))


def displacements(series: np.ndarray) -> Displacements:
    """Give the mean squared displacement of particles.

    Parameters
    ----------
    series
        Positions, never wrapped, (frames, particles, 3) in Å, in memory or on disk.
    """
    frames, particles = len(series), series.shape[1]
    taken = lags(frames)
    found = np.zeros((BLOCKS, len(taken)))
    many = max(1, MANY // (6 * frames))
    for first in range(0, particles, many):
        part = np.asarray(series[0:frames, first : first + many], float)
        for place, lag in enumerate(taken):
            moved = part[lag:] - part[:-lag]
            found[:, place] += np.add.reduceat(np.einsum("fpx,fpx->f", moved, moved), _origins(frames - lag)[:-1])
    counts = np.array([np.diff(_origins(frames - lag)) for lag in taken]).T
    return Displacements(frames, taken, found / (counts * particles))


def _origins(count: int) -> np.ndarray:
    """Give the first time origin of each block, and the one behind the last."""
    found: np.ndarray = np.linspace(0, count, BLOCKS + 1).astype(int)
    return found


@dataclass(frozen=True)
class Regime:
    """Where a mean squared displacement grows linearly.

    Attributes
    ----------
    onset
        In frames; where it never does, the longest lag that was looked at.
    slope, error
        The log–log slope from the onset on, and half the width of its 95 % interval.
    found
        Whether the slope is one there.
    """

    onset: int
    slope: float
    error: float
    found: bool


def regime(found: Displacements) -> Regime:
    """Find from where on the log–log slope of a mean squared displacement is one.

    The slope is read between lags `STEP`² apart. The regime begins at the first lag where it is one to `SLOPE` or within
    its error there and at the two next, and the error is no larger than 3 `SLOPE`.
    """
    last = int(found.lags[-1])
    grid = np.unique(np.round(STEP ** np.arange(np.log(last) / np.log(STEP) + 1e-9)).astype(int))
    reads = [(int(one), *_slope(found, int(one), int(other))) for one, other in zip(grid, grid[2:], strict=False)]
    good = [abs(slope - 1) <= max(SLOPE, error) and error <= 3 * SLOPE for _, slope, error in reads]
    for k, (onset, slope, error) in enumerate(reads):
        if len(good) >= k + 3 and all(good[k : k + 3]):
            return Regime(onset, slope, error, True)
    onset, slope, error = reads[-1] if reads else (1, float("nan"), float("nan"))
    return Regime(onset, slope, error, False)


def _slope(found: Displacements, one: int, other: int) -> tuple[float, float]:
    """Give the log–log slope between two lags, with its error from the blocks (linearised: a block's MSD may be small)."""
    pair = found.blocks[:, np.searchsorted(found.lags, [one, other])]
    mean = pair.mean(axis=0)
    if not mean.all():
        return float("nan"), float("nan")
    width = np.log(other / one)
    off = (pair / mean) @ np.array([-1.0, 1.0]) / width
    error = interval(off, overlap(found.frames, np.array([one, other]), _relative))
    return float(np.log(mean[1] / mean[0]) / width), float(error)


@dataclass(frozen=True)
class Fit:
    """The slope of a mean squared displacement.

    Attributes
    ----------
    slopes
        By the time origins of each block, (blocks,) in Å² per frame; their mean is that of the whole run.
    overlap
        Of the blocks.
    """

    slopes: np.ndarray
    overlap: Overlap


def fit(found: Displacements, onset: int) -> Fit:
    """Fit a line, with free intercept, from the onset on: see `SPAN` and `LEAST`."""
    start = min(onset, int(found.lags[-3]))
    inside = (found.lags >= start) & (found.lags <= max(SPAN * start, start + LEAST))
    taken = found.lags[inside]
    return Fit(found.blocks[:, inside] @ _linear(taken), overlap(found.frames, taken, _linear))


def _linear(lags: np.ndarray) -> np.ndarray:
    """Weigh the MSD at some lags so that their sum is the slope of a line."""
    off = lags - lags.mean()
    found: np.ndarray = off / (off @ off)
    return found


def _relative(lags: np.ndarray) -> np.ndarray:
    """Weigh the MSD at two lags so that their sum is its relative growth."""
    found: np.ndarray = np.array([-1.0, 1.0]) / lags
    return found


def overlap(frames: int, lags: np.ndarray, weigh: Callable[[np.ndarray], np.ndarray]) -> Overlap:
    """Say how far blocks of time origins know of each other, displacements reaching into the next ones.

    It follows from the covariance of the MSD of a random walk: that of two squared displacements is twice the square of the
    time that they share (Bullerjahn, von Bülow and Hummer, J. Chem. Phys. 153, 024116 (2020), doi:10.1063/5.0008312, fit
    the MSD with it). From that of the blocks
    follows by how much the error of their mean is larger than their scatter says, and that scatter's degrees of freedom, by
    its first two moments. How large the scatter is, is left to the data: particles may move together.

    Parameters
    ----------
    frames
        Of the run.
    lags
        Whose displacements are summed, in frames.
    weigh
        Gives their weights.
    """
    # It is the same for all lags and runs of the same proportions; longer runs overlap less than the longest that is worked out.
    fine = min(FINE, max(1.0, WALK * lags[0] / frames)) / lags[0]
    scaled = np.round(lags * fine).astype(int)
    return _overlap(min(WALK, round(frames * fine)), tuple(scaled.tolist()), weigh)


@cache
def _overlap(steps: int, lags: tuple[int, ...], weigh: Callable[[np.ndarray], np.ndarray]) -> Overlap:
    covariance = np.zeros((BLOCKS, BLOCKS))
    weighted = list(zip(lags, weigh(np.array(lags, float)), strict=True))
    for (one, its), (other, weight) in product(weighted, repeat=2):
        edges, start = _origins(steps + 1 - other), np.arange(steps + 1 - other, dtype=np.int32)
        for block, (first, last) in enumerate(pairwise(_origins(steps + 1 - one))):
            mine = np.arange(first, last, dtype=np.int32)[:, None]
            shared = np.minimum(mine + one, start + other)
            shared -= np.maximum(mine, start)
            np.maximum(shared, 0, out=shared)
            means = np.add.reduceat(np.einsum("ij,ij->j", shared, shared) / len(mine), edges[:-1]) / np.diff(edges)
            covariance[block] += its * weight * means
    scatter = covariance - covariance.mean(axis=0)
    total = np.trace(scatter)
    widening = np.sqrt(BLOCKS * (BLOCKS - 1) * covariance.mean() / total)
    return Overlap(float(widening), float(total**2 / np.trace(scatter @ scatter)))
