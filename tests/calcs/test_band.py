"""Bands: a barrier known in closed form, and a vacancy in copper whose saddle symmetry gives away."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.optimize import BFGS

from potash.calcs.band import describe, plain
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.structures.encoding import decode
from potash.structures.hops import end_points, vacancy_hops
from potash.structures.phases import phase
from potash.structures.supercells import supercell


class DoubleWell(Calculator):
    """V(x) = ∫ s (x + 1)(x − p)(x − 1) dx: minima at ±1 Å, the saddle at p; springs across, and for the second atom."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, steepness: float, saddle: float) -> None:
        super().__init__()
        roots = np.polynomial.Polynomial.fromroots([-1, saddle, 1])
        self.slope = steepness * roots
        self.curve = self.slope.integ()

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        (x, y, z), other = self.atoms.positions
        rest = other - REST
        energy = self.curve(x) + 2 * (y**2 + z**2) + 2 * rest @ rest
        forces = np.array([[-self.slope(x), -4 * y, -4 * z], -4 * rest])
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


REST = np.array([0.0, 4.0, 0.0])
LIMITS = {"band_force": 0.005, "band_steps": 300}


@pytest.mark.parametrize("images", [1, 3, 4])
@pytest.mark.parametrize("saddle", [0.0, 0.3, -0.45])
def test_double_well(saddle: float, images: int, tmp_path: Path) -> None:
    ends = []
    for x in (-1.0, 1.0):
        ends.append(Atoms("KSb", [[x, 0, 0], REST], cell=[12, 12, 12], pbc=True))
    steepness = 1.2
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    band = plain(*ends, lambda: Recorder(lambda _: DoubleWell(steepness, saddle), log), {**LIMITS, "images": images})
    curve = DoubleWell(steepness, saddle).curve
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


def test_too_few_steps_are_not_called_converged(tmp_path: Path) -> None:
    ends = [Atoms("KSb", [[x, 0, 0], REST], cell=[12, 12, 12], pbc=True) for x in (-1.0, 1.0)]
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    options = {"band_force": 0.001, "band_steps": 1, "images": 3}
    band = plain(*ends, lambda: Recorder(lambda _: DoubleWell(1.2, 0.4), log), options)
    assert not band["converged"]
    assert band["band_force"] > 0.001


@pytest.fixture(scope="module")
def vacancy(tmp_path_factory: Any) -> tuple[Any, dict[str, Any], Path]:
    """A band of a vacancy in copper, its relaxed ends, and its log."""
    host = supercell(phase("Cu"), (2, 2, 2))
    ends = end_points(host, vacancy_hops(host, "Cu", 3.0)[0])
    for end in ends:
        end.calc = EMT()
        BFGS(end, logfile=None).run(fmax=0.005)
    path = tmp_path_factory.mktemp("band") / "calls.xyz"
    log = CallLog(path, writable=True)
    band = plain(*ends, lambda: Recorder(lambda _: EMT(), log), {"images": 3, "band_force": 0.01, "band_steps": 200})
    return ends, band, path


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
    barrier = middle.get_potential_energy() - ends[0].get_potential_energy()
    assert 0.3 < barrier < 1.5
    assert band["energies"][2] - band["energies"][0] == pytest.approx(barrier, abs=2e-3)


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

    again = plain(
        *ends,
        lambda: Recorder(never, CallLog(path, writable=True)),
        {"images": 3, "band_force": 0.01, "band_steps": 200},
    )
    assert again["energies"] == band["energies"]
    assert again["images"] == band["images"]


def test_the_description_names_the_highest_inner_image() -> None:
    images = []
    for x in (-1.0, -0.5, 0.2, 0.6, 1.0):
        atoms = Atoms("KSb", [[x, 0, 0], REST], cell=[12, 12, 12], pbc=True)
        atoms.calc = DoubleWell(1.0, 0.3)
        images.append(atoms)
    said = describe(images)
    assert said["saddle"] == 2
    assert said["distances"] == pytest.approx([0, 0.5, 1.2, 1.6, 2.0])
