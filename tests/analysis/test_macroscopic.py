"""Macroscopic averages against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potash.analysis.macroscopic import macroscopic, plateau

HEIGHT = 24.0
Z = np.arange(480) * HEIGHT / 480


def wave(period: float, strength: float = 1.0, phase: float = 0.3) -> np.ndarray:
    return strength * np.cos(2 * np.pi * Z / period + phase)


@given(first=st.integers(2, 12), second=st.integers(2, 12))
def test_two_windows_flatten_two_periods(first: int, second: int) -> None:
    planar = 1.7 + wave(HEIGHT / first) + wave(HEIGHT / second, 3.0, 1.1)
    assert macroscopic(planar, HEIGHT, [HEIGHT / first, HEIGHT / second]) == pytest.approx(np.full(480, 1.7))


def test_another_window_leaves_what_the_integral_says() -> None:
    width = 5.0  # no multiple of the grid's 0.05, nor of the period: ∫ of a cosine over it, by hand
    left = np.sin(np.pi * width / 8) / (np.pi * width / 8)
    assert macroscopic(wave(8.0), HEIGHT, [width]) == pytest.approx(left * wave(8.0))


def test_a_flat_vacuum_stays_as_it_is() -> None:
    smooth = 4.0 - 4.0 * np.exp(-(((Z - 12) / 2) ** 2))
    averaged = macroscopic(smooth, HEIGHT, [3.0])
    assert averaged[np.abs(Z - 12) > 9.5] == pytest.approx(4.0, abs=1e-3)
    assert averaged.mean() == pytest.approx(smooth.mean())


def superlattice(step: float, slope: float = 0.0) -> np.ndarray:
    """Eight periods of 1.5 Å below, four of 3 Å above, the upper potential higher by a step."""
    upper = Z >= 12
    return np.where(upper, step + slope * (Z - 12) + wave(3.0, 5.0), wave(1.5, 2.0))


@pytest.mark.parametrize("step", [-0.8, 0.0, 1.3])
def test_the_step_of_a_superlattice_is_found(step: float) -> None:
    planar = superlattice(step)
    below = plateau(planar, HEIGHT, 1.5, (0.75, 11.25))
    above = plateau(planar, HEIGHT, 3.0, (13.0, 23.0))
    assert above.value - below.value == pytest.approx(step, abs=0.01)
    assert max(above.drift, below.drift) < 0.08  # the steps between two potentials that do not meet ring a little


def test_a_field_inside_is_a_drift() -> None:
    above = plateau(superlattice(0.0, 0.2), HEIGHT, 3.0, (12.5, 23.5))
    assert above.drift == pytest.approx(0.2 * (11 - 3), abs=0.1)


def test_where_the_cell_begins_changes_nothing() -> None:
    planar = superlattice(0.7)
    rolled = np.roll(planar, 200)  # by 10 Å: the upper side goes through the cell's end
    there, here = plateau(planar, HEIGHT, 3.0, (12.5, 23.5)), plateau(rolled, HEIGHT, 3.0, (22.5, 33.5))
    assert here.value == pytest.approx(there.value)
    assert here.drift == pytest.approx(there.drift)
