"""Shear viscosity from the fluctuations of the pressure tensor, by Green and Kubo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import constants

from potash.analysis.blocks import BLOCKS, bounds, interval
from potash.errors import BadInput

#: bar² Å³ ps / J in mPa·s: 10¹⁰ · 10⁻³⁰ · 10⁻¹² · 10³.
SI = 1e-29
#: The integral ends where the correlation, smoothed over a tenth of its time, is lost in its error for the first time; it is
#: looked at up to so much of a block.
LONGEST = 0.25


def green_kubo(pressures: np.ndarray, step: float, volume: float, temperature: float) -> tuple[float, float]:
    """Give the viscosity of a liquid.

    η = V / (k T) ∫ ⟨P(0) P(t)⟩ dt, the mean over the five independent anisotropic components: P_xy, P_xz, P_yz,
    (P_xx − P_yy) / 2, (P_yy − P_zz) / 2 (Alfè and Gillan, Phys. Rev. Lett. 81, 5161 (1998),
    doi:10.1103/PhysRevLett.81.5161).

    Parameters
    ----------
    pressures
        xx, yy, zz, xy, xz, yz at constant volume, (frames, 6) in bar.
    step
        Between frames, in ps: small against the decay of the stress, some fs.
    volume
        In Å³.
    temperature
        In K.

    Returns
    -------
    tuple of float
        In mPa·s, and half the 95 % interval from blocks.
    """
    xx, yy, zz, xy, xz, yz = np.asarray(pressures, float).T
    shear = np.array([xy, xz, yz, (xx - yy) / 2, (yy - zz) / 2]).T
    edges = bounds(len(shear))
    length = int(np.diff(edges).min())
    kept = max(2, int(LONGEST * length))
    correlations = np.array([_correlation(shear[start : start + length])[:kept] for start in edges[:-1]])
    factor = SI * volume / (constants.k * temperature)
    integrals = factor * step * (np.cumsum(correlations, axis=1) - (correlations + correlations[:, :1]) / 2)
    values = integrals[:, _end(correlations)]
    return float(values.mean()), float(interval(values))


def _correlation(shear: np.ndarray) -> np.ndarray:
    """Give the autocorrelation, mean of the components, (frames,); their true mean is zero."""
    frames = len(shear)
    transformed = np.fft.rfft(shear, 2 * frames, axis=0)
    products = np.fft.irfft((transformed * transformed.conj()).sum(axis=1), 2 * frames)[:frames]
    found: np.ndarray = products / (frames - np.arange(frames)) / shear.shape[1]
    return found


def _end(correlations: np.ndarray) -> int:
    """Give the time where the correlation is lost in its error, in frames."""
    from scipy.ndimage import uniform_filter1d

    last: int = correlations.shape[1] - 1
    first = int(np.argmax(correlations.mean(axis=0) < 0.1 * correlations[:, 0].mean())) or last
    smooth = uniform_filter1d(correlations, max(1, first // 5), axis=1, mode="nearest")
    lost = np.flatnonzero(smooth.mean(axis=0)[first:] < interval(smooth)[first:])
    return min(first + int(lost[0]), last) if len(lost) else last


def pressures(path: Path) -> tuple[np.ndarray, float]:
    """Read a pressure tensor over time: rows of time (ps), xx, yy, zz, xy, xz, yz (bar); # and @ begin comments.

    Returns
    -------
    tuple
        (frames, 6) in bar, and the time between frames in ps.
    """
    if not path.is_file():
        raise BadInput(f"no file of pressures at {path}")
    try:
        rows = np.loadtxt(path, comments=["#", "@"], ndmin=2)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} has a row that is not numbers: {str(error)[:200]}") from None
    if rows.shape[1] != 7 or len(rows) < 100 * BLOCKS:
        raise BadInput(
            f"{path} has {len(rows)} rows of {rows.shape[1]} numbers; it needs at least {100 * BLOCKS} of 7: time in ps, and xx, "
            "yy, zz, xy, xz, yz of the pressure in bar"
        )
    steps = np.diff(rows[:, 0])
    if not (np.isfinite(rows).all() and steps.min() > 0 and steps.max() < 1.01 * steps.min()):
        raise BadInput(f"the times in {path} do not ascend evenly, or a number is none")
    return rows[:, 1:], float(steps.mean())
