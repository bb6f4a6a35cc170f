"""Forces on displaced atoms: with springs they are known, and a killed run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT

from potash.calcs import expected
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.phonons import phonons
from potash.calcs.worker import compute
from potash.structures.encoding import decode, encode
from potash.structures.lattice import grown
from potash.workflows.jobs import resolve
from tests.calcs.springs import Springs

CELL = bulk("Cu", a=3.6)
MATRIX = np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]) * 2


def run(calculator: Calculator, folder: Path, cell: Any = CELL, step: float = 0.02) -> dict[str, Any]:
    log = CallLog(folder / "calls.xyz", writable=True)
    return phonons(grown(cell, MATRIX), cell.copy(), Recorder(lambda _: calculator, log), {"step": step})


def test_the_forces_are_those_of_the_springs(tmp_path: Path) -> None:
    """Of twelve springs of an atom in fcc four each lie in a coordinate's two planes: it is pulled back by 4K u."""
    found = run(Springs(stiffness=3.0), tmp_path, step=1e-3)
    assert len(found["sets"]) == 1
    one = found["sets"][0]
    forces, move = np.array(one["forces"]), np.array(one["displacement"])
    assert np.linalg.norm(move) == pytest.approx(1e-3)
    assert forces[one["number"]] == pytest.approx(-4 * 3.0 * move, rel=1e-4)
    assert forces.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    assert np.count_nonzero(np.linalg.norm(forces, axis=1) > 1e-5) == 9  # itself, and neighbours but those across


def test_forces_at_rest_do_not_count_as_springs(tmp_path: Path) -> None:
    class Pushed(Springs):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            self.results["forces"][5] += [0.03, 0.0, -0.04]

    found = run(Pushed(stiffness=3.0), tmp_path)
    (tmp_path / "plain").mkdir()
    plain = run(Springs(stiffness=3.0), tmp_path / "plain")
    assert np.array(found["sets"][0]["forces"]) == pytest.approx(np.array(plain["sets"][0]["forces"]), abs=1e-12)
    assert found["force"] == pytest.approx(0.05)


def test_a_killed_run_goes_on_with_the_calls_on_record(tmp_path: Path) -> None:
    class Mortal(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            if count_calls(tmp_path / "calls.xyz") == 2:
                raise KeyboardInterrupt
            super().calculate(*arguments, **named)

    cell = bulk("NiAl", "cesiumchloride", a=2.9)
    with pytest.raises(KeyboardInterrupt):
        run(Mortal(), tmp_path, cell)
    kept = (tmp_path / "calls.xyz").read_text()
    found = run(EMT(), tmp_path, cell)
    assert (tmp_path / "calls.xyz").read_text().startswith(kept)
    assert count_calls(tmp_path / "calls.xyz") == 1 + len(found["sets"]) == 3
    (tmp_path / "whole").mkdir()
    assert found == run(EMT(), tmp_path / "whole", cell)


def test_the_worker_makes_as_many_calls_as_a_plan_says(tmp_path: Path) -> None:
    recipe = {"engine": "emt", "protocol": "fast", "settings": {}, "task": "phonons", "options": {}}
    large = grown(CELL, MATRIX)
    calculation = resolve(recipe, [encode(large), encode(CELL)])
    assert calculation.options == {"step": 0.02}
    found = compute(calculation, tmp_path, rank=0)
    assert found["calls"] == count_calls(tmp_path / "calls.xyz") == expected.calls(calculation)
    assert np.array_equal(decode(found["supercell"]).positions, large.positions)
    assert found["converged"]
