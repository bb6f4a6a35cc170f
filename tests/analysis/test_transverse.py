"""The viscosity from currents whose decay is known: viscous, elastic at first, shorter with shorter waves, and too slow."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import constants
from scipy.linalg import cholesky, expm
from scipy.signal import lfilter

from potash.analysis.liquid import known
from potash.analysis.liquid import viscosity as of_run
from potash.analysis.transverse import viscosity

WAVES = np.array([n for n in product(range(-2, 3), repeat=3) if n > (0, 0, 0) and np.dot(n, n) <= 5])
#: Å, amu, K, ps, mPa·s.
EDGE, MASS, KELVIN, STEP, ETA = 30.0, 16_000.0, 300.0, 0.02, 0.8
SQUARES = (WAVES**2).sum(axis=1)
#: ρ/k² of the longest waves, in mPa·s ps.
INERTIA = MASS * constants.atomic_mass / (EDGE * 1e-10) * 1e15 / (2 * np.pi) ** 2
#: Mean square of a current, in (amu nm/ps)².
HEAT = MASS * constants.k * KELVIN / (constants.atomic_mass * 1e6)


def white(random: np.random.Generator, *shape: int) -> np.ndarray:
    """Give complex noise of mean square one."""
    found: np.ndarray = (random.normal(size=shape) + 1j * random.normal(size=shape)) / np.sqrt(2)
    return found


def viscous(seed: int, samples: int = 20_000, decay: float = 0.0) -> np.ndarray:
    """Give currents that decay as waves in a fluid of viscosity ETA/(1 + decay k²) do, k in its least value."""
    random, found = np.random.default_rng(seed), np.empty((samples, len(WAVES), 2), complex)
    for wave, square in enumerate(SQUARES):
        keep = np.exp(-STEP * square * ETA / (1 + decay * square) / INERTIA)
        start = white(random, 1, 2) * keep
        noise = np.sqrt(1 - keep**2) * white(random, samples, 2)
        found[:, wave] = lfilter([1.0], [1.0, -keep], noise, axis=0, zi=start)[0]
    scaled: np.ndarray = np.sqrt(HEAT) * found
    return scaled


def elastic(seed: int, relaxation: float, samples: int = 20_000) -> np.ndarray:
    """Give currents of a Maxwell fluid of viscosity ETA: stress and current drive each other, stress relaxes in its time."""
    random, found = np.random.default_rng(seed), np.empty((samples, len(WAVES), 2), complex)
    speeds = np.sqrt(ETA * SQUARES / INERTIA / relaxation)
    turns = np.array([expm(STEP * np.array([[0, -speed], [speed, -1 / relaxation]])) for speed in speeds])
    kicks = np.array([cholesky(np.eye(2) - turn @ turn.T, lower=True) for turn in turns])
    now = white(random, len(WAVES), 2, 2)
    for sample in range(samples):
        now = turns @ now + kicks @ white(random, len(WAVES), 2, 2)
        found[sample] = now[:, 0]
    scaled: np.ndarray = np.sqrt(HEAT) * found
    return scaled


def read(currents: np.ndarray) -> tuple[float, float, set[str]]:
    found = viscosity(currents.astype(np.complex64), WAVES, STEP, EDGE, MASS, KELVIN)
    return found.value or 0.0, found.error or 0.0, {check.name for check in found.checks if not check.passed}


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_a_known_viscosity_lies_within_its_error(decay: float) -> None:
    found = [read(viscous(seed, decay=decay)) for seed in range(20)]
    assert sum(abs(value - ETA) < error for value, error, _ in found) >= 16, "the binomial margin of 19 in 20"
    assert np.mean([value for value, *_ in found]) == pytest.approx(ETA, rel=0.03)
    assert np.mean([error for _, error, _ in found]) < 0.15 * ETA
    assert sum(bool(failed) for *_, failed in found) <= 2


def test_so_does_that_of_a_fluid_which_swings_back() -> None:
    found = [read(elastic(seed, relaxation=0.5)) for seed in range(5)]
    assert sum(abs(value - ETA) < error for value, error, _ in found) >= 3
    assert np.mean([value for value, *_ in found]) == pytest.approx(ETA, rel=0.1)


def test_what_a_run_is_too_short_for_has_no_number() -> None:
    *_, failed = read(elastic(0, relaxation=40.0, samples=3000))
    assert failed & {"error over the viscosity", "waves whose currents have not decayed within a quarter of a block"}


def test_a_wrong_temperature_is_seen() -> None:
    *_, failed = read(1.1 * viscous(0))
    assert failed == {"part by which the currents miss equipartition, beyond three errors"}


def test_a_fluidity_that_bends_is_seen() -> None:
    currents = viscous(0)
    shorter = viscous(1, decay=3.0)
    currents[:, SQUARES > 2] = shorter[:, SQUARES > 2]
    *_, failed = read(currents)
    assert "bend of the fluidity over k², over its error" in failed


def test_a_run_has_a_viscosity_where_its_currents_let_it(tmp_path: Path) -> None:
    run: dict[str, Any] = {
        "currents": "c", "waves": WAVES.tolist(), "look": STEP, "edges": [EDGE] * 3, "mass": MASS,
    }  # fmt: skip
    viscous(0).astype(np.complex64).tofile(tmp_path / "c")
    found = of_run(run, KELVIN, tmp_path)
    assert found is not None
    assert known(found) == (found.value, found.error)
    assert found.value == pytest.approx(ETA, abs=found.error)
    assert known(of_run(run, 1.3 * KELVIN, tmp_path)) is None, "currents too cold"
    viscous(0, samples=700).astype(np.complex64).tofile(tmp_path / "c")
    assert of_run(run, KELVIN, tmp_path) is None
    assert of_run({**run, "currents": None}, KELVIN, tmp_path) is None
