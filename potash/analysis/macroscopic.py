"""Macroscopic averages of potentials, and what they give at an interface: A. Baldereschi, S. Baroni, R. Resta,
Phys. Rev. Lett. 61, 734 (1988), doi:10.1103/PhysRevLett.61.734.

The planar average of a potential oscillates with the crystal's period. Averaged once more over a window that is one
period wide, it is flat in the crystal's inside; of two crystals with two periods, a window each is needed.
"""  # noqa: D205

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def macroscopic(planar: np.ndarray, height: float, periods: Sequence[float]) -> np.ndarray:
    """Average a potential over windows, one after the other.

    Parameters
    ----------
    planar
        Planar averages on an even grid along the cell, (n,); periodic.
    height
        Of the cell, in Å.
    periods
        Widths of the windows, in Å; of any length, whether or not the grid divides them.

    Returns
    -------
    ndarray
        (n,), each value that of the windows centred there: the Fourier series is averaged, so that nothing depends on
        the grid.
    """
    waves = np.fft.rfft(planar)
    numbers = np.arange(len(waves)) / height
    for period in periods:
        waves = waves * np.sinc(numbers * period)
    averaged: np.ndarray = np.fft.irfft(waves, len(planar))
    return averaged


@dataclass(frozen=True)
class Plateau:
    """The macroscopic average in the inside of one side.

    Attributes
    ----------
    value
        In the side's middle, in eV.
    drift
        How much it varies where the window lies between the side's outermost atoms, in eV.
    """

    value: float
    drift: float


def plateau(planar: np.ndarray, height: float, period: float, inside: tuple[float, float]) -> Plateau:
    """Average a potential over one period in the middle of a side.

    Parameters
    ----------
    planar, height
        As for `macroscopic`.
    period
        The side's own along z, in Å.
    inside
        The heights of its lowest and highest atom, in Å; farther apart than a period.
    """
    low, high = inside
    averaged = macroscopic(planar, height, [period])
    z = np.arange(len(planar)) * height / len(planar)
    reach = (high - low - period) / 2
    near = np.abs((z - (low + high) / 2 + height / 2) % height - height / 2) <= reach
    middle = float(np.interp((low + high) / 2, z, averaged, period=height))
    seen = np.append(averaged[near], middle)
    return Plateau(middle, float(np.ptp(seen)))
