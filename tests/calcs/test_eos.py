"""Curves of energies: exact ones are recovered, and where no minimum lies inside none is given."""

import numpy as np
import pytest
from ase.eos import birchmurnaghan
from ase.units import GPa
from hypothesis import assume, given
from hypothesis import strategies as st

from potash.calcs.eos import birch_murnaghan, cubic
from potash.errors import CalculationFailed


@given(
    e0=st.floats(-500, 0),
    modulus=st.floats(2, 400),
    slope=st.floats(2.5, 7),
    v0=st.floats(10, 400),
    off=st.floats(-0.03, 0.03),
    points=st.integers(5, 15),
)
def test_exact_energies_give_back_their_parameters(
    e0: float, modulus: float, slope: float, v0: float, off: float, points: int
) -> None:
    volumes = v0 * (1 + off) * np.linspace(0.94, 1.06, points)
    energies = birchmurnaghan(volumes, e0, modulus * GPa, slope, v0)
    fit = birch_murnaghan(volumes.tolist(), energies.tolist())
    assert fit.measure == pytest.approx(v0, rel=1e-6)
    assert fit.energy == pytest.approx(e0, abs=1e-9)
    assert fit.modulus == pytest.approx(modulus, rel=1e-4)
    assert fit.residual < 1e-9
    assert fit.parameters == pytest.approx((e0, modulus * GPa, slope, v0), rel=1e-3, abs=1e-9)


def test_a_residual_is_the_root_mean_square_of_what_is_left() -> None:
    volumes = np.linspace(95, 105, 11)
    wave = 0.01 * (-1.0) ** np.arange(11)
    fit = birch_murnaghan(volumes.tolist(), (birchmurnaghan(volumes, -10, 0.5, 4, 100) + wave).tolist())
    assert fit.residual == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("v0", [90.0, 110.0])
def test_a_minimum_outside_is_none(v0: float) -> None:
    volumes = np.linspace(95, 105, 7)
    with pytest.raises(CalculationFailed, match="no minimum within the scanned cells"):
        birch_murnaghan(volumes.tolist(), birchmurnaghan(volumes, -10, 0.5, 4, v0).tolist())


@given(st.floats(2, 30), st.floats(0.01, 5), st.floats(-0.02, 0.02), st.floats(-50, 0), st.floats(-0.02, 0.02))
def test_a_cubic_gives_back_its_minimum(area: float, bend: float, skew: float, low: float, off: float) -> None:
    areas = area * (1 + off) * np.array([0.97, 0.985, 1.0, 1.015, 1.03])
    apart = areas - area
    assume(abs(6 * skew * bend * 0.06 * area) < bend)  # convex over the scan
    energies = low + bend / 2 * apart**2 + skew * bend * apart**3
    fit = cubic(areas.tolist(), energies.tolist())
    assert fit.measure == pytest.approx(area, rel=1e-5)
    assert fit.energy == pytest.approx(low, abs=1e-7)
    assert fit.modulus == pytest.approx(area * bend, rel=1e-3)
    assert np.polynomial.Polynomial(fit.parameters)(area) == pytest.approx(low, abs=1e-6)


@pytest.mark.parametrize("energies", [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [0, 3, 4, 3, 0]])
def test_areas_without_a_minimum(energies: list[float]) -> None:
    with pytest.raises(CalculationFailed, match="no minimum"):
        cubic([1.0, 1.1, 1.2, 1.3, 1.4], energies)
