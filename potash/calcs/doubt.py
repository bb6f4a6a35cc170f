"""Where a path that looks finished is still in doubt: there the next force call teaches most."""

from __future__ import annotations

import numpy as np

from potash.calcs.gaussian import Array

#: The path's energies between the computed ones must be known within this, in eV.
SURE = 0.05
#: A place where no atom is farther from a call than this, in Å, is known.
SAME = 0.02


def in_doubt(
    places: Array, energies: Array, spread: Array, saddle: float, certainty: float, known: Array
) -> int | None:
    """Choose the point of a path that most needs a call once its saddle is computed.

    First the point that may be highest, if it may be higher than the saddle; then the lowest dip of the path that is
    not well known, or lies below the ends, for a deeper minimum may be near it; then the least known point.

    Parameters
    ----------
    places
        Points of the path, (m, D) in Å.
    energies, spread
        What the model says there, and its standard deviations, (m,) in eV.
    saddle
        The saddle's computed energy, in eV.
    certainty
        How far, at two standard deviations, the path may lie above the saddle, and how well dips must be known, in eV.
    known
        Places of the calls, (n, D).

    Returns
    -------
    int or None
        Index of the point; None where nothing is in doubt, or only what was asked already.
    """
    steps = (places[:, None] - known[None]).reshape(len(places), len(known), -1, 3)
    new = np.linalg.norm(steps, axis=3).max(axis=2).min(axis=1) > SAME
    higher = energies + 2 * spread - saddle - certainty
    dips = np.zeros(len(places), dtype=bool)
    dips[1:-1] = (energies[1:-1] < energies[:-2]) & (energies[1:-1] < energies[2:])
    dips &= (spread > certainty) | (energies < min(energies[0], energies[-1]))
    for doubtful, worth in (
        (higher > 0, higher),
        (dips, -energies),
        (spread > SURE, spread),
    ):
        if (doubtful & new).any():
            return int(np.argmax(np.where(doubtful & new, worth, -np.inf)))
    return None
