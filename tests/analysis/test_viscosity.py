from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import constants
from scipy.signal import lfilter

from potash.analysis.viscosity import green_kubo, pressures
from potash.errors import BadInput

#: Standard deviation in bar, correlation time in ps, step in ps, volume in Å³, temperature in K.
WIDTH, DECAY, STEP, VOLUME, KELVIN = 500.0, 0.5, 0.02, 30_000.0, 300.0


def stresses(seed: int, frames: int = 40_000) -> np.ndarray:
    """Give pressures whose correlation decays exponentially; the diagonal ones are √2 as wide."""
    random = np.random.default_rng(seed)
    keep = np.exp(-STEP / DECAY)
    noise = random.normal(0, WIDTH * np.sqrt(1 - keep**2), (frames, 6)) * np.array([2, 2, 2, 1, 1, 1]) ** 0.5
    found: np.ndarray = lfilter([1.0], [1.0, -keep], noise, axis=0)
    return found


def test_the_viscosity_of_a_known_decay_lies_within_its_error() -> None:
    truth = VOLUME * 1e-30 * (WIDTH * 1e5) ** 2 * DECAY * 1e-12 / (constants.k * KELVIN) * 1e3
    found = [green_kubo(stresses(seed), STEP, VOLUME, KELVIN) for seed in range(20)]
    inside = sum(abs(value - truth) < error for value, error in found)
    assert inside >= 16, "the binomial margin of 19 in 20"
    assert np.mean([value for value, _ in found]) == pytest.approx(truth, rel=0.05)
    assert np.mean([error for _, error in found]) < 0.35 * truth


def test_pressures_are_read_with_their_times(tmp_path: Path) -> None:
    path = tmp_path / "pressure.dat"
    rows = np.column_stack([STEP * np.arange(900), stresses(0, 900)])
    np.savetxt(path, rows, header="time xx yy zz xy xz yz")
    tensor, step = pressures(path)
    assert step == pytest.approx(STEP)
    assert tensor == pytest.approx(rows[:, 1:])
    np.savetxt(path, rows[:, :5])
    with pytest.raises(BadInput, match="900 rows of 5 numbers"):
        pressures(path)
    rows[5, 0] = 7
    np.savetxt(path, rows)
    with pytest.raises(BadInput, match="do not ascend evenly"):
        pressures(path)
