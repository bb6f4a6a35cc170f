"""Relaxations with EMT: symmetry, volume and frozen atoms are kept; honest about the end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.units import GPa

from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.relax import largest, relax
from potash.structures.encoding import decode
from potash.structures.phases import phase

OPTIONS = {"force": 0.01, "stress": 0.02, "steps": 200}


def run(atoms: Atoms, folder: Path, **options: Any) -> dict[str, Any]:
    cell = options.get("cell", "fixed")
    recorder = Recorder(lambda _: EMT(), CallLog(folder / "calls.xyz", writable=True), stress=cell != "fixed")
    return relax(atoms, recorder, {**OPTIONS, **options})


def group(atoms: Atoms) -> int:
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    return int(spglib.get_symmetry_dataset(cell, symprec=1e-3).number)


def tetragonal() -> Atoms:
    """A centred tetragonal cell of copper: 1.2 as high as wide, between bcc and fcc."""
    return Atoms("Cu2", scaled_positions=[[0, 0, 0], [0.5, 0.5, 0.5]], cell=[2.7, 2.7, 3.24], pbc=True)


def test_a_shape_goes_downhill_to_fcc(tmp_path: Path) -> None:
    found = run(tetragonal(), tmp_path, cell="shape", symmetry=True)
    relaxed = decode(found["atoms"])
    assert found["converged"]
    assert group(relaxed) in (139, 225)  # what it had, or what it went to
    assert relaxed.cell.lengths()[2] / relaxed.cell.lengths()[0] == pytest.approx(2**0.5, rel=2e-3)
    assert found["volume"] == pytest.approx(tetragonal().get_volume(), rel=1e-6)


def test_symmetry_holds_an_atom_that_forces_would_move(tmp_path: Path) -> None:
    """A square of four copper atoms becomes a rhombus where nothing holds it."""
    square = Atoms("Cu4", [[0, 0, 0], [2.6, 0, 0], [2.6, 2.6, 0], [0, 2.6, 0]], cell=[12, 12, 12], pbc=True)
    square.positions += [3.0, 3.0, 3.0]
    held = square.copy()
    (tmp_path / "held").mkdir()
    (tmp_path / "free").mkdir()
    found = decode(run(held, tmp_path / "held", symmetry=True)["atoms"])
    assert found.get_distance(0, 2) == pytest.approx(found.get_distance(1, 3), abs=1e-6)
    pushed = square.copy()
    pushed.positions[0] += [0.05, 0.05, 0]
    pushed.positions[2] -= [0.05, 0.05, 0]
    loose = decode(run(pushed, tmp_path / "free")["atoms"])
    assert abs(loose.get_distance(0, 2) - loose.get_distance(1, 3)) > 1.0


def test_forces_that_break_symmetry_by_noise_do_not_move_the_atoms_off_it(tmp_path: Path) -> None:
    class Noisy(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            random = np.random.default_rng(1)
            self.results["forces"] = self.results["forces"] + random.normal(scale=0.05, size=(len(self.atoms), 3))

    atoms = phase("Cu")
    recorder = Recorder(lambda _: Noisy(), CallLog(tmp_path / "calls.xyz", writable=True), stress=True)
    found = relax(atoms, recorder, {**OPTIONS, "cell": "shape", "symmetry": True})
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
    relaxed.calc = EMT()
    stress = relaxed.get_stress() / GPa
    pressure = stress[:3].mean()
    assert abs(pressure) > 0.5  # it stays
    stress[:3] -= pressure
    assert found["shear"] == pytest.approx(np.abs(stress).max(), abs=1e-6)
    assert found["shear"] < OPTIONS["stress"]


def test_atoms_go_to_their_places_and_frozen_ones_stay(tmp_path: Path) -> None:
    atoms = phase("Cu").repeat(2)
    displaced = atoms.positions[9].copy()
    perfect = atoms.get_positions()
    atoms.positions[5] += [0.2, -0.1, 0.15]
    atoms.positions[20] -= [0.2, 0.1, 0.15]
    atoms.set_constraint(FixAtoms([9]))
    found = run(atoms, tmp_path)
    relaxed = decode(found["atoms"])
    assert found["converged"]
    assert found["force"] <= OPTIONS["force"]
    assert np.array_equal(relaxed.positions[9], displaced)
    assert found["atoms"]["frozen"] == [9]
    assert np.linalg.norm(relaxed.positions - perfect, axis=1).max() < 0.01
    assert "shear" not in found


def test_frozen_atoms_stay_where_symmetry_is_kept_too(tmp_path: Path) -> None:
    chain = Atoms("Cu3", [[0, 0, -2.0], [0, 0, 0], [0, 0, 2.0]], cell=[10, 10, 14], pbc=True)
    chain.positions += 5.0
    chain.set_constraint(FixAtoms([0, 2]))
    found = run(chain.copy(), tmp_path, symmetry=True)
    assert np.array_equal(np.array(found["atoms"]["positions"])[[0, 2]], chain.positions[[0, 2]])
    assert found["atoms"]["frozen"] == [0, 2]
    assert found["force"] <= OPTIONS["force"]


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
    found = run(atoms, tmp_path)
    relaxed = decode(found["atoms"])
    relaxed.calc = EMT()
    assert found["energy"] == pytest.approx(relaxed.get_potential_energy(), abs=1e-9)
    assert found["force"] == pytest.approx(largest(relaxed.get_forces()), abs=1e-7)


def test_a_molecule_has_no_volume(tmp_path: Path) -> None:
    found = run(Atoms("N2", [[0, 0, 0], [0, 0, 1.2]]), tmp_path)
    assert found["volume"] is None
    assert found["converged"]


def test_the_longest_vector() -> None:
    assert largest([[3, 4, 0], [0, 0, 1]]) == 5
    assert largest(np.zeros((0, 3))) == 0
