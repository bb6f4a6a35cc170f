"""Work functions from potentials of known shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from potash.analysis.work_function import summarise, vacuum, work_function

Z = np.linspace(0, 20, 201)


def slab(top: float, bottom: float = 5.0, fermi: float = 1.0, slope: float = 0.0) -> dict[str, Any]:
    """A well between two vacua of their own heights; a slope leans the upper one."""
    planar = np.where(Z < 6, bottom, np.where(Z > 14, top + slope * (Z - 14), -8.0))
    return {"z": Z.tolist(), "planar": planar.tolist(), "fermi": fermi}


def test_each_side_has_its_vacuum() -> None:
    assert vacuum(slab(4.0), "top") == pytest.approx((4.0, 0.0))
    assert vacuum(slab(4.0), "bottom") == pytest.approx((5.0, 0.0))


def test_it_is_the_upper_vacuum_over_the_fermi_level() -> None:
    found = work_function(slab(4.0, fermi=-0.5), "")
    assert found.value == pytest.approx(4.5)
    assert found.checks[0].passed


def test_a_vacuum_that_leans_is_told() -> None:
    assert not work_function(slab(4.0, slope=0.1), "").checks[0].passed
    assert work_function(slab(4.0, slope=0.04), "").checks[0].passed


def test_the_change_is_that_of_the_covered_surface() -> None:
    found = summarise(slab(4.0), slab(2.5, fermi=1.2))
    assert found["work function, clean"].value == pytest.approx(3.0)
    assert found["change of the work function"].value == pytest.approx(-1.7)


def test_a_shift_of_all_potentials_changes_nothing() -> None:
    raised = slab(4.0, fermi=3.0)
    raised["planar"] = [value + 2.0 for value in raised["planar"]]
    assert work_function(raised, "").value == pytest.approx(work_function(slab(4.0), "").value)
