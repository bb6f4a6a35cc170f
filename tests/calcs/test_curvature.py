"""Curvatures: exact where the energy is a polynomial, and a whole crystal's by EMT."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms

from potash.calcs import expected
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.curvature import curvature
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve


class Polynomial(Calculator):
    """E = g·u + ½ u·H·u + c Σ u³ for moves u from a given place."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, place: np.ndarray, slope: np.ndarray, hessian: np.ndarray, cubic: float = 0.0) -> None:
        super().__init__()
        self.place, self.slope, self.hessian, self.cubic = place, slope, hessian, cubic

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        u = (self.atoms.positions - self.place).ravel()
        energy = self.slope @ u + u @ self.hessian @ u / 2 + self.cubic * np.sum(u**3)
        forces = -(self.slope + (self.hessian + self.hessian.T) @ u / 2 + 3 * self.cubic * u**2).reshape(-1, 3)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


#: Without symmetry, as the polynomials have none.
ATOMS = Atoms("K2Se", [[0, 0, 0], [0.3, 2, 0.4], [3, 1, 1.2]], cell=[9, 9, 9], pbc=True)


def polynomial(cubic: float = 0.0) -> Polynomial:
    random = np.random.default_rng(0)
    hessian = random.normal(size=(9, 9))
    return Polynomial(ATOMS.positions.copy(), random.normal(size=9), hessian + hessian.T, cubic)


def run(atoms: Atoms, calculator: Calculator, folder: Path, chosen: list[int], step: float = 0.02) -> dict[str, Any]:
    log = CallLog(folder / "calls.xyz", writable=True)
    return curvature(atoms, Recorder(lambda _: calculator, log), {"atoms": chosen, "step": step})


@pytest.mark.parametrize("cubic", [0.0, 3.0])
def test_along_one_direction_of_all_atoms(cubic: float, tmp_path: Path) -> None:
    """Two calls give the Hessian times a direction of length 1, however long it is given."""
    calculator, log = polynomial(cubic), CallLog(tmp_path / "calls.xyz", writable=True)
    direction = np.random.default_rng(1).normal(size=(3, 3))
    recorder = Recorder(lambda _: calculator, log)
    found = curvature(ATOMS.copy(), recorder, {"along": (7 * direction).tolist(), "step": 0.02})
    expected_row = calculator.hessian @ direction.ravel() / np.linalg.norm(direction)
    assert np.ravel(found["row"]) == pytest.approx(expected_row, abs=1e-9)
    assert recorder.calls == 2


@pytest.mark.parametrize("chosen", [[0, 1, 2], [2, 0], [1]])
@pytest.mark.parametrize("cubic", [0.0, 3.0])
def test_what_is_odd_cancels(chosen: list[int], cubic: float, tmp_path: Path) -> None:
    """Central differences give the Hessian of a cubic polynomial without error, in the order of the chosen atoms."""
    calculator = polynomial(cubic)
    found = run(ATOMS.copy(), calculator, tmp_path, chosen)
    rows = [3 * index + axis for index in chosen for axis in range(3)]
    assert np.array(found["hessian"]) == pytest.approx(calculator.hessian[np.ix_(rows, rows)], abs=1e-9)
    assert found["asymmetry"] < 1e-9
    assert found["energy"] == 0
    slopes = calculator.slope.reshape(-1, 3)[chosen]
    assert found["force"] == pytest.approx(np.linalg.norm(slopes, axis=1).max())
    assert found["atoms"] == chosen
    assert found["converged"]
    assert count_calls(tmp_path / "calls.xyz") == 1 + 6 * len(chosen)


def test_forces_that_no_energy_has_are_told(tmp_path: Path) -> None:
    class Swirl(Polynomial):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            x, y, _ = self.atoms.positions[0]
            self.results["forces"][0] += [-0.4 * y, 0.4 * x, 0]

    calculator = Swirl(ATOMS.positions.copy(), np.zeros(9), np.eye(9))
    found = run(ATOMS.copy(), calculator, tmp_path, [0])
    assert found["asymmetry"] == pytest.approx(0.8)
    assert np.array(found["hessian"]) == pytest.approx(np.eye(3))


def test_a_crystal_resists_moves_of_one_atom_and_not_those_of_all(tmp_path: Path) -> None:
    atoms = bulk("Cu", a=3.6, cubic=True) * (2, 1, 1)
    found = run(atoms.copy(), EMT(), tmp_path, list(range(8)), step=0.01)
    hessian = np.array(found["hessian"])
    # Moved all together the atoms feel nothing: the blocks of a row add up to zero.
    assert hessian.reshape(8, 3, 8, 3).sum(axis=2) == pytest.approx(np.zeros((8, 3, 3)), abs=1e-6)
    assert np.linalg.eigvalsh(hessian)[3] > 0.1
    (tmp_path / "one").mkdir()
    alone = run(atoms.copy(), EMT(), tmp_path / "one", [5], step=0.01)
    assert np.array(alone["hessian"]) == pytest.approx(hessian[15:18, 15:18], abs=1e-9)


def test_it_is_the_second_difference_of_the_energy(tmp_path: Path) -> None:
    atoms = bulk("Cu", a=3.6, cubic=True)
    atoms.rattle(0.1, seed=0)
    found = run(atoms.copy(), EMT(), tmp_path, [1, 2], step=0.005)
    direction = np.random.default_rng(1).normal(size=(2, 3))
    energies = []
    for shift in (-0.01, 0.0, 0.01):
        moved = atoms.copy()
        moved.positions[[1, 2]] += shift * direction
        moved.calc = EMT()
        energies.append(moved.get_potential_energy())
    second = (energies[0] - 2 * energies[1] + energies[2]) / 1e-4
    assert direction.ravel() @ np.array(found["hessian"]) @ direction.ravel() == pytest.approx(second, rel=2e-3)


def test_a_killed_run_goes_on_with_the_calls_on_record(tmp_path: Path) -> None:
    class Mortal(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            if count_calls(tmp_path / "calls.xyz") == 5:
                raise KeyboardInterrupt
            super().calculate(*arguments, **named)

    atoms = bulk("Cu", a=3.6, cubic=True)
    atoms.rattle(0.05, seed=3)
    with pytest.raises(KeyboardInterrupt):
        run(atoms.copy(), Mortal(), tmp_path, [0, 2])
    kept = (tmp_path / "calls.xyz").read_text()
    assert kept.count("Lattice=") == 5
    found = run(atoms.copy(), EMT(), tmp_path, [0, 2])
    assert (tmp_path / "calls.xyz").read_text().startswith(kept)
    assert count_calls(tmp_path / "calls.xyz") == 13
    (tmp_path / "whole").mkdir()
    assert found == run(atoms.copy(), EMT(), tmp_path / "whole", [0, 2])


def test_the_atoms_are_back_in_their_places(tmp_path: Path) -> None:
    atoms = ATOMS.copy()
    run(atoms, polynomial(), tmp_path, [0, 1])
    assert np.array_equal(atoms.positions, ATOMS.positions)


def test_frozen_neighbours_stay_and_their_forces_do_not_count(tmp_path: Path) -> None:
    atoms = ATOMS.copy()
    atoms.set_constraint(FixAtoms([1, 2]))
    calculator = polynomial()
    found = run(atoms, calculator, tmp_path, [0])
    assert np.array(found["hessian"]) == pytest.approx(calculator.hessian[:3, :3], abs=1e-9)
    assert found["force"] == pytest.approx(np.linalg.norm(calculator.slope[:3]))


@pytest.mark.parametrize(("chosen", "words"), [
    ([], "at least one atom"),
    ([3], "the atoms are 0 to 2"),
    ([-1], "the atoms are 0 to 2"),
    ([0, 1], r"atom 1 \(K\) is frozen"),
    ([0, 2, 0], "atom 0 stands twice"),
])  # fmt: skip
def test_a_choice_that_cannot_be_moved_is_refused(chosen: list[int], words: str, tmp_path: Path) -> None:
    atoms = ATOMS.copy()
    atoms.set_constraint(FixAtoms([1]))
    with pytest.raises(BadInput, match=words):
        run(atoms, polynomial(), tmp_path, chosen)
    assert not (tmp_path / "calls.xyz").exists()


def test_the_worker_makes_as_many_calls_as_a_plan_says(tmp_path: Path) -> None:
    recipe = {"engine": "emt", "protocol": "fast", "settings": {}, "task": "curvature", "options": {"atoms": [3, 0]}}
    calculation = resolve(recipe, [encode(bulk("Cu", a=3.6, cubic=True))])
    assert calculation.options == {"atoms": [3, 0], "step": 0.02}
    found = compute(calculation, tmp_path, rank=0)
    assert found["calls"] == count_calls(tmp_path / "calls.xyz") == expected.calls(calculation)
    assert np.linalg.eigvalsh(found["hessian"])[0] > 1.0
