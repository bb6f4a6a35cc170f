"""Shear viscosity from the transverse currents of a liquid at equilibrium."""

from __future__ import annotations

import numpy as np
from scipy import constants

from potash.analysis.blocks import BLOCKS, WORDS, bounds, interval
from potash.analysis.result import Check, Quantity, at_most

#: amu nm²/ps² in J.
SI = constants.atomic_mass * 1e6
#: Fewer samples have no correlation that blocks could tell of.
FEWEST = 100 * BLOCKS
#: Integrals are looked at up to so much of a block.
LONGEST = 0.25
#: The error may be so much of the viscosity.
KNOWN = 0.25
#: Lengths of waves over the longest one's, squared, inverted; at least so many of them make the line to be extrapolated.
SHELLS, LEAST = (1, 2, 3, 4, 5), 3


def viscosity(
    currents: np.ndarray, waves: np.ndarray, step: float, edge: float, mass: float, temperature: float
) -> Quantity:
    """Give the viscosity that waves of no end would have.

    A current across its wave decays by the viscosity: ∫ C(t) dt / C(0) = ρ / (η(k) k²), its integral to infinity, exact at
    each k by the definition of η(k). The longest waves in the cell are extrapolated by 1/η(k) = (1 + a k²)/η, as many of the
    five lengths as a line holds for (B. J. Palmer, Phys. Rev. E 49, 359 (1994), doi:10.1103/PhysRevE.49.359; B. Hess, J. Chem. Phys. 116, 209 (2002),
    doi:10.1063/1.1421362).

    Parameters
    ----------
    currents
        (samples, waves, 2) in amu nm/ps, at constant volume.
    waves
        Their directions, (waves, 3), in units of 2π over the edge.
    step
        Between samples, in ps.
    edge
        Of the cubic cell, in Å.
    mass
        Of all that is in it, in amu.
    temperature
        In K.
    """
    squares = (waves**2).sum(axis=1)
    density = mass * constants.atomic_mass / (edge * 1e-10) ** 3
    unit = (2 * np.pi / (edge * 1e-10)) ** 2 / density * 1e-12 * 1e-3  # of k² τ / ρ, in 1/(mPa s)
    fluidity, rests, shares = [], [], []
    for square in SHELLS:
        each = correlations(currents, np.flatnonzero(squares == square))
        times, at_rest = relaxation(each, step)
        fluidity.append(unit * square * times)
        rests.append(at_rest)
        shares.append(each[:, 0])
    used = next((count for count in range(len(SHELLS), LEAST, -1) if _bend(fluidity[:count]) <= 1), LEAST)
    equal = _equipartition(np.array(shares), mass, temperature)
    return _extrapolated(np.array(fluidity[:used]), all(rests[:used]), equal)


def correlations(currents: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Give the autocorrelation of currents in each block, mean of some waves, (blocks, lags); the true mean of each is zero.

    Parameters
    ----------
    currents
        (samples, waves, 2); read from disk one after the other.
    waves
        Which of them.
    """
    edges = bounds(len(currents))
    length = int(np.diff(edges).min())
    kept = max(2, int(LONGEST * length))
    found = np.zeros((BLOCKS, kept))
    for block, start in enumerate(edges[:-1]):
        for wave in waves:
            transformed = np.fft.fft(currents[start : start + length, wave], 2 * length, axis=0)
            products = np.fft.ifft((np.abs(transformed) ** 2).mean(axis=1)).real
            found[block] += products[:kept] / (length - np.arange(kept)) / len(waves)
    return found


def relaxation(correlations: np.ndarray, step: float) -> tuple[np.ndarray, bool]:
    """Give the integral of each block's correlation over its initial value, and whether it came to rest.

    It ends at twice the first time from which on, up to one and a half and up to twice that time, the blocks see no more of
    it; times each a quarter longer than the one before are tried.

    Parameters
    ----------
    correlations
        (blocks, lags).
    step
        Between lags.

    Returns
    -------
    tuple
        (blocks,) in the unit of the step; and whether such a time was found.
    """
    first = correlations[:, 0].mean()
    integrals = step * (np.cumsum(correlations, axis=1) - (correlations + correlations[:, :1]) / 2) / first
    longest = correlations.shape[1] - 1
    fallen = np.flatnonzero(correlations.mean(axis=0) < 0.1 * first)
    time = float(fallen[0]) if len(fallen) else float(longest)
    while 2 * (lag := int(np.ceil(time))) <= longest:
        if _flat(integrals, lag):
            return integrals[:, 2 * lag], True
        time = max(1.25 * time, lag + 1)
    return integrals[:, longest], False


def _flat(integrals: np.ndarray, lag: int) -> bool:
    """Say whether integrals grow by no more than chance from a time to one and a half and to twice that time."""
    more = integrals[:, [3 * lag // 2, 2 * lag]] - integrals[:, [lag]]
    return bool((np.abs(more.mean(axis=0)) <= interval(more)).all())


def _equipartition(shares: np.ndarray, mass: float, temperature: float) -> Check:
    """Check that each current has the mean square m k T of its share in the heat, within three errors."""
    ratio = (shares / (mass * constants.k * temperature / SI)).mean(axis=0)
    beyond = max(0.0, abs(float(ratio.mean()) - 1) - float(3 / 2 * interval(ratio)))
    return at_most("part by which the currents miss equipartition, beyond three errors", beyond, 0.02)


def _extrapolated(fluidity: np.ndarray, rested: bool, equal: Check) -> Quantity:
    """Fit a line over k² through the fluidity of each block, weighted by the blocks' spread, and give its value at 0.

    Parameters
    ----------
    fluidity
        (shells, blocks) in 1/(mPa s).
    rested, equal
        Whether all integrals came to rest; the check of equipartition.
    """
    values = _fit(fluidity, 1)[-1]
    mean, error = float(values.mean()), float(interval(values))
    part = error / mean if mean > 0 else float("inf")
    return Quantity(
        value=1 / mean if mean > 0 else None,
        unit="mPa·s",
        error=part / mean if mean > 0 else None,
        says=f"from transverse currents, extrapolated over k² from {len(fluidity)} lengths of waves; {WORDS}",
        answers="viscosity",
        checks=(
            equal,
            at_most("waves whose currents have not decayed within a quarter of a block", float(not rested), 0.0),
            at_most("error over the viscosity", min(part, 9.0), KNOWN),
            at_most("bend of the fluidity over k², over its error", _bend(fluidity), 1.0),
        ),
    )


def _fit(fluidity: np.ndarray, degree: int) -> np.ndarray:
    """Fit a polynomial of k² to each block, (degree + 1, blocks), the highest power first; weights by the blocks' spread."""
    weights = 1 / np.maximum(fluidity.std(axis=1, ddof=1), 1e-15)
    found: np.ndarray = np.polyfit(SHELLS[: len(fluidity)], fluidity, degree, w=weights)
    return found


def _bend(fluidity: list[np.ndarray] | np.ndarray) -> float:
    """Give the square term of a parabola through the fluidity, over its error."""
    square = _fit(np.array(fluidity), 2)[0]
    error = float(interval(square))
    return abs(float(square.mean())) / error if error > 0 else 0.0
