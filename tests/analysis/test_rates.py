"""Rates: prefactors in closed form, isotopes, and the Arrhenius line."""

from __future__ import annotations

import numpy as np
import pytest
from ase.units import kB, kg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import Boltzmann, elementary_charge

from potash.analysis.rates import arrhenius, rate, vineyard
from potash.errors import BadInput


def hessian(seed: int, values: list[float]) -> np.ndarray:
    """A symmetric matrix with these eigenvalues in random directions."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))
    return q @ np.diag(values) @ q.T


def test_one_atom_in_a_trough() -> None:
    """Where only one direction differs the prefactor is the frequency along it, √(k/m)/2π, in SI units."""
    k, mass = 2.0, 39.0983
    prefactor = vineyard(np.diag([k, 3.0, 4.0]), np.diag([-1.0, 3.0, 4.0]), [mass])
    expected = (k * elementary_charge / 1e-20 / (mass / kg)) ** 0.5 / (2 * np.pi)
    assert prefactor == pytest.approx(expected, rel=1e-6)
    assert 1e11 < prefactor < 1e13


def test_stiffness_across_the_path_counts() -> None:
    loose = vineyard(np.diag([2.0, 3.0, 4.0]), np.diag([-1.0, 3.0, 4.0]), [6.94])
    stiff = vineyard(np.diag([2.0, 3.0, 4.0]), np.diag([-1.0, 12.0, 16.0]), [6.94])
    assert stiff == pytest.approx(loose / 4)


@settings(deadline=None)
@given(seed=st.integers(0, 2**20), factor=st.floats(0.1, 10))
def test_isotopes(seed: int, factor: float) -> None:
    """All masses times f: the prefactor over √f, whatever the Hessians."""
    minimum, saddle = hessian(seed, [1, 2, 3, 4, 5, 6.0]), hessian(seed + 1, [-1, 2, 3, 4, 5, 7.0])
    masses = np.array([39.1, 78.96])
    heavy = vineyard(minimum, saddle, factor * masses)
    assert heavy == pytest.approx(vineyard(minimum, saddle, masses) / factor**0.5, rel=1e-9)


def test_it_is_the_product_of_frequencies() -> None:
    from potash.analysis.curvature import modes

    minimum, saddle = hessian(3, [1, 2, 3, 4, 5, 6.0]), hessian(4, [-1, 2, 3, 4, 5, 7.0])
    masses = [39.1, 78.96]
    below, above = modes(minimum, masses)[0], modes(saddle, masses)[0]
    assert above[0] < 0
    assert vineyard(minimum, saddle, masses) == pytest.approx(1e12 * below.prod() / above[1:].prod(), rel=1e-9)


@pytest.mark.parametrize(("minimum", "saddle", "words"), [
    ([-1.0, 2, 3], [-1.0, 2, 3], "the minimum must have 0 negative curvatures, its lowest are -1 eV/Å²"),
    ([0.001, 2, 3], [-1.0, 2, 3], "the minimum must have 0"),
    ([1.0, 2, 3], [1.0, 2, 3], "the saddle must have 1 negative curvatures, its lowest are 1, 2 eV/Å²"),
    ([1.0, 2, 3], [-1.0, -2, 3], "the saddle must have 1 negative curvatures, its lowest are -2, -1 eV/Å²"),
    ([1.0, 2, 3], [-1.0, 0.0, 3], "the saddle must have 1"),
    ([1.0, 2, 3, 4, 5, 6], [-1.0, 2, 3], "the minimum has 2 atoms, the masses are of 1"),
])  # fmt: skip
def test_no_minimum_or_no_saddle_no_prefactor(minimum: list[float], saddle: list[float], words: str) -> None:
    with pytest.raises(BadInput) as error:
        vineyard(np.diag(minimum), np.diag(saddle), [39.1])
    assert words in str(error.value)


def test_rate() -> None:
    assert rate(5e12, 0.0, 300) == 5e12
    assert rate(5e12, 0.35, 300) == pytest.approx(
        5e12 * np.exp(-0.35 * elementary_charge / (Boltzmann * 300)), rel=1e-4
    )
    with pytest.raises(BadInput, match="greater than 0 K"):
        rate(5e12, 0.35, 0)


def test_arrhenius() -> None:
    temperatures = [250.0, 300.0, 400.0]
    energy, start = arrhenius(temperatures, [0.02 * np.exp(-0.41 / (kB * t)) for t in temperatures])
    assert energy == pytest.approx(0.41)
    assert start == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("temperatures", "values"), [([300.0], [1e-9]), ([300.0, 300.0], [1e-9, 1e-9]), ([300.0, 400.0], [0.0, 1e-9])]
)
def test_no_line_through_less(temperatures: list[float], values: list[float]) -> None:
    with pytest.raises(BadInput, match="at least two temperatures"):
        arrhenius(temperatures, values)


def test_ase_units_are_what_the_prefactor_needs() -> None:
    """One eV/Å² on one atomic mass unit vibrates at 15.63 THz."""
    assert vineyard(np.diag([1.0, 1, 1]), np.diag([-1.0, 1, 1]), [1.0]) == pytest.approx(15.633e12, rel=1e-4)


def test_atoms_that_nothing_holds_vibrate_against_each_other() -> None:
    """Two atoms on springs along x, y, z: the reduced mass vibrates, and noise that holds both does not count."""

    def pair(springs: list[float], noise: float) -> np.ndarray:
        return np.kron([[1, -1], [-1, 1]], np.diag(springs)) + np.kron(np.ones((2, 2)), noise * np.eye(3))

    masses = [39.0983, 78.971]
    reduced = masses[0] * masses[1] / sum(masses)
    alone = vineyard(np.diag([2.0, 3.0, 4.0]), np.diag([-1.0, 6.0, 4.0]), [reduced])
    for noise in (0.0, 0.1, -0.1):
        found = vineyard(pair([2.0, 3.0, 4.0], noise), pair([-1.0, 6.0, 4.0], -noise), masses, floating=True)
        assert found == pytest.approx(alone)
