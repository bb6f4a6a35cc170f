"""How far two densities of states lie at common energies, and how far that depends on how it is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

#: The occupied states that are compared, against the Fermi level, in eV: valence bands, no semicore.
VALENCE = (-6.0, 0.0)
#: By so much the window's lower edge is moved, either way, to see what hangs on it, in eV.
EDGE = 1.0


def overlap(
    energies: Sequence[float], one: np.ndarray, other: np.ndarray, window: tuple[float, float] = VALENCE
) -> float | None:
    """Give the overlap of two densities of states: ``∫ min(p, q) dE``, each normalised to 1 in the window.

    It is 1 for equal shapes, 0 for states at no common energy, and one less half the integral of ``|p − q|``.

    Parameters
    ----------
    energies
        On an even grid, (n,) in eV.
    one, other
        Densities of states, (n,), of any norm.
    window
        From and to, in eV.

    Returns
    -------
    float or None
        None where one of them has no states there.
    """
    inside = (np.asarray(energies) >= window[0]) & (np.asarray(energies) <= window[1])
    norms = [float(each[inside].sum()) for each in (one, other)]
    if min(norms) <= 0:
        return None
    return float(np.minimum(one[inside] / norms[0], other[inside] / norms[1]).sum())


def spread(energies: Sequence[float], one: np.ndarray, other: np.ndarray, width: float) -> float | None:
    """Give how far the overlap moves at most where the levels are broadened twice as much, or the window's edge moves.

    Parameters
    ----------
    energies, one, other
        As for `overlap`.
    width
        Of the Gaussians that the levels are broadened to already, as a standard deviation in eV.
    """
    low, high = VALENCE
    extra = 3**0.5 * width
    middle, *others = [
        overlap(energies, one, other),
        overlap(energies, blur(energies, one, extra), blur(energies, other, extra)),
        overlap(energies, one, other, (low - EDGE, high)),
        overlap(energies, one, other, (low + EDGE, high)),
    ]
    if middle is None:
        return None
    return max(abs(each - middle) for each in others if each is not None)


def blur(energies: Sequence[float], curve: np.ndarray, width: float) -> np.ndarray:
    """Broaden a curve by a Gaussian (standard deviation in eV): variances add up."""
    made: np.ndarray = gaussian_filter1d(curve, width / (energies[1] - energies[0]), mode="constant")
    return made
