"""Quantities of a bulk phase: per atom, beside what was measured, with checks that can fail."""

from typing import Any

import numpy as np
import pytest

from potash.analysis.bulk import AGREE, FIT, cell_checks, summarise
from potash.structures.encoding import encode
from potash.structures.phases import load, phase

LIMITS = {"force": 0.05, "stress": 0.2}


def relaxed(name: str, **change: Any) -> dict[str, Any]:
    atoms = phase(name, primitive=True)
    volume = float(atoms.get_volume())
    fit = {
        "measure": volume,
        "energy": -10.0,
        "modulus": 25.0,
        "residual": 1e-5,
        "parameters": (-10.0, 0.2, 4.0, volume),
    }
    cell = {
        "atoms": encode(atoms), "energy": -10.0, "force": 0.01, "shear": 0.01, "volume": volume, "fit": fit,
        "measures": [0.97 * volume, volume, 1.03 * volume], "energies": [-9.9, -10.0, -9.9],
    }  # fmt: skip
    return {**cell, **change, "fit": {**fit, **change.get("fit", {})}}


@pytest.mark.parametrize(("name", "axes"), [("K2Se", "a"), ("K3Sb-hexagonal", "ac"), ("KSb2", "abc"), ("Sb", "ac")])
def test_lattice_constants_are_those_of_the_conventional_cell(name: str, axes: str) -> None:
    quantities, _ = summarise(relaxed(name), LIMITS, load(name))
    lengths = phase(name).cell.lengths()
    assert [key for key in quantities if key in "abc"] == list(axes)
    if name != "KSb2":  # its standard setting is another one
        for axis in axes:
            assert quantities[axis].value == pytest.approx(lengths["abc".index(axis)], abs=1e-3)
            assert quantities[axis].unit == "Å"


def test_numbers_are_per_atom() -> None:
    quantities, data = summarise(relaxed("K2Se"), LIMITS, load("K2Se"))
    volume = phase("K2Se", primitive=True).get_volume()
    assert quantities["V0"].value == pytest.approx(volume / 3)
    assert quantities["energy"].value == pytest.approx(-10 / 3)
    assert quantities["B0"].value == 25.0
    assert data["atoms"] == 3
    assert data["volumes"][1] == pytest.approx(volume)


def test_a_measured_constant_stands_beside_the_computed_one() -> None:
    record = load("K2Se")
    assert record.measured is not None
    quantities, _ = summarise(relaxed("K2Se"), LIMITS, record)
    assert quantities["a"].experiment is not None
    assert quantities["a"].experiment.value == record.measured.lattice["a"] == 7.676
    computed, _ = summarise(relaxed("K3Sb-hexagonal"), LIMITS, load("K3Sb-hexagonal"))
    assert computed["a"].experiment is None
    own, _ = summarise(relaxed("K2Se"), LIMITS, None)
    assert own["a"].experiment is None


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"force": 0.051}, "largest force left"),
        ({"shear": 0.31}, "largest shear stress left"),
        ({"fit": {"residual": 3.01e-3 * FIT}}, "residual of the fit"),
        ({"energy": -10.0 - 3.01e-3 * AGREE}, "energy at the minimum against the fit"),
    ],
)
def test_each_check_fails_alone(change: dict[str, Any], name: str) -> None:
    assert all(check.passed for check in cell_checks([relaxed("K2Se")], LIMITS))
    checks = cell_checks([relaxed("K2Se"), relaxed("K2Se", **change)], LIMITS)
    assert [check.name for check in checks if not check.passed] == [name]


def test_every_quantity_carries_the_checks() -> None:
    quantities, _ = summarise(relaxed("K2Se", force=1.0), LIMITS, None)
    assert all(not all(check.passed for check in quantity.checks) for quantity in quantities.values())


def test_what_is_no_number_passes_no_check() -> None:
    checks = cell_checks([relaxed("K2Se", force=np.nan)], LIMITS)
    assert not checks[0].passed
