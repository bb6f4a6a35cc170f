"""Mean squared displacements, the regime in which they are diffusive, and slopes with an honest error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from potash.analysis.blocks import BLOCKS, bounds, interval

#: Series longer than this are thinned: slopes need no more, and memory stays flat.
POINTS = 16_384
#: Coordinates that are transformed at once.
MANY = 2_000_000
#: Lags between which the log–log slope is read, each this much longer than the last.
STEP = 1.5
#: The log–log slope of diffusion is one, to so much.
SLOPE = 0.1
#: The slope of the MSD is read from the onset to so many times the onset, and over so many lags at least: longer lags
#: tell little more, as windows overlap.
SPAN, LEAST = 4, 8


def thinned(frames: int) -> int:
    """Say that every so-manyth frame is taken of so many."""
    return -(-frames // POINTS)


def msd(positions: np.ndarray) -> np.ndarray:
    """Give the mean squared displacement of particles over all time origins, by Fourier transform.

    Parameters
    ----------
    positions
        Never wrapped, (frames, particles, 3) in Å.

    Returns
    -------
    numpy.ndarray
        (frames // 2,) in Å², at lags of 0, 1, … frames. As by the definition, in n log n operations: Calandrini et al.,
        École thématique de la Société Française de la Neutronique 12, 201 (2011), doi:10.1051/sfn/201112010.
    """
    frames = len(positions)
    moved = positions - positions.mean(axis=0)
    transformed = np.fft.rfft(moved, 2 * frames, axis=0)
    products = np.fft.irfft((transformed * transformed.conj()).sum(axis=(1, 2)), 2 * frames)[:frames]
    squares = (moved**2).sum(axis=(1, 2))
    ends = np.concatenate([[0.0], np.cumsum(squares[:-1] + squares[:0:-1])])
    lags = frames - np.arange(frames)
    found: np.ndarray = (2 * squares.sum() - ends - 2 * products) / (lags * positions.shape[1])
    return found[: frames // 2].clip(min=0.0)


def blocked(series: np.ndarray) -> np.ndarray:
    """Give the mean squared displacement of each block of a series.

    Parameters
    ----------
    series
        (frames, particles, 3) in Å, in memory or on disk.

    Returns
    -------
    numpy.ndarray
        (blocks, lags) in Å².
    """
    edges = bounds(len(series))
    length = int(np.diff(edges).min())
    many = max(1, MANY // (6 * length))
    found = np.zeros((BLOCKS, length // 2))
    for block, start in enumerate(edges[:-1]):
        for first in range(0, series.shape[1], many):
            part = np.asarray(series[start : start + length, first : first + many], float)
            found[block] += msd(part) * part.shape[1]
    found /= series.shape[1]
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


def regime(blocks: np.ndarray) -> Regime:
    """Find from where on the log–log slope of a mean squared displacement is one.

    The slope is read between lags `STEP`² apart. The regime begins at the first lag where it is one to `SLOPE` or within
    its error there and at the two next, and the error is no larger than 3 `SLOPE`.

    Parameters
    ----------
    blocks
        (blocks, lags) in Å².
    """
    last = blocks.shape[1] - 1
    grid = np.unique(np.round(STEP ** np.arange(0, np.log(max(last, 2)) / np.log(STEP) + 1e-9)).astype(int))
    grid = grid[grid <= last]
    reads = [(int(one), *_slope(blocks, int(one), int(other))) for one, other in zip(grid, grid[2:], strict=False)]
    good = [abs(slope - 1) <= max(SLOPE, error) and error <= 3 * SLOPE for _, slope, error in reads]
    for k, (onset, slope, error) in enumerate(reads):
        if all(good[k : k + 3]):
            return Regime(onset, slope, error, True)
    onset, slope, error = reads[-1] if reads else (1, float("nan"), float("nan"))
    return Regime(onset, slope, error, False)


def _slope(blocks: np.ndarray, one: int, other: int) -> tuple[float, float]:
    """Give the log–log slope between two lags, with its error from the blocks (linearised: a block's MSD may be small)."""
    pair = blocks[:, [one, other]]
    mean = pair.mean(axis=0)
    if not mean.all():
        return float("nan"), float("nan")
    width = np.log(other / one)
    off = (pair / mean) @ np.array([-1.0, 1.0]) / width
    return float(np.log(mean[1] / mean[0]) / width), float(interval(off))


def window(onset: int, lags: int) -> slice:
    """Give the lags over which a slope is read: see `SPAN` and `LEAST`."""
    start = max(1, min(onset, lags - LEAST))
    return slice(start, min(lags, max(SPAN * start, start + LEAST) + 1))


def slopes(blocks: np.ndarray, lags: slice) -> np.ndarray:
    """Give the slope of the mean squared displacement of each block, (blocks,) in Å² per frame, with free intercept."""
    times = np.arange(blocks.shape[1])[lags].astype(float)
    off = times - times.mean()
    found: np.ndarray = blocks[:, lags] @ off / (off @ off)
    return found
