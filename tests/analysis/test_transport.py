from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import constants

from potash.analysis.blocks import BLOCKS
from potash.analysis.conductivity import ambipolar, sand_time
from potash.analysis.liquid_reading import read
from potash.analysis.msd import displacements, overlap
from potash.analysis.transport import UNIT, motion, yeh_hummer
from tests.analysis.liquids import TILTED, salt, series, walk, wrapped

CUBE = 25.0 * np.eye(3)


def test_msd_is_what_its_definition_says() -> None:
    positions = walk(0, 67, np.full(4, 0.3), 10.0)
    found = displacements(positions)
    assert found.lags[-1] == 67 // 4, "to a quarter of the run"
    for lag, blocks in zip(found.lags, found.blocks.T, strict=True):
        squares = ((positions[lag:] - positions[:-lag]) ** 2).sum(axis=2).mean(axis=1)
        edges = np.linspace(0, len(squares), BLOCKS + 1).astype(int)
        by_definition = [squares[one:other].mean() for one, other in pairwise(edges)]
        assert blocks == pytest.approx(np.array(by_definition), abs=1e-9)


def rattling(seed: int, frames: int, particles: int, slow: float, cage: float) -> np.ndarray:
    """Let particles rattle in cages that walk slowly: their MSD is 3 · 2 `cage`² from the beginning, and diffusive late."""
    random = np.random.default_rng(seed)
    places = np.cumsum(random.normal(0, slow, (frames, particles, 3)), axis=0)
    found: np.ndarray = places + random.normal(0, cage, places.shape)
    return found


#: Of each sort of run: how many are made, and of what.
WALKS = {
    "short": (100, 600, 12, 0.0),
    "one particle": (100, 1500, 1, 0.0),
    "few particles": (100, 1500, 3, 0.0),
    "long and slow": (100, 4000, 10, 1.0),
}


@pytest.mark.parametrize("sort", WALKS)
def test_random_walks_lie_within_their_error_bars(sort: str) -> None:
    """What is refused, where a single particle's MSD is too rough, is no value, and counts neither way."""
    seeds, frames, particles, cage = WALKS[sort]
    width, step, inside, given = 0.4, 2.0, 0, 0
    truth = width**2 / (2 * step) * 1e-8
    for seed in range(seeds):
        found = motion(rattling(seed, frames, particles, width, cage), step)
        if found.regime.found:
            given += 1
            inside += abs(found.coefficients.mean() - truth) <= found.error

    assert given >= seeds // 2
    assert inside >= 0.95 * given - 2.6 * np.sqrt(0.95 * 0.05 * given), "the binomial margin of 95 in 100"


def test_slow_ions_are_read_by_lags_of_a_quarter_of_the_run() -> None:
    """A cage hides the walk for some 600 of 16000 frames: lags of a sixteenth of the run would not show it to be one."""
    found = motion(rattling(0, 16000, 50, 0.1, 0.65), 1.0)
    assert found.regime.found
    assert found.regime.onset > 400
    assert abs(found.coefficients.mean() - 0.1**2 / 2 * 1e-8) < 1.5 * found.error


def test_particles_that_move_together_count_as_one() -> None:
    """Blocks see it; a covariance of independent particles would give an error √20 too small."""
    inside, given = 0, 0
    for seed in range(60):
        found = motion(np.repeat(rattling(seed, 1500, 3, 0.4, 0.0), 20, axis=1), 1.0)
        if found.regime.found:
            given += 1
            inside += abs(found.coefficients.mean() - 0.08e-8) <= found.error
    assert inside >= 0.95 * given - 2.6 * np.sqrt(0.95 * 0.05 * given)
    assert given > 30


def test_overlaps_are_those_of_walks() -> None:
    """By walks of many particles: the error of the mean of blocks over what their scatter says, and its degrees of freedom."""
    frames, lags = 160, np.array([10, 20, 40])
    weights = np.array([-1.0, 0.0, 1.0]) / 30

    def weigh(lags: np.ndarray) -> np.ndarray:
        return weights

    means, scatter = [], []
    random = np.random.default_rng(0)
    for _ in range(800):
        places = np.cumsum(random.normal(size=(frames + 1, 200)), axis=0)
        squares = [((places[lag:] - places[:-lag]) ** 2).mean(axis=1) for lag in lags]
        blocks = np.array([[part.mean() for part in np.array_split(each, BLOCKS)] for each in squares]).T @ weights
        means.append(blocks.mean())
        scatter.append(blocks.var(ddof=1))
    found = overlap(frames, lags, weigh)
    assert found.widening == pytest.approx(np.sqrt(np.var(means) * BLOCKS / np.mean(scatter)), rel=0.1)
    assert found.degrees == pytest.approx(2 * np.mean(scatter) ** 2 / np.var(scatter), rel=0.2)


def test_the_error_is_no_larger_than_it_must_be() -> None:
    errors = [motion(walk(seed, 600, np.full(12, 0.4), 10.0), 1.0).error for seed in range(30)]
    # Windows of one step each would give σ/√(3·600·12/2) of the value, and Student's t of 8 blocks makes 2.36 of it.
    least = 0.08e-8 * 2.36 / np.sqrt(1.5 * 600 * 12)
    assert least < np.mean(errors) < 4 * least


def test_atoms_in_cages_do_not_diffuse() -> None:
    random = np.random.default_rng(1)
    place = np.zeros((20, 3))
    kept = []
    for _ in range(800):
        place = 0.9 * place + random.normal(0, 0.2, place.shape)
        kept.append(place)
    found = motion(np.array(kept), 1.0)
    assert not found.regime.found
    assert found.regime.slope < 0.5


def test_the_onset_lies_behind_the_ballistic_part() -> None:
    random = np.random.default_rng(2)
    speed = random.normal(size=(100, 3))
    place, kept = np.zeros((100, 3)), []
    for _ in range(8000):  # Langevin's particle: velocities forget themselves within 10 frames
        speed = 0.9 * speed + np.sqrt(1 - 0.81) * random.normal(size=speed.shape)
        place = place + 0.1 * speed
        kept.append(place)
    found = motion(np.array(kept), 1.0)
    assert found.regime.found
    assert 20 < found.regime.onset < 300
    truth = 0.1**2 * (1 + 2 * 0.9 / 0.1) / 2 * 1e-8
    assert abs(found.coefficients.mean() - truth) < 1.5 * found.error + 0.02 * truth


@pytest.mark.parametrize("cell", [CUBE, TILTED], ids=["cubic", "tilted"])
def test_what_is_wrapped_is_unwrapped(cell: np.ndarray) -> None:
    steps = np.repeat([0.3, 0.5], 30)
    positions = walk(3, 400, steps, 15.0)
    open_, closed = (
        read(series(each, cell), salt(30, 30), 300.0).quantities for each in (positions, wrapped(positions, cell))
    )
    for name, quantity in open_.items():
        assert closed[name].value == pytest.approx(quantity.value, rel=1e-3), name


def test_independent_ions_conduct_as_nernst_and_einstein_say() -> None:
    steps = np.repeat([0.2, 0.4, 0.3], [40, 40, 400])
    positions = walk(4, 1600, steps, 25.0)
    found = read(
        series(wrapped(positions, CUBE), CUBE), salt(40, 40, 400), 300.0, "K+", viscosity=(1.0, 0.1)
    ).quantities
    one, other = 0.02e-8, 0.08e-8
    conductivity = constants.e**2 * 40 * (one + other) / (25e-10**3 * constants.k * 300) * 10
    for name, truth in (
        ("conductivity, Nernst–Einstein", conductivity),
        ("conductivity", conductivity),
        ("ionicity", 1.0),
        ("transference number of K+", one / (one + other)),
        ("transference number of K+, Nernst–Einstein", one / (one + other)),
        ("diffusion coefficient of K+", one / UNIT),
        ("diffusion coefficient of K+, infinite cell", (one + yeh_hummer(300, 1.0, 25.0)) / UNIT),
    ):
        value, error = found[name].value, found[name].error
        assert value is not None
        assert error is not None
        # The liquid's own walk is taken off, and with it 1 part in 20 of the ions'.
        assert abs(value - truth) < 1.5 * error + 0.06 * truth, name
    liters = (25e-9) ** 3  # dm per Å
    assert found["concentration"].value == pytest.approx(40 / constants.N_A / liters)


def test_pairs_that_stay_together_carry_no_current() -> None:
    pairs = walk(5, 800, np.full(20, 0.3), 25.0)
    positions = np.concatenate([pairs, pairs + np.array([2.7, 0, 0]), walk(6, 800, np.full(300, 0.3), 25.0)], axis=1)
    found = read(series(wrapped(positions, CUBE), CUBE), salt(20, 20, 300), 300.0, "K+").quantities
    assert found["conductivity, Nernst–Einstein"].value > 1.0  # type: ignore[operator]
    assert found["ionicity"].value == pytest.approx(0.0, abs=1e-6)
    assert found["uncoordinated F-"].value == 0


def test_closed_forms() -> None:
    # Yeh and Hummer 2004: for water at 298 K, 0.3 mPa·s (TIP3P) and 18.6 Å the correction is about 0.3 of 5 · 10⁻⁹ m²/s.
    assert yeh_hummer(298.15, 1.0, 100.0) == pytest.approx(2.837297 * 1.380649e-23 * 298.15 / (6 * np.pi * 1e-3 * 1e-8))
    assert ambipolar(np.array(1.0), np.array(3.0), (1, -1)) == pytest.approx(1.5)
    # 1 mol/L, 10⁻¹⁰ m²/s, 10 mA/cm², anions carry half: π · 10⁻¹⁰ · (10³ · 96485)² / (4 · (100 · 0.5)²) = 292.5 s.
    assert sand_time(1e-10, 1, 1000.0, 100.0, 0.5) == pytest.approx(292.5, abs=0.1)


def test_a_short_run_gives_no_coefficient_but_a_reason() -> None:
    found = read(series(walk(7, 40, np.full(20, 0.3), 25.0), CUBE), salt(10, 10), 300.0)
    assert not found.quantities
    assert "40 frames" in found.notes[0]
