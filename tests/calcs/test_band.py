"""Bands: a barrier known in closed form, and a vacancy in copper whose saddle symmetry gives away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.optimize import BFGS

from potash.calcs.band import first_path, plain, roughness
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.structures.encoding import decode
from tests.calcs.hops_by_emt import REST, double_well, gold_on_aluminium, on_a_line
from tests.calcs.hops_by_emt import vacancy as copper

LIMITS = {"band_force": 0.005, "band_steps": 300}
TIGHT = {"images": 3, "band_force": 0.01, "band_steps": 200}


def band_on_a_line(saddle: float, log: CallLog, **options: Any) -> dict[str, Any]:
    ends = on_a_line(-1.0), on_a_line(1.0)
    return plain(*ends, lambda: Recorder(lambda _: double_well(1.2, saddle), log), {**LIMITS, **options})


@pytest.mark.parametrize("images", [1, 3, 4])
@pytest.mark.parametrize("saddle", [0.0, 0.3, -0.45])
def test_double_well(saddle: float, images: int, tmp_path: Path) -> None:
    band = band_on_a_line(saddle, CallLog(tmp_path / "calls.xyz", writable=True), images=images)
    curve = double_well(1.2, saddle).curve
    top = band["energies"][band["saddle"]]
    assert band["converged"]
    assert len(band["images"]) == images + 2
    assert top - band["energies"][0] == pytest.approx(curve(saddle) - curve(-1), abs=1e-3)
    assert top - band["energies"][-1] == pytest.approx(curve(saddle) - curve(1), abs=1e-3)
    assert band["images"][band["saddle"]]["positions"][0] == pytest.approx([saddle, 0, 0], abs=0.02)
    assert band["forces"][band["saddle"]] < 0.01
    assert band["band_force"] <= LIMITS["band_force"]
    assert band["distances"][-1] == pytest.approx(2, abs=0.01)
    assert top == max(band["energies"])
    assert np.array(band["tangent"]) == pytest.approx(np.array([[1, 0, 0], [0, 0, 0]]), abs=0.01)
    assert band["spread"] == [0.0] * (images + 2)


def test_too_few_steps_are_not_called_converged(tmp_path: Path) -> None:
    band = band_on_a_line(0.4, CallLog(tmp_path / "calls.xyz", writable=True), images=3, band_steps=1)
    assert not band["converged"]
    assert band["band_force"] > 0.001


@pytest.fixture(scope="module")
def vacancy(tmp_path_factory: Any) -> tuple[Any, dict[str, Any], Path]:
    """A band of a vacancy in copper, its relaxed ends, and its log."""
    ends = copper()
    path = tmp_path_factory.mktemp("band") / "calls.xyz"
    log = CallLog(path, writable=True)
    return ends, plain(*ends, lambda: Recorder(lambda _: EMT(), log), TIGHT), path


def test_a_vacancy_in_copper_has_a_symmetric_barrier(vacancy: Any) -> None:
    _, band, _ = vacancy
    energies = band["energies"]
    assert band["converged"]
    assert band["saddle"] == 2
    assert energies[0] == pytest.approx(energies[-1], abs=1e-3)
    assert energies[1] == pytest.approx(energies[3], abs=2e-3)
    assert energies[0] < energies[1] < energies[2]


def test_its_saddle_is_the_relaxed_middle_of_the_hop(vacancy: Any) -> None:
    """Halfway, symmetry takes every force along the hop: a plain relaxation from there ends on the saddle."""
    ends, band, _ = vacancy
    middle = ends[0].copy()
    middle.positions = (ends[0].positions + ends[1].positions) / 2
    middle.calc = EMT()
    BFGS(middle, logfile=None).run(fmax=0.005)
    barrier = middle.get_potential_energy() - energy_of(ends[0])
    assert 0.3 < barrier < 1.5
    assert band["energies"][2] - band["energies"][0] == pytest.approx(barrier, abs=2e-3)


def energy_of(atoms: Atoms) -> float:
    asked = atoms.copy()
    asked.calc = EMT()
    return float(asked.get_potential_energy())


def test_the_curve_runs_through_the_images_energies(vacancy: Any) -> None:
    """On the engine's own scale, whatever its zero: a check compares the two."""
    _, band, _ = vacancy
    at_images = np.interp(band["distances"], band["curve"]["path"], band["curve"]["energies"])
    assert at_images == pytest.approx(np.array(band["energies"]), abs=1e-6)
    assert abs(band["energies"][0]) > 0.1, "told apart from a curve that starts at zero"


def test_the_ends_stay_and_every_call_is_on_record(vacancy: Any) -> None:
    ends, band, path = vacancy
    for index in (0, -1):
        assert np.array_equal(decode(band["images"][index]).positions, ends[index].positions)
    log = CallLog(path, writable=False)
    assert count_calls(path) == len(log.frames) > 5
    for plain_image, energy in zip(band["images"], band["energies"], strict=True):
        frame = log.find(decode(plain_image))
        assert frame is not None
        assert frame.get_potential_energy() == energy


def test_a_band_again_asks_nothing(vacancy: Any) -> None:
    ends, band, path = vacancy

    def never(atoms: Atoms) -> Calculator:
        raise AssertionError("the engine was started")

    again = plain(*ends, lambda: Recorder(never, CallLog(path, writable=True)), TIGHT)
    assert again["energies"] == band["energies"]
    assert again["images"] == band["images"]


@pytest.mark.parametrize("cells", [0, 1, -2])
def test_a_path_over_half_the_cell_is_laid_without_jumps(cells: int) -> None:
    """The gold atom goes half the cell's length: its images at both sides are as near."""
    initial, final = gold_on_aluminium()
    moved = final.copy()
    moved.positions[-1] += cells * final.cell[0]
    path = first_path(initial, moved, 5)
    steps = np.diff([atoms.positions for atoms in path], axis=0)
    assert len(path) == 7
    assert np.linalg.norm(steps, axis=2).max() < 1.0
    shifts = (path[-1].positions - moved.positions) @ np.linalg.inv(final.cell.array)
    assert shifts == pytest.approx(np.round(shifts), abs=1e-12)
    assert np.array_equal(path[0].positions, initial.positions)
    for atoms in path:
        assert np.array_equal(atoms.positions[:8], initial.positions[:8]), "frozen atoms"


def test_ends_that_no_atom_leaves_through_the_boundary_stay_to_the_last_digit() -> None:
    ends = copper()
    path = first_path(*ends, 4)
    assert np.array_equal(path[0].positions, ends[0].positions)
    assert np.array_equal(path[-1].positions, ends[1].positions)


def test_a_path_of_atoms_in_no_cell() -> None:
    ends = [Atoms("KSb", [[x, 0, 0], REST]) for x in (-1.0, 1.0)]
    path = first_path(ends[0], ends[1], 3)
    assert [atoms.positions[0, 0] for atoms in path] == pytest.approx([-1, -0.5, 0, 0.5, 1], abs=0.1)


def smooth(positions: np.ndarray) -> tuple[float, np.ndarray]:
    return float(np.sum(positions**2) + positions.sum()), -(2 * positions + 1)


def test_forces_explain_a_smooth_energy_and_no_jump() -> None:
    places = [np.full((2, 3), x) + REST for x in (0.0, 0.2, 0.5, 0.9)]
    energies, forces = (np.array(one) for one in zip(*map(smooth, places), strict=True))
    steps = np.diff(places, axis=0)
    assert roughness(steps, energies, forces) == pytest.approx(0.0, abs=1e-12), "quadratic: explained exactly"
    energies[2:] -= 0.3
    assert roughness(steps, energies, forces) == pytest.approx(0.3)


def test_roughness_shrinks_with_the_third_power_of_the_steps() -> None:
    """What the mean of two slopes misses of x³ over a step h is h³/2."""
    for step in (0.4, 0.2):
        places = np.arange(0, 4) * step
        forces = np.zeros((4, 1, 3))
        forces[:, 0, 0] = -3 * places**2
        steps = np.tile([[step, 0.0, 0.0]], (3, 1, 1))
        assert roughness(steps, places**3, forces) == pytest.approx(step**3 / 2)
