"""Hessians of whole cells and of chosen atoms: symmetry gives what plain differences of all atoms give, in fewer calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100, fcc111, molecule
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

from potash.analysis.curvature import curvatures, drift
from potash.calcs import expected
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.curvature import curvature
from potash.calcs.hessian import hessian
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.structures.phases import phase
from potash.structures.shell import free_atoms
from potash.workflows.jobs import resolve

#: So small that what is left of higher order does not count, in Å.
STEP = 0.002


def recorder(folder: Path, name: str, calculator: Calculator | None = None) -> Recorder:
    log = CallLog(folder / name, writable=True)
    return Recorder(lambda _: calculator or EMT(), log)


def run(atoms: Atoms, folder: Path, calculator: Calculator | None = None) -> dict[str, Any]:
    return hessian(atoms.copy(), recorder(folder, "calls.xyz", calculator), {"step": STEP})


def vacancy() -> Atoms:
    atoms = (bulk("Cu", a=3.59, cubic=True) * (2, 2, 2))[1:]
    atoms.calc = EMT()
    BFGS(atoms, logfile=None).run(fmax=0.01, steps=50)
    return atoms


def halfway() -> Atoms:
    """A neighbour of the vacancy between its own place and the empty one, where symmetry holds it."""
    atoms = vacancy()
    near = int(np.linalg.norm(atoms.positions, axis=1).argmin())
    atoms.positions[near] /= 2
    return atoms


def adatom() -> Atoms:
    """Of four layers, which inversion maps onto each other but for the adatom, the lower two are frozen."""
    atoms = fcc100("Al", (2, 2, 4), vacuum=6.0)
    add_adsorbate(atoms, "Au", 1.7, "hollow")
    atoms.set_constraint(FixAtoms(range(8)))
    return atoms


def clean() -> Atoms:
    """The same without: every free atom is the image of a frozen one, which comes first."""
    atoms = adatom()[:-1]
    atoms.set_constraint(FixAtoms(range(8)))
    return atoms


def oblique() -> Atoms:
    """A hexagonal cell with few operations; two atoms lie in other cells."""
    atoms = fcc111("Cu", (2, 2, 2), vacuum=5.0, periodic=True)
    atoms.symbols[5] = "Au"
    atoms.positions[5, 2] += 0.2
    atoms.positions[[1, 6]] += atoms.cell.array[0] - 2 * atoms.cell.array[1]
    return atoms


def irregular() -> Atoms:
    atoms = bulk("Cu", a=3.6, cubic=True)
    atoms.rattle(0.1, seed=0)
    return atoms


def differences(atoms: Atoms, chosen: list[int]) -> np.ndarray:
    """Each chosen atom to both sides along three axes, without a thought for symmetry: (3n, 3n) in eV/Å²."""
    rows = []
    for index in chosen:
        for axis in range(3):
            sides = []
            for shift in (STEP, -STEP):
                moved = atoms.copy()
                moved.positions[index, axis] += shift
                moved.calc = EMT()
                sides.append(moved.get_forces(apply_constraint=False)[chosen].ravel())
            rows.append((sides[1] - sides[0]) / (2 * STEP))
    return np.array(rows)


@pytest.mark.parametrize(("build", "most"), [(vacancy, 7), (halfway, 54), (adatom, 12), (clean, 4), (oblique, 30), (irregular, 24)])  # fmt: skip
def test_it_is_that_of_plain_differences_in_fewer_calls(build: Any, most: int, tmp_path: Path) -> None:
    atoms = build()
    found = run(atoms, tmp_path)
    free = free_atoms(atoms)
    assert np.array(found["hessian"]) == pytest.approx(differences(atoms, free), abs=5e-4)
    assert found["asymmetry"] < 5e-4
    assert found["atoms"] == free
    assert found["displacements"] == count_calls(tmp_path / "calls.xyz") - 1 <= most <= 6 * len(free)


@pytest.mark.parametrize(("build", "chosen", "made"), [
    (vacancy, [0, 2], 2), (halfway, [1], 6), (adatom, [16], 2), (adatom, [9, 16], 4), (oblique, [5], 2), (irregular, [2], 6),
])  # fmt: skip
def test_chosen_atoms_have_their_block_of_it(build: Any, chosen: list[int], made: int, tmp_path: Path) -> None:
    atoms = build()
    found = curvature(atoms.copy(), recorder(tmp_path, "calls.xyz"), {"atoms": chosen, "step": STEP})
    assert np.array(found["hessian"]) == pytest.approx(differences(atoms, chosen), abs=5e-4)
    assert found["displacements"] == count_calls(tmp_path / "calls.xyz") - 1 == made


@pytest.mark.parametrize(("name", "made"), [("H2O", 6), ("CH4", 3), ("NH3", 14)])
def test_a_molecule_without_a_cell_has_its_symmetry_too(name: str, made: int, tmp_path: Path) -> None:
    atoms = molecule(name)
    everything = list(range(len(atoms)))
    found = curvature(atoms.copy(), recorder(tmp_path, "calls.xyz"), {"atoms": everything, "step": STEP})
    assert np.array(found["hessian"]) == pytest.approx(differences(atoms, everything), abs=5e-3)
    assert found["displacements"] == count_calls(tmp_path / "calls.xyz") - 1 == made


def test_a_layer_whose_cell_has_two_vectors_keeps_them(tmp_path: Path) -> None:
    atoms = fcc100("Cu", (2, 2, 2))
    atoms.set_cell([*atoms.cell.array[:2], [0, 0, 0]])
    assert atoms.cell.rank == 2
    found = curvature(atoms.copy(), recorder(tmp_path, "calls.xyz"), {"atoms": [0, 5], "step": STEP})
    assert np.array(found["hessian"]) == pytest.approx(differences(atoms, [0, 5]), abs=5e-4)
    assert found["displacements"] == 2


def test_forces_that_break_the_symmetry_at_rest_do_not_count(tmp_path: Path) -> None:
    class Pushed(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            self.results["forces"][5] += [0.03, 0.0, -0.04]

    atoms = vacancy()
    (tmp_path / "pushed").mkdir()
    pushed = run(atoms, tmp_path / "pushed", Pushed())
    assert np.array(pushed["hessian"]) == pytest.approx(np.array(run(atoms, tmp_path)["hessian"]), abs=1e-9)
    assert pushed["force"] > 0.045


def test_a_killed_run_goes_on_with_the_calls_on_record(tmp_path: Path) -> None:
    class Mortal(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            if count_calls(tmp_path / "calls.xyz") == 5:
                raise KeyboardInterrupt
            super().calculate(*arguments, **named)

    atoms = adatom()
    with pytest.raises(KeyboardInterrupt):
        run(atoms, tmp_path, Mortal())
    kept = (tmp_path / "calls.xyz").read_text()
    found = run(atoms, tmp_path)
    assert (tmp_path / "calls.xyz").read_text().startswith(kept)
    (tmp_path / "whole").mkdir()
    assert found == run(atoms, tmp_path / "whole")
    assert count_calls(tmp_path / "calls.xyz") == count_calls(tmp_path / "whole" / "calls.xyz")


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda atoms: atoms.set_constraint(FixAtoms(range(len(atoms)))), "all are frozen"),
    (lambda atoms: atoms.set_cell([3, 3, 0]), "three vectors, not of 2"),
])  # fmt: skip
def test_what_has_no_whole_cell_is_refused(spoil: Any, words: str, tmp_path: Path) -> None:
    atoms = adatom()
    spoil(atoms)
    with pytest.raises(BadInput, match=words):
        run(atoms, tmp_path)
    assert not (tmp_path / "calls.xyz").exists()


def test_the_worker_makes_as_many_calls_as_a_plan_says(tmp_path: Path) -> None:
    recipe = {"engine": "emt", "protocol": "fast", "settings": {}, "task": "hessian", "options": {}}
    calculation = resolve(recipe, [encode(clean())])
    assert calculation.options == {"step": 0.02}
    found = compute(calculation, tmp_path, rank=0)
    assert found["calls"] == count_calls(tmp_path / "calls.xyz") == expected.calls(calculation) < 6


@pytest.mark.dft
def test_of_a_real_engine(tmp_path: Path) -> None:
    """Selenium in K2Se resists all ways alike; and a plane-wave code's forces hold a whole crystal in no place."""
    found = {}
    for task, options in (("hessian", {}), ("curvature", {"atoms": [1]})):
        coarse = {"kpoints": [2, 2, 2], "cutoff": 250}
        recipe = {"engine": "gpaw", "protocol": "fast", "settings": coarse, "task": task, "options": options}
        (tmp_path / task).mkdir()
        found[task] = compute(resolve(recipe, [encode(phase("K2Se", primitive=True))]), tmp_path / task, rank=0)
    whole, alone = (np.array(each["hessian"]) for each in found.values())
    assert whole[3:6, 3:6] == pytest.approx(alone, abs=5e-3)
    assert [found[task]["calls"] for task in ("hessian", "curvature")] == [3, 2]
    assert curvatures(whole, floating=True)[0].min() > 1
    assert drift(whole) < 0.02
