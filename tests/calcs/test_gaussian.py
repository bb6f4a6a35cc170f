"""The structured Gaussian process against the same process with its whole covariance matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag

from potash.calcs.gaussian import LEAST, NOISE, SOLVABLE, Array, Gaussian, span

Data = tuple[Array, Array, Array]


def data(count: int, dimension: int, seed: int = 0) -> Data:
    random = np.random.default_rng(seed)
    return random.normal(size=(count, dimension)), random.normal(size=count), random.normal(size=(count, dimension))


def quadratic(places: Array) -> Data:
    """A function of which energies and gradients agree: ½ Σ i x_i² + Σ x_i."""
    stiff = np.arange(1, places.shape[1] + 1)
    return places, 0.5 * places**2 @ stiff + places.sum(axis=1), places * stiff + 1.0


def pair(one: Array, other: Array, length: float) -> Array:
    """Covariance of energy and gradient at one place with those at another, for a scale of 1."""
    step = one - other
    block = np.empty((1 + len(step), 1 + len(step)))
    block[0, 0] = 1.0
    block[0, 1:] = step / length**2
    block[1:, 0] = -step / length**2
    block[1:, 1:] = (np.eye(len(step)) - np.outer(step, step) / length**2) / length**2
    return block * np.exp(-0.5 * step @ step / length**2)


def whole(
    places: Array, energies: Array, gradients: Array, length: float, at: Array, above: float, guess: float = 1.0
) -> tuple[Array, ...]:
    """Mean, gradient, deviation at one place, likelihood and scale, by one matrix of all energies and gradients."""
    count, dimension = places.shape
    matrix = np.block([[pair(one, other, length) for other in places] for one in places])
    matrix += np.diag(
        np.tile([max(NOISE[0] / guess, SOLVABLE) ** 2, *[max(NOISE[1] / guess, SOLVABLE) ** 2] * dimension], count)
    )
    mean = energies.max() + above
    values = np.column_stack([energies - mean, gradients]).ravel()
    weights = np.linalg.solve(matrix, values)
    scale2 = values @ weights / len(values)
    # The scale of the deviations is that of energies and gradients within the span.
    within = np.kron(np.eye(count), block_diag(1.0, span(places)))
    part = values @ within
    inner2 = part @ np.linalg.solve(within.T @ matrix @ within, part) / len(part)
    row = np.hstack([pair(at, place, length) for place in places])
    scale = np.sqrt(max(inner2, scale2))
    spread = scale * np.sqrt(1.0 - row[0] @ np.linalg.solve(matrix, row[0]))
    likelihood = -0.5 * len(values) * (1.0 + np.log(scale2)) - 0.5 * np.linalg.slogdet(matrix)[1]
    return mean + row[0] @ weights, row[1:] @ weights, spread, likelihood, scale


def settled(*data: Any) -> tuple[Array, ...]:
    """The same with noises as they are, relative to the scale that unit noises give."""
    return whole(*data, guess=float(whole(*data)[-1]))[:-1]


@settings(deadline=None, max_examples=40)
@given(
    count=st.integers(1, 6),
    dimension=st.integers(1, 9),
    length=st.floats(0.5, 2.0),
    above=st.floats(0.0, 3.0),
    seed=st.integers(0, 10**6),
)
def test_it_is_the_process_with_the_whole_matrix(
    count: int, dimension: int, length: float, above: float, seed: int
) -> None:
    places, energies, gradients = data(count, dimension, seed)
    process = Gaussian.given(places, energies, gradients, length, span(places), above)
    at = np.random.default_rng(seed + 1).normal(size=(3, dimension))
    means, slopes = process.predict(at)
    spreads = process.spread(at)
    for place, *found in zip(at, means, slopes, spreads, strict=True):
        mean, slope, spread, likelihood = settled(places, energies, gradients, length, place, above)
        # Forces on near places that contradict each other make energies as large as the scale.
        near = {"rel": 1e-6, "abs": 1e-6 * max(1.0, process.scale)}
        assert found[0] == pytest.approx(mean, **near)
        assert found[1] == pytest.approx(slope, **near)
        # A difference of numbers near 1, under a root.
        assert found[2] ** 2 == pytest.approx(spread**2, abs=1e-6 * process.scale**2)
        assert process.likelihood == pytest.approx(likelihood, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(np.outer(np.linspace(-1, 1, 5), np.ones(7)), id="on a line"),
        pytest.param(np.vstack([np.eye(6)[:3], np.eye(6)[1]]), id="two the same"),
        pytest.param(np.ones((1, 4)), id="one alone"),
        pytest.param(np.vstack([np.ones(4), np.ones(4)]), id="only the same"),
    ],
)
def test_degenerate_places_are_the_whole_matrix_too(places: Array) -> None:
    _, energies, gradients = quadratic(places)
    process = Gaussian.given(places, energies, gradients, 1.3, span(places))
    at = places[0] + 0.3 * np.arange(places.shape[1])
    mean, slope, spread, likelihood = settled(places, energies, gradients, 1.3, at, 0.0)
    energy, gradient = process.predict(at[None])
    assert energy[0] == pytest.approx(mean, abs=1e-8)
    assert gradient[0] == pytest.approx(slope, abs=1e-8)
    assert process.spread(at[None])[0] == pytest.approx(spread, abs=1e-7)
    assert process.likelihood == pytest.approx(likelihood, rel=1e-8)
    fitted = Gaussian.fit(places, energies, gradients)
    assert np.isfinite(fitted.predict(at[None])[0]).all()


def test_what_is_known_is_found_again() -> None:
    places, energies, gradients = quadratic(data(6, 5)[0])
    process = Gaussian.fit(places, energies, gradients, above=2.0)
    found, slopes = process.predict(places)
    assert found == pytest.approx(energies, abs=1e-3 * process.scale)
    assert slopes == pytest.approx(gradients, abs=1e-2 * process.scale / process.length)
    assert (process.spread(places) < 1e-3 * process.scale).all()


def test_far_away_it_knows_nothing() -> None:
    places, energies, gradients = quadratic(data(5, 4)[0])
    process = Gaussian.fit(places, energies, gradients, above=2.0)
    far = np.full((1, 4), 50.0)
    assert process.predict(far)[0] == pytest.approx(energies.max() + 2.0)
    assert process.predict(far)[1] == pytest.approx(np.zeros((1, 4)), abs=1e-9)
    assert process.spread(far) == pytest.approx(process.scale)


def test_the_gradient_is_the_derivative_of_the_mean() -> None:
    places, energies, gradients = data(5, 6)
    process = Gaussian.given(places, energies, gradients, 1.2, span(places))
    at = np.random.default_rng(3).normal(size=6)
    step = 1e-4 * np.eye(6)
    ahead, behind = process.predict(at + step)[0], process.predict(at - step)[0]
    assert process.predict(at[None])[1][0] == pytest.approx((ahead - behind) / 2e-4, rel=1e-6, abs=1e-6)


def test_directions_in_which_nothing_happens_do_not_make_it_sure() -> None:
    """A hundred coordinates more, all at rest: the same deviations, but for the length that seems likely."""
    places, energies, gradients = quadratic(data(5, 3)[0])
    still = np.zeros((5, 100))
    few = Gaussian.given(places, energies, gradients, 1.0, span(places))
    many_places = np.hstack([places, still])
    many = Gaussian.given(many_places, energies, np.hstack([gradients, still]), 1.0, span(many_places))
    at = np.random.default_rng(4).normal(size=(6, 3))
    assert many.spread(np.hstack([at, np.zeros((6, 100))])) == pytest.approx(few.spread(at))


def test_a_smooth_function_is_learned_within_its_deviation() -> None:
    random = np.random.default_rng(7)
    places, energies, gradients = quadratic(random.normal(size=(12, 3)))
    at, truth, slopes = quadratic(random.normal(scale=0.5, size=(20, 3)))
    process = Gaussian.fit(places, energies, gradients)
    found, found_slopes = process.predict(at)
    assert np.abs(found - truth).max() < 0.05
    assert np.abs(found_slopes - slopes).max() < 0.3
    assert (np.abs(found - truth) < 4 * process.spread(at) + 1e-3).all()


@pytest.mark.parametrize("change", ["translated", "rotated", "in another order", "energies shifted"])
def test_nothing_depends_on_the_frame(change: str) -> None:
    random = np.random.default_rng(1)
    places, energies, gradients = data(5, 6)
    at = random.normal(size=(4, 6))
    before = Gaussian.fit(places, energies, gradients, above=1.0)
    means, slopes = before.predict(at)
    turn, shift = np.eye(6), 0.0
    if change == "translated":
        places, moved = places + 5.0, at + 5.0
    elif change == "rotated":
        turn = np.linalg.qr(random.normal(size=(6, 6)))[0]
        places, gradients, moved = places @ turn, gradients @ turn, at @ turn
    elif change == "in another order":
        order = [3, 0, 4, 1, 2]
        places, energies, gradients, moved = places[order], energies[order], gradients[order], at
    else:
        energies, shift, moved = energies - 700.0, -700.0, at
    after = Gaussian.fit(places, energies, gradients, above=1.0)
    found, found_slopes = after.predict(moved)
    assert found == pytest.approx(means + shift, rel=1e-6, abs=1e-6)
    assert found_slopes == pytest.approx(slopes @ turn, rel=1e-5, abs=1e-5)
    assert after.spread(moved) == pytest.approx(before.spread(at), rel=1e-5, abs=1e-6)


def test_the_length_is_the_most_likely_one() -> None:
    places, energies, gradients = quadratic(data(6, 5)[0])
    best = Gaussian.fit(places, energies, gradients)

    def lost(length: float) -> float:
        made = Gaussian.given(places, energies, gradients, length, span(places))
        return -made.likelihood + 0.5 * (np.log(length) / 0.7) ** 2

    assert lost(best.length) <= min(lost(length) for length in np.geomspace(0.1, 5.9, 40)) + 0.05, (
        "a bound is never quite reached"
    )


def test_data_without_any_error_leave_some_doubt() -> None:
    """A perfect prior leaves nothing to learn; the logarithm of a vanishing scale would be infinite."""
    places = data(4, 5)[0]
    process = Gaussian.fit(places, np.zeros(4), np.zeros((4, 5)))
    assert process.scale == LEAST
    assert np.isfinite(process.likelihood)
    assert process.predict(places + 0.3)[0] == pytest.approx(np.zeros(4), abs=1e-12)
