"""Which phase is lowest: per atom, whatever the cells are."""

from typing import Any

import pytest

from potash.analysis.polymorphs import summarise

LIMITS = {"force": 0.05, "stress": 0.2}


def cell(count: int, per_atom: float, **change: Any) -> dict[str, Any]:
    energy = count * per_atom
    made = {"atoms": {"symbols": ["K"] * count}, "energy": energy, "force": 0.01, "shear": 0.01}
    return {**made, "fit": {"energy": energy, "residual": 0.0}, **change}


def test_energies_per_atom_above_the_first() -> None:
    quantities = summarise(["A", "B", "C"], [cell(8, -2.0), cell(4, -1.99), cell(16, -2.003)], LIMITS)
    assert {name: quantity.value for name, quantity in quantities.items()} == pytest.approx(
        {"B − A": 10.0, "C − A": -3.0}
    )
    assert all(quantity.unit == "meV/atom" for quantity in quantities.values())


def test_one_cell_that_is_not_relaxed_fails_all() -> None:
    quantities = summarise(["A", "B"], [cell(8, -2.0, force=0.2), cell(4, -1.99)], LIMITS)
    assert not all(check.passed for check in quantities["B − A"].checks)
