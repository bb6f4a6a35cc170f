"""What a liquid's production says of itself: whether it was at rest."""

from __future__ import annotations

import numpy as np
import pytest

from potash.analysis.liquid import potential
from potash.analysis.report.figures_liquid import states
from potash.analysis.result import Provenance, Quantity, StudyResult
from potash.stationary import LARGEST, trend


def production(seed: int, drift: float = 0.0, memory: float = 0.9) -> list[float]:
    """Give potential energies (kJ/mol) that remember themselves for ten samples, and fall by `drift` over the run."""
    random = np.random.default_rng(seed)
    kicks = random.normal(size=3000)
    found = np.zeros(3000)
    for sample in range(1, 3000):
        found[sample] = memory * found[sample - 1] + kicks[sample]
    return list(-5000.0 + found - drift * np.linspace(0, 1, 3000))


def test_an_energy_that_still_falls_is_refused() -> None:
    for seed in range(10):
        (check,) = potential(production(seed, drift=5.0), 100)["potential energy"].checks
        assert not check.passed, seed


def test_an_energy_at_rest_passes_in_95_of_100_runs_and_its_error_holds() -> None:
    found = [potential(production(seed), 100)["potential energy"] for seed in range(100)]
    assert sum(each.checks[0].passed for each in found) >= 88, "the binomial margin of 95 in 100"
    inside = [abs((each.value or 0.0) + 50.0) <= (each.error or 0.0) for each in found]
    assert sum(inside) >= 88


def test_a_line_without_scatter_drifts_and_a_constant_does_not() -> None:
    line = trend(np.arange(80.0))
    assert line is not None
    assert line.significance == pytest.approx(LARGEST)
    constant = trend(100 / 3 + 1e-14 * np.random.default_rng(0).normal(size=80))
    assert constant is not None
    assert constant.significance == 0
    assert trend(np.zeros(80)) is not None
    assert trend(np.zeros(5)) is None


def test_the_figure_of_shares_says_which_were_refused() -> None:
    from matplotlib.figure import Figure

    def drawn(share: float | None) -> str:
        quantities = {"CIP FSI-": Quantity(value=40.0, unit="%"), "AGG FSI-": Quantity(value=share, unit="%")}
        result = StudyResult(
            id="a", kind="liquid", system="1 M KFSI in DME", status="done", quantities=quantities,
            provenance=Provenance(engine="openmm", version="8", protocol="fast"),
            data={"states": {"FSI-": {"CIP": [40.0, 1.0], "AGG": [60.0, 1.0]}}},
        )  # fmt: skip
        return states(Figure().subplots(), result)

    assert drawn(60.0) == ""
    assert "AGG FSI-" in drawn(None)
    assert "CIP" not in drawn(None)
