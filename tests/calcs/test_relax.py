"""Relaxations with EMT: against an equation of state, symmetry and volume kept, honest about the end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.eos import EquationOfState
from ase.units import GPa

from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.relax import largest, relax
from potash.structures.encoding import decode
from potash.structures.phases import phase

pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

OPTIONS = {"force": 0.01, "stress": 0.02, "steps": 200}


def run(atoms: Atoms, folder: Path, **options: Any) -> dict[str, Any]:
    cell = options.get("cell", "fixed")
    recorder = Recorder(lambda _: EMT(), CallLog(folder / "calls.xyz", writable=True), stress=cell != "fixed")
    return relax(atoms, recorder, {**OPTIONS, **options})


def group(atoms: Atoms) -> int:
    return int(spglib.get_symmetry_dataset((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), symprec=1e-3).number)


def equilibrium(symbol: str) -> float:
    """The volume per atom where EMT's energy is lowest, from a scan of its own."""
    start = phase(symbol, primitive=True)
    volumes, energies = [], []
    for factor in np.linspace(0.96, 1.04, 9):
        atoms = start.copy()
        atoms.set_cell(start.cell * factor ** (1 / 3), scale_atoms=True)
        atoms.calc = EMT()
        volumes.append(atoms.get_volume())
        energies.append(atoms.get_potential_energy())
    return float(EquationOfState(volumes, energies, eos="birchmurnaghan").fit()[0])


@pytest.mark.parametrize("symbol", ["Cu", "Al"])
@pytest.mark.parametrize("primitive", [True, False])
def test_a_free_cell_finds_the_volume_of_the_equation_of_state(symbol: str, primitive: bool, tmp_path: Path) -> None:
    atoms = phase(symbol, primitive=primitive)
    atoms.set_cell(atoms.cell * 1.02, scale_atoms=True)
    found = run(atoms, tmp_path, cell="free", symmetry=True)
    relaxed = decode(found["atoms"])
    assert found["converged"]
    assert found["volume"] == pytest.approx(relaxed.get_volume())
    assert (found["volume"] / len(relaxed)) ** (1 / 3) == pytest.approx(equilibrium(symbol) ** (1 / 3), rel=2e-4)
    assert np.abs(found["stress"]).max() < OPTIONS["stress"]
    assert group(relaxed) == 225


def test_symmetry_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    """A bcc cell of copper is no minimum: it goes to fcc where nothing holds it."""
    start = Atoms("Cu2", scaled_positions=[[0, 0, 0], [0.5, 0.5, 0.5]], cell=[2.85, 2.85, 2.88], pbc=True)
    assert group(start) == 139
    held = run(start.copy(), tmp_path, cell="shape", symmetry=True)
    assert group(decode(held["atoms"])) in (139, 225, 229)
    skew = start.copy()
    skew.set_cell(skew.cell.array @ (np.eye(3) + [[0, 0.03, 0], [0, 0, 0.02], [0, 0, 0]]), scale_atoms=True)
    before = group(skew)
    (tmp_path / "skew").mkdir()
    again = run(skew, tmp_path / "skew", cell="free", symmetry=True)
    rotations = spglib.get_symmetry((skew.cell.array, skew.get_scaled_positions(), skew.numbers))["rotations"]
    assert before in (1, 2)
    assert len(rotations) >= 2
    assert again["energy"] <= held["energy"] + 1e-6


def test_forces_that_break_symmetry_by_noise_do_not_move_the_atoms_off_it(tmp_path: Path) -> None:
    class Noisy(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            random = np.random.default_rng(len(arguments))
            self.results["forces"] = self.results["forces"] + random.normal(scale=0.05, size=(len(self.atoms), 3))

    atoms = phase("Cu")
    recorder = Recorder(lambda _: Noisy(), CallLog(tmp_path / "calls.xyz", writable=True), stress=True)
    found = relax(atoms, recorder, {**OPTIONS, "cell": "free", "symmetry": True})
    assert group(decode(found["atoms"])) == 225
    assert np.allclose(decode(found["atoms"]).get_scaled_positions() * 2 % 1, 0, atol=1e-6)


def test_shape_relaxes_at_constant_volume(tmp_path: Path) -> None:
    atoms = phase("Cu")
    atoms.set_cell(atoms.cell.array * [[1.03], [1.0], [0.96]], scale_atoms=True)
    volume = atoms.get_volume()
    found = run(atoms, tmp_path, cell="shape")
    relaxed = decode(found["atoms"])
    assert found["converged"]
    assert found["volume"] == pytest.approx(volume, rel=1e-6)
    assert np.ptp(relaxed.cell.lengths()) < 0.01
    stress = np.array(found["stress"])
    assert np.abs(stress[:3] - stress[:3].mean()).max() < OPTIONS["stress"]
    assert np.abs(stress[:3].mean()) > 0.1  # the pressure stays


def test_atoms_go_to_their_places_and_frozen_ones_stay(tmp_path: Path) -> None:
    atoms = phase("Cu").repeat(2)
    perfect = atoms.get_positions()
    atoms.positions[5] += [0.2, -0.1, 0.15]
    atoms.positions[9] += [0.1, 0.1, 0.1]
    atoms.set_constraint(FixAtoms([9]))
    displaced = atoms.positions[9].copy()
    found = run(atoms, tmp_path)
    relaxed = decode(found["atoms"])
    assert found["converged"]
    assert found["force"] <= OPTIONS["force"]
    assert np.array_equal(relaxed.positions[9], displaced)
    assert found["atoms"]["frozen"] == [9]
    assert np.linalg.norm(relaxed.positions[5] - perfect[5]) < 0.08
    assert "stress" not in found


def test_frozen_atoms_do_not_count_in_the_force(tmp_path: Path) -> None:
    atoms = phase("Cu").repeat(2)
    atoms.positions[0] += 0.3
    atoms.set_constraint(FixAtoms(range(32)))
    found = run(atoms, tmp_path)
    assert found["force"] == 0
    assert found["converged"]
    assert count_calls(tmp_path / "calls.xyz") == 1


def test_too_few_steps_are_not_called_converged(tmp_path: Path) -> None:
    atoms = phase("Cu").repeat(2)
    atoms.rattle(0.2, seed=1)
    found = run(atoms, tmp_path, steps=2)
    assert not found["converged"]
    assert found["force"] > OPTIONS["force"]
    assert count_calls(tmp_path / "calls.xyz") == 3


def test_what_is_given_is_what_the_engine_says_of_the_relaxed_atoms(tmp_path: Path) -> None:
    atoms = phase("Cu").repeat((2, 1, 1))
    atoms.rattle(0.1, seed=2)
    found = run(atoms, tmp_path, cell="free")
    relaxed = decode(found["atoms"])
    relaxed.calc = EMT()
    assert found["energy"] == pytest.approx(relaxed.get_potential_energy(), abs=1e-9)
    assert found["force"] == pytest.approx(largest(relaxed.get_forces()), abs=1e-7)
    assert found["stress"] == pytest.approx(relaxed.get_stress() / GPa, abs=1e-6)


def test_a_molecule_has_no_volume(tmp_path: Path) -> None:
    found = run(Atoms("N2", [[0, 0, 0], [0, 0, 1.2]]), tmp_path)
    assert found["volume"] is None
    assert found["converged"]


def test_the_longest_vector() -> None:
    assert largest([[3, 4, 0], [0, 0, 1]]) == 5
    assert largest(np.zeros((0, 3))) == 0
