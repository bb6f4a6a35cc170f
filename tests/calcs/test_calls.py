"""The log of force calls: digits, broken ends, and an optimiser that goes on where it was killed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.io import read
from ase.optimize import BFGS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.errors import CalculationFailed
from potash.structures.phases import phase

number = st.floats(-1e6, 1e6, allow_subnormal=False)


def copper(seed: int = 0, size: float = 0.15) -> Atoms:
    atoms = phase("Cu").repeat((2, 1, 1))
    atoms.positions += np.random.default_rng(seed).normal(scale=size, size=atoms.positions.shape)
    return atoms


class Counting:
    """Starts EMT, and counts how often it is started and asked."""

    def __init__(self) -> None:
        self.started = 0
        self.asked = 0

    def __call__(self, atoms: Atoms) -> Calculator:
        self.started += 1
        counter = self

        class Counted(Calculator):
            implemented_properties: ClassVar[list[str]] = EMT.implemented_properties

            def calculate(self, atoms: Atoms, properties: Any, changes: Any) -> None:
                super().calculate(atoms, properties, changes)
                counter.asked += 1
                # A new one each time: its list of neighbours remembers earlier steps, in the last digit.
                fresh = atoms.copy()
                fresh.calc = EMT()
                fresh.get_stress()
                self.results = fresh.calc.results

        return Counted()


def relaxed(path: Path, start: Callable[[Atoms], Calculator], *, stress: bool = False) -> tuple[Atoms, Recorder]:
    atoms = copper()
    atoms.calc = Recorder(start, CallLog(path, writable=True), stress=stress)
    BFGS(atoms, logfile=None).run(fmax=0.02)
    return atoms, atoms.calc


@given(
    positions=arrays(float, (2, 3), elements=number),
    cell=arrays(float, (3, 3), elements=number),
    forces=arrays(float, (2, 3), elements=number),
    stress=arrays(float, 6, elements=number),
    energy=number,
)
def test_every_digit_comes_back(
    tmp_path_factory: Any, positions: Any, cell: Any, forces: Any, stress: Any, energy: Any
) -> None:
    path = tmp_path_factory.mktemp("log") / "calls.xyz"
    atoms = Atoms("KSe", positions, cell=cell, pbc=(True, False, True))
    results = {"energy": energy, "free_energy": energy - 1.5, "forces": forces, "stress": stress}
    CallLog(path, writable=True).append(atoms, results, 1.25)
    (frame,) = CallLog(path, writable=False).frames
    assert np.array_equal(frame.positions, positions)
    assert np.array_equal(frame.cell.array, cell)
    assert frame.pbc.tolist() == [True, False, True]
    for name, value in results.items():
        assert np.array_equal(frame.calc.results[name], value)
    assert CallLog(path, writable=False).find(atoms) is not None
    assert count_calls(path) == 1


def test_a_log_is_extended_xyz_that_others_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    atoms, recorder = relaxed(path, Counting())
    frames = read(path, index=":")
    assert len(frames) == recorder.calls
    assert frames[-1].get_potential_energy() == atoms.get_potential_energy()


def test_a_broken_end_is_dropped_wherever_it_breaks(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    log = CallLog(path, writable=True)
    ends = [0]
    for seed in range(3):
        atoms = copper(seed)[:1]
        atoms.calc = EMT()
        results = {"energy": atoms.get_potential_energy(), "free_energy": 0.0, "forces": atoms.get_forces()}
        log.append(atoms, results, 0.5)
        ends.append(path.stat().st_size)
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = max(number for number, end in enumerate(ends) if end <= cut)
        assert count_calls(path) == kept
        found = CallLog(path, writable=False)
        assert path.stat().st_size == cut  # who only reads changes nothing
        assert len(found.frames) == kept
        CallLog(path, writable=True)
        assert path.read_bytes() == whole[: ends[kept]]


def test_a_log_goes_on_after_a_broken_end(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    relaxed(path, Counting())
    path.write_bytes(path.read_bytes()[:-7])
    before = count_calls(path)
    log = CallLog(path, writable=True)
    atoms = copper(7)
    log.append(atoms, {"energy": 1.0, "free_energy": 1.0, "forces": np.zeros((len(atoms), 3))}, 0.1)
    assert len(CallLog(path, writable=False).frames) == before + 1


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95, 1.0])
@pytest.mark.parametrize("stress", [False, True])
def test_a_killed_relaxation_goes_on_bit_by_bit(share: float, stress: bool, tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    first = Counting()
    atoms, recorder = relaxed(path, first, stress=stress)
    assert first.asked == recorder.calls == count_calls(path) > 5

    text = path.read_bytes()
    path.write_bytes(text[: int(share * len(text))])
    kept = count_calls(path)
    second = Counting()
    again, recorder = relaxed(path, second, stress=stress)
    assert np.array_equal(again.positions, atoms.positions)
    assert again.get_potential_energy() == atoms.get_potential_energy()
    assert np.array_equal(again.get_forces(), atoms.get_forces())
    assert second.asked == first.asked - kept
    assert second.started == (kept < first.asked)
    assert recorder.calls == first.asked
    assert count_calls(path) == first.asked


def test_a_call_without_stress_does_not_serve_where_stress_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    atoms = copper()
    atoms.calc = Recorder(Counting(), CallLog(path, writable=True))
    atoms.get_potential_energy()
    counting = Counting()
    atoms.calc = Recorder(counting, CallLog(path, writable=True), stress=True)
    assert np.isfinite(atoms.get_stress()).all()
    assert counting.asked == 1


@pytest.mark.parametrize("change", ["position", "cell", "element", "atoms"])
def test_another_structure_is_another_call(change: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    atoms = copper()
    atoms.calc = Recorder(Counting(), CallLog(path, writable=True))
    atoms.get_potential_energy()
    log = CallLog(path, writable=False)
    assert log.find(atoms) is not None
    other = atoms.copy()
    if change == "position":
        other.positions[3, 1] += 1e-7
    elif change == "cell":
        other.cell[0, 0] += 1e-7
    elif change == "element":
        other.numbers[2] = 47
    else:
        del other[0]
    assert log.find(other) is None


def test_who_may_not_write_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    atoms = copper()
    atoms.calc = Recorder(Counting(), CallLog(path, writable=False))
    atoms.get_potential_energy()
    assert not path.exists()
    assert count_calls(path) == 0


def test_seconds_of_replayed_calls_count(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    atoms = copper()
    results = {"energy": 1.0, "free_energy": 1.0, "forces": np.zeros((len(atoms), 3))}
    CallLog(path, writable=True).append(atoms, results, 12.5)
    atoms.calc = Recorder(Counting(), CallLog(path, writable=True))
    atoms.get_forces()
    assert atoms.calc.seconds == 12.5


def test_what_is_no_number_is_refused_and_not_recorded(tmp_path: Path) -> None:
    class Broken(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            super().calculate(*arguments, **named)
            self.results["forces"][0, 0] = np.nan

    path = tmp_path / "calls.xyz"
    atoms = copper()
    atoms.calc = Recorder(lambda _: Broken(), CallLog(path, writable=True))
    with pytest.raises(CalculationFailed, match=r"^F018: .* not a number; the closest atoms"):
        atoms.get_forces()
    assert count_calls(path) == 0


def test_the_live_calculator_has_just_computed_these_atoms(tmp_path: Path) -> None:
    path = tmp_path / "calls.xyz"
    relaxed(path, Counting())
    atoms = copper()
    recorder = Recorder(Counting(), CallLog(path, writable=True))
    atoms.calc = recorder
    atoms.get_forces()
    assert recorder.inner is None  # replayed
    live = recorder.live(atoms)
    assert np.array_equal(live.atoms.positions, atoms.positions)
    assert live.results["energy"] == atoms.get_potential_energy()
