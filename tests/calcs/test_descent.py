"""Minima on a Gaussian process: the same ones as BFGS finds, in fewer calls, and on from any record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100, fcc110
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.descent import FAR, FITTED, _downhill, descend
from potash.calcs.path import TRUSTED

FORCE = 0.02


def gold_on_aluminium() -> Atoms:
    atoms = fcc100("Al", (2, 2, 3), vacuum=8)
    add_adsorbate(atoms, "Au", 1.7, "hollow")
    return atoms


def gold_on_copper() -> Atoms:
    atoms = fcc110("Cu", (2, 3, 5), vacuum=8)
    add_adsorbate(atoms, "Au", 1.5, "hollow")
    atoms.set_constraint(FixAtoms(mask=atoms.positions[:, 2] < atoms.positions[:, 2].min() + 2))
    return atoms


def shaken() -> Atoms:
    atoms: Atoms = bulk("Cu", cubic=True).repeat(2)
    atoms.rattle(0.15, seed=3)
    return atoms


def recorder(folder: Path, noise: float = 0.0) -> Recorder:
    random = np.random.default_rng(5)

    class Noisy(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            self.results["forces"] = self.results["forces"] + random.normal(scale=noise, size=(len(self.atoms), 3))

    return Recorder(lambda _: Noisy(), CallLog(folder / "calls.xyz", writable=True))


@pytest.mark.parametrize(("make", "most"), [(gold_on_aluminium, 6), (gold_on_copper, 7), (shaken, 12)])
def test_the_same_minimum_as_bfgs_in_fewer_calls(make: Callable[[], Atoms], most: int, tmp_path: Path) -> None:
    usual = make()
    usual.calc = EMT()
    steps = BFGS(usual, logfile=None)
    assert steps.run(fmax=FORCE, steps=200)
    known, lowest = descend(make(), recorder(tmp_path), FORCE, 200)
    assert known.force(lowest) < FORCE
    assert known.energies[lowest] == pytest.approx(usual.get_potential_energy(), abs=3e-3)
    assert len(known.places) <= min(most, steps.nsteps)


def test_noise_of_forces_does_not_keep_it_from_the_end(tmp_path: Path) -> None:
    known, lowest = descend(gold_on_copper(), recorder(tmp_path, noise=3e-3), 0.03, 200)
    assert known.force(lowest) < 0.03
    assert len(known.places) <= 10


def test_no_atom_leaps(tmp_path: Path) -> None:
    atoms = gold_on_aluminium()
    atoms.positions[-1, 2] += 2.0
    known, _ = descend(atoms, recorder(tmp_path), FORCE, 200)
    for index in range(1, len(known.places)):
        before = known.places[int(np.argmin(known.energies[:index]))]
        assert np.linalg.norm((known.places[index] - before).reshape(-1, 3), axis=1).max() <= FAR + 1e-9


def test_it_goes_on_from_what_is_on_record_whoever_made_the_calls(tmp_path: Path) -> None:
    first = gold_on_copper()
    first.calc = recorder(tmp_path)
    BFGS(first, logfile=None).run(fmax=FORCE, steps=5)
    made = count_calls(tmp_path / "calls.xyz")
    known, lowest = descend(gold_on_copper(), recorder(tmp_path), FORCE, 200)
    assert known.force(lowest) < FORCE
    assert len(known.places) == count_calls(tmp_path / "calls.xyz") > made
    again, same = descend(gold_on_copper(), recorder(tmp_path), FORCE, 200)
    assert len(again.places) == len(known.places)
    assert (again.places[same] == known.places[lowest]).all()


def test_calls_in_another_cell_do_not_count(tmp_path: Path) -> None:
    wide = shaken()
    wide.set_cell(wide.cell.array * 1.01, scale_atoms=True)
    descend(wide, recorder(tmp_path), FORCE, 3)
    known, lowest = descend(shaken(), recorder(tmp_path), FORCE, 200)
    assert known.force(lowest) < FORCE
    assert (known.places[0] == shaken().positions.ravel()).all()


def test_what_is_fitted_are_the_last_calls(tmp_path: Path) -> None:
    known, _ = descend(gold_on_copper(), recorder(tmp_path), FORCE, 4)
    last = known.last(2)
    assert [place.tolist() for place in last.places] == [place.tolist() for place in known.places[-2:]]
    assert (last.energies, last.printed) == (known.energies[-2:], known.printed[-2:])
    assert len(known.last(FITTED).places) == len(known.places)


@dataclass(frozen=True)
class Bowl:
    """A model with its minimum at the origin, known as well as it is told."""

    doubt: float

    def predict(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        stiff = np.array([1.0, 30.0, 5.0])
        return (stiff * at**2).sum(axis=1) / 2, stiff * at

    def spread(self, at: np.ndarray) -> np.ndarray:
        return np.full(len(at), self.doubt)


def test_a_step_ends_where_the_process_knows_too_little() -> None:
    start, alike = np.array([0.12, 0.05, 0.1]), (np.eye(3), np.eye(3))
    known, unknown = (_downhill(Bowl(doubt), alike, start, 1e-4) for doubt in (0.5 * TRUSTED, 2 * TRUSTED))  # type: ignore[arg-type]
    assert np.linalg.norm(known) < 1e-3
    assert 1e-2 < np.linalg.norm(unknown) < np.linalg.norm(start)
