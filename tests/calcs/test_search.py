"""Searches from many starts: what they find, and that one that was stopped ends alike."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import molecule

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine, protocol
from potash.calcs.search import FILE
from potash.calcs.worker import compute
from potash.errors import CalculationFailed
from potash.structures.encoding import encode


def asked(steps: int = 200) -> Calculation:
    """Relax water from a shape near to its own, from a stretched one, and from two atoms on top of each other."""
    water, stretched, collapsed = (molecule("H2O") for _ in range(3))
    stretched.positions[1] *= 1.3
    collapsed.positions[1] = collapsed.positions[0]
    code = engine("tblite")
    settings = code.complete(water, protocol("tblite", "strict", "molecule"))
    return Calculation(
        task="search",
        atoms=tuple(map(encode, (water, stretched, collapsed))),
        engine="tblite",
        version=code.version(),
        settings=settings,
        options={"force": 0.01, "steps": steps},
    )


def found(folder: Path, calculation: Calculation) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return compute(calculation, folder, rank=0)


def test_starts_end_in_one_minimum_and_bad_ones_are_counted(tmp_path: Path) -> None:
    result = found(tmp_path, asked())
    assert result["lost"] == 1
    one, other = (each["energy"] for each in result["minima"])
    assert one == pytest.approx(other, abs=1e-4)
    assert result["energy"] == min(one, other)
    assert result["force"] < 0.01
    assert result["calls"] > 5


def test_a_search_that_was_stopped_ends_alike(tmp_path: Path) -> None:
    whole = found(tmp_path / "whole", asked())
    told = json.loads((tmp_path / "whole" / FILE).read_text())
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / FILE).write_text(json.dumps({**told, "ends": told["ends"][:1]}))
    again = found(tmp_path / "again", asked())
    for one, other in zip(whole["minima"], again["minima"], strict=True):
        assert one["energy"] == other["energy"]
        assert np.array_equal(one["atoms"]["positions"], other["atoms"]["positions"])


def test_a_search_without_an_end_fails(tmp_path: Path) -> None:
    with pytest.raises(CalculationFailed, match="none of 3 starts"):
        found(tmp_path, asked(steps=0))
