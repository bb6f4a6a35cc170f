"""What is told of levels: whether they bind an electron, and what relaxed the shape."""

from __future__ import annotations

from typing import Any

import pytest

from potash.analysis import orbitals as analysis
from potash.analysis.published import Verdict, allowed, get
from potash.analysis.result import stand_beside

LIMITS = {"force": 0.05}


def level(homo: float, lumo: float, **more: Any) -> dict[str, Any]:
    return {"homo": homo, "lumo": lumo, "spread": None, "contamination": 0.0, "force": 0.01, "energy": -10.0, **more}


def test_a_lumo_above_the_vacuum_is_told_to_be_unbound() -> None:
    found = {"bound": {"ground": level(-7.0, -0.5)}, "free": {"ground": level(-7.0, 0.5)}}
    quantities = analysis.summarise(found, None, LIMITS, relaxed=False)
    assert "unbound" in quantities["LUMO free"].says
    assert "unbound" not in quantities["LUMO bound"].says + quantities["HOMO free"].says
    (note,) = analysis.unbound(found)
    assert note.startswith("The LUMO of free lies at or above the vacuum level")


def test_argon_on_a_grid_binds_nothing_though_its_box_puts_a_state_just_below_zero() -> None:
    """HOMO −10.270 and LUMO −0.017 eV: PBE, 5 Å around, 0.20 Å (benchmarks/levels.py)."""
    assert analysis.unbound({"Ar": {"ground": level(-10.270, -0.017)}})


def test_the_error_of_a_difference_is_how_far_the_difference_moves() -> None:
    """Both levels fall by a tenth of an electronvolt in the larger basis, their difference moves by 0.02 eV."""
    found = {
        "FEC": {"ground": level(-9.0, -0.62), "finer": level(-9.1, -0.72)},
        "PC": {"ground": level(-8.4, -0.58, spread=0.01), "finer": level(-8.5, -0.70)},
    }
    quantities = analysis.summarise(found, ("FEC", "PC"), LIMITS, relaxed=False)
    assert quantities["LUMO FEC"].error == pytest.approx(0.1)
    assert quantities["LUMO FEC − PC"].error == pytest.approx(0.02)
    assert [check.name for check in quantities["LUMO FEC − PC"].checks] == ["variation of the vacuum potential"]
    ranked = analysis.ranked(found, quantities, ("FEC", "PC"), "LUMO")
    assert ranked is not None
    assert [each.shift for each in ranked] == pytest.approx([-0.1, -0.12])
    del found["PC"]["finer"]
    assert analysis.summarise(found, ("FEC", "PC"), LIMITS, relaxed=False)["LUMO FEC − PC"].error is None


@pytest.mark.parametrize(("lumo", "verdict"), [(-0.5, "ordering reproduced"), (0.1, "not comparable")])
def test_a_difference_of_unbound_levels_reproduces_nothing(lumo: float, verdict: str) -> None:
    found = {"FEC": {"ground": level(-9.0, lumo)}, "PC": {"ground": level(-8.4, 0.5)}}
    quantities = analysis.summarise(found, ("FEC", "PC"), LIMITS, relaxed=False)
    (row,) = analysis.weighed(stand_beside(("A049",), quantities), found, ("FEC", "PC"))
    assert row.verdict is Verdict(verdict)
    assert "Unbound, a state of the box or the basis: " in row.says


def test_levels_without_errors_are_ordered_from_the_tolerance_on() -> None:
    assert allowed(get("S19")) == analysis.OPEN


def test_orders_of_occupied_levels_are_of_those() -> None:
    found = {"EC": {"ground": level(-8.4, 0.5)}, "DME": {"ground": level(-7.4, 0.4)}}
    quantities = analysis.summarise(found, None, LIMITS, relaxed=False)
    ranked = analysis.ranked(found, quantities, ("EC", "DME"), "HOMO")
    assert ranked is not None
    assert [(each.value, each.error, each.bound) for each in ranked] == [(-8.4, None, True), (-7.4, None, True)]


def test_forces_are_those_of_what_relaxed_the_shape() -> None:
    """A grid's forces at LCAO's minimum are no measure of how well LCAO relaxed it."""
    own = {"ground": level(-7.0, -0.5, force=0.4), "ground, geometry": level(-6.5, 1.0, force=0.02)}
    (check,) = analysis.summarise({"one": own}, None, LIMITS, relaxed=True)["HOMO one"].checks
    assert (check.value, check.passed) == (0.02, True)
