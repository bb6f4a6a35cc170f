"""Melting and quenching: temperatures, seeds, and a run that was stopped."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.units import GPa, kB

from potash.calcs.calls import CallLog, Recorder
from potash.calcs.quench import BLOCK, quench, temperatures
from potash.structures.encoding import decode

OPTIONS = {"melt": 2000.0, "hold": 0.4, "rate": 2000.0, "timestep": 4.0, "seed": 5, "force": 0.05, "steps": 500}


class Killed(Exception):
    pass


class Mortal(EMT):
    """Dies at a call."""

    left = 10**9

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        Mortal.left -= 1
        if Mortal.left < 0:
            raise Killed
        super().calculate(*args, **kwargs)


def run(folder: Path, **changed: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    atoms = bulk("Cu", cubic=True).repeat((2, 1, 1))
    recorder = Recorder(lambda atoms: Mortal(), CallLog(folder / "calls.xyz", writable=True))
    return quench(atoms, recorder, {**OPTIONS, **changed}, folder, rank=0)


def positions(result: dict[str, Any]) -> np.ndarray:
    found: np.ndarray = decode(result["atoms"]).positions
    return found


def test_held_and_cooled() -> None:
    cold = temperatures(OPTIONS)
    assert cold[:2] == [2000, 2000]
    assert cold[-1] == 300
    falls = -np.diff(cold[1:])
    assert falls == pytest.approx(falls[0])
    assert falls[0] / (BLOCK * 0.004) == pytest.approx(2000, rel=0.2)


def test_a_run_that_was_killed_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    for calls in (70, 130, 140):
        Mortal.left = calls
        with pytest.raises(Killed):
            run(tmp_path / "killed")
    Mortal.left = 10**9
    went_on = run(tmp_path / "killed")
    assert (positions(went_on) == positions(whole)).all(), "bit for bit"
    assert went_on["energies"] == whole["energies"]
    assert went_on["calls"] == whole["calls"] == BLOCK * len(temperatures(OPTIONS))


def test_heated_cooled_and_relaxed(tmp_path: Path) -> None:
    made = run(tmp_path / "one")
    assert made["converged"]
    assert made["force"] <= OPTIONS["force"]
    hot = max(made["energies"][:2]) - made["energy"]
    assert hot > 8 * 0.5 * 1.5 * kB * 2000, "half of what springs would hold at the melt's temperature, at least"
    assert made["energy"] < made["energies"][-1] < max(made["energies"]), "cooled, then relaxed"
    other = run(tmp_path / "other", seed=6)
    assert other["energies"][0] != made["energies"][0]


def test_the_pressure_is_the_virials(tmp_path: Path) -> None:
    """EMT has a stress of its own."""
    made = run(tmp_path / "one")
    relaxed = decode(made["atoms"])
    relaxed.calc = EMT()
    assert made["pressure"] == pytest.approx(-relaxed.get_stress()[:3].mean() / GPa, abs=0.05)
    assert abs(made["pressure"]) > 0.5, "a sample of eight atoms in the crystal's cell is not at rest"


def test_a_free_particle_has_the_thermostats_temperature(tmp_path: Path) -> None:
    """What the last block leaves at 300 K: the mean kinetic energy of free atoms is 3/2 kT each."""

    class Free(Calculator):
        implemented_properties = ["energy", "forces"]  # noqa: RUF012

        def calculate(self, atoms: Atoms | None = None, *args: Any, **kwargs: Any) -> None:
            assert atoms is not None
            super().calculate(atoms, *args, **kwargs)
            self.results = {"energy": 0.0, "forces": np.zeros((len(atoms), 3))}

    atoms = bulk("Cu", cubic=True).repeat((4, 2, 2))
    recorder = Recorder(lambda atoms: Free(), CallLog(tmp_path / "calls.xyz", writable=True))
    quench(atoms, recorder, {**OPTIONS, "hold": 0.2, "rate": 1500.0}, tmp_path, rank=0)
    momenta = np.array(json.loads((tmp_path / "quench.json").read_text())["momenta"])
    kinetic = (momenta**2).sum() / (2 * atoms.get_masses()[0])
    expected = temperatures({**OPTIONS, "hold": 0.2, "rate": 1500.0})[-1]
    assert kinetic / (1.5 * len(atoms) * kB) == pytest.approx(expected, rel=0.25)
