"""What is told of levels: whether they bind an electron, and what relaxed the shape."""

from __future__ import annotations

from typing import Any

from potash.analysis import orbitals as analysis

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


def test_forces_are_those_of_what_relaxed_the_shape() -> None:
    """A grid's forces at LCAO's minimum are no measure of how well LCAO relaxed it."""
    own = {"ground": level(-7.0, -0.5, force=0.4), "ground, geometry": level(-6.5, 1.0, force=0.02)}
    (check,) = analysis.summarise({"one": own}, None, LIMITS, relaxed=True)["HOMO one"].checks
    assert (check.value, check.passed) == (0.02, True)
