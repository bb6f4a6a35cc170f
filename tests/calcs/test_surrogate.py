"""Bands on a surrogate: barriers of EMT and of closed forms, in few calls, told honestly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.build import graphene
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.mep import NEB
from ase.optimize import BFGS, FIRE
from numpy.polynomial import Polynomial

from potash.analysis.barrier import below
from potash.calcs.band import first_path, plain
from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.surrogate import surrogate
from potash.structures.adsorption import adsorb, sites
from potash.structures.encoding import decode
from tests.calcs.hops_by_emt import (
    Counted,
    Ends,
    Line,
    copper_on_copper,
    double_well,
    gold_on_aluminium,
    on_a_line,
    triple_well,
    vacancy,
)
from tests.calcs.springs import Sheet

OPTIONS = {"images": 7, "band_force": 0.05, "band_steps": 40, "certainty": 0.01}
#: The barrier of `gold_on_aluminium`: an ASE band of 7 images relaxed to 0.01 eV/Å, in eV.
GOLD = 0.3745


def found_by(engine: Calculator, ends: Ends, path: list[Atoms] | None = None, **options: Any) -> dict[str, Any]:
    prior = options.pop("prior", None)
    initial, final = (end.copy() for end in ends)
    return surrogate(initial, final, lambda: engine, {**OPTIONS, **options}, path=path, prior=prior)


def barrier(band: dict[str, Any]) -> float:
    return float(band["energies"][band["saddle"]] - band["energies"][0])


def rattled(ends: Ends, images: int, seed: int) -> list[Atoms]:
    path = first_path(*ends, images)
    random = np.random.default_rng(seed)
    for atoms in path[1:-1]:
        atoms.set_positions(atoms.positions + random.normal(scale=0.05, size=(len(atoms), 3)))
    return path


@pytest.fixture(scope="module")
def gold() -> tuple[dict[str, Any], int]:
    engine = Counted()
    return found_by(engine, gold_on_aluminium()), engine.calls


def test_gold_on_aluminium(gold: tuple[dict[str, Any], int]) -> None:
    band, calls = gold
    assert band["converged"]
    assert barrier(band) == pytest.approx(GOLD, abs=0.003)
    assert calls <= 12
    assert band["energies"][0] == pytest.approx(band["energies"][-1], abs=0.002)
    assert max(band["spread"]) < 0.05
    assert band["rough"] < 0.02


def test_its_saddle_and_ends_are_the_engines_own_numbers(gold: tuple[dict[str, Any], int]) -> None:
    band, _ = gold
    for index in (0, band["saddle"], -1):
        atoms = decode(band["images"][index])
        atoms.calc = EMT()
        assert band["energies"][index] == pytest.approx(atoms.get_potential_energy(), abs=1e-9)
        force = np.linalg.norm(atoms.get_forces(), axis=1).max()
        assert band["forces"][index] == pytest.approx(force)
        assert force < OPTIONS["band_force"]
        assert band["spread"][index] == 0.0
    unknown = [index for index in range(9) if index not in (0, band["saddle"], 8)]
    assert all(band["forces"][index] is None for index in unknown)


def test_the_energies_between_are_right_within_their_deviations(gold: tuple[dict[str, Any], int]) -> None:
    band, _ = gold
    for image, energy, spread in zip(band["images"], band["energies"], band["spread"], strict=True):
        atoms = decode(image)
        atoms.calc = EMT()
        assert abs(atoms.get_potential_energy() - energy) < 3 * spread + 1e-3
    curve = {name: np.array(values) for name, values in band["curve"].items()}
    assert np.interp(band["distances"], curve["path"], curve["energies"]) == pytest.approx(band["energies"], abs=0.005)


def test_frozen_atoms_stay(gold: tuple[dict[str, Any], int]) -> None:
    band, _ = gold
    start = gold_on_aluminium()[0]
    for image in band["images"]:
        assert image["frozen"] == list(range(8))
        assert np.array_equal(np.array(image["positions"])[:8], start.positions[:8])
    tangent = np.array(band["tangent"])
    assert not tangent[:8].any()
    assert np.linalg.norm(tangent) == pytest.approx(1.0)
    assert abs(tangent[-1, 0]) > 0.9, "gold moves along x"


@pytest.mark.parametrize("cells", [1, -2])
def test_an_end_in_another_cell_is_the_same_hop(cells: int, gold: tuple[dict[str, Any], int]) -> None:
    initial, final = (end.copy() for end in gold_on_aluminium())
    final.positions[-1] += cells * final.cell[0]
    band = found_by(EMT(), (initial, final))
    assert barrier(band) == pytest.approx(GOLD, abs=0.003)
    assert np.linalg.norm(np.diff([image["positions"][-1] for image in band["images"]], axis=0), axis=1).max() < 1.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hop", [gold_on_aluminium, copper_on_copper])
def test_any_start_leads_to_the_saddle(hop: Any, seed: int) -> None:
    ends, engine = hop(), Counted()
    band = found_by(engine, ends, path=rattled(ends, 7, seed))
    assert band["converged"]
    assert engine.calls <= 20
    assert barrier(band) == pytest.approx(GOLD if hop is gold_on_aluminium else 0.0577, abs=0.005)


@pytest.mark.parametrize("impurity", ["Cu", "Au"])
def test_a_vacancy_as_by_the_band_of_images(impurity: str, tmp_path: Path) -> None:
    ends = vacancy(impurity)
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    tight = {"images": 5, "band_force": 0.01, "band_steps": 300}
    slow = plain(*(end.copy() for end in ends), lambda: Recorder(lambda _: EMT(), log), tight)
    assert slow["converged"]
    engine = Counted()
    band = found_by(engine, ends, images=5)
    assert barrier(band) == pytest.approx(barrier(slow), abs=0.01)
    assert engine.calls < count_calls(log.path) / 4
    difference = band["energies"][-1] - band["energies"][0]
    assert abs(difference) < 1e-3 if impurity == "Cu" else difference > 0.03
    back = found_by(EMT(), ends[::-1], images=5)
    assert barrier(back) == pytest.approx(barrier(band) - difference, abs=0.01)


@pytest.mark.parametrize("images", [1, 2, 5, 11])
def test_however_many_images(images: int) -> None:
    band = found_by(EMT(), gold_on_aluminium(), images=images)
    assert band["converged"]
    assert len(band["images"]) == len(band["energies"]) == len(band["forces"]) == images + 2
    assert barrier(band) == pytest.approx(GOLD, abs=0.005)


@pytest.mark.parametrize("saddle", [0.0, 0.3, -0.45])
def test_double_well(saddle: float) -> None:
    engine = double_well(1.2, saddle)
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)))
    assert band["converged"]
    assert barrier(band) == pytest.approx(engine.curve(saddle) - engine.curve(-1.0), abs=0.005)
    assert band["images"][band["saddle"]]["positions"][0] == pytest.approx([saddle, 0, 0], abs=0.05)
    assert band["tangent"][0][0] > 0.9


def test_a_path_with_a_deeper_minimum_is_never_taken_for_a_barrier() -> None:
    """The middle well is 0.39 eV deeper than those at the ends: it is found, or the band is not converged."""
    engine = triple_well(10.0, 0.7)
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)), images=5)
    assert engine.curve(0.0) - engine.curve(-1.0) < -0.3
    assert not band["converged"] or below(band) is not None


def test_a_minimum_halfway_is_not_taken_for_the_saddle() -> None:
    """As where an ion goes through a site between its own: symmetry takes every force there."""
    engine = triple_well(10.0, 0.5)
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)))
    assert 0.2 < engine.curve(0.0) - engine.curve(-1.0) < engine.curve(0.5) - engine.curve(-1.0) - 0.1
    assert band["converged"]
    assert barrier(band) == pytest.approx(engine.curve(0.5) - engine.curve(1.0), abs=0.005)
    assert abs(band["images"][band["saddle"]]["positions"][0][0]) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("images", [3, 7])
@pytest.mark.parametrize("slope", [[0.0, 1.0], [0.3], [-0.3, 0.2], [1.0, 0.2, 0.5]])
def test_a_path_without_a_barrier_comes_to_its_end_in_few_calls(slope: list[float], images: int) -> None:
    """A minimum in the middle, and paths that only go uphill or downhill: nothing climbs into nowhere."""
    engine = Line(Polynomial(slope))
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)), images=images)
    assert band["converged"]
    assert len(engine.asked) < 10
    assert band["forces"][band["saddle"]] is None, "no saddle was computed"
    assert max(band["energies"]) == max(band["energies"][0], band["energies"][-1])
    lowest = min(engine.curve(np.linspace(-1, 1, 201))) - engine.curve(-1.0)
    assert min(band["curve"]["energies"]) - band["energies"][0] == pytest.approx(lowest, abs=0.01)


def test_a_low_barrier_close_to_one_end_is_found() -> None:
    engine = Line(3 * Polynomial.fromroots([-1, -0.75, 1]))
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)), certainty=0.005)
    assert barrier(band) == pytest.approx(engine.curve(-0.75) - engine.curve(-1.0), abs=0.005)
    assert band["forces"][band["saddle"]] < OPTIONS["band_force"]


def test_a_hill_lower_than_the_certainty_is_still_climbed() -> None:
    engine = double_well(0.02, 0.1)
    height = engine.curve(0.1) - engine.curve(-1.0)
    assert 0.003 < height < 0.7 * OPTIONS["certainty"]
    band = found_by(engine, (on_a_line(-1.0), on_a_line(1.0)))
    assert band["converged"]
    assert band["forces"][band["saddle"]] is not None
    assert barrier(band) == pytest.approx(height, abs=0.0005)


def test_too_few_calls_are_not_called_converged() -> None:
    engine = Counted()
    band = found_by(engine, gold_on_aluminium(), band_steps=4)
    assert engine.calls == 4
    assert not band["converged"]
    assert band["forces"][band["saddle"]] is None


def test_the_given_path_is_where_it_begins() -> None:
    ends, engine = gold_on_aluminium(), Counted()
    path = rattled(ends, 4, 5)
    band = found_by(engine, ends, path=path)
    assert len(band["images"]) == 6
    for found, image in zip(engine.asked, (path[0], path[-1], path[2], path[3]), strict=False):
        assert np.array_equal(found, image.positions)


@pytest.mark.parametrize("killed", [2, 3, 5])
def test_what_was_killed_goes_on_from_its_calls_to_the_last_digit(
    killed: int, gold: tuple[dict[str, Any], int], tmp_path: Path
) -> None:
    ends, path = gold_on_aluminium(), tmp_path / "calls.xyz"
    first, second = Counted(stop=killed), Counted()
    with pytest.raises(KeyboardInterrupt):
        found_by(Recorder(lambda _: first, CallLog(path, writable=True)), ends)
    band = found_by(Recorder(lambda _: second, CallLog(path, writable=True)), ends)
    log = CallLog(path, writable=False)
    assert len(log.frames) == first.calls + second.calls == gold[1]
    assert len({frame.positions.tobytes() for frame in log.frames}) == len(log.frames), "no call was made twice"
    assert band == gold[0]


class Wrong(EMT):
    """EMT with a smooth error of a tenth of an eV and of some tenths of an eV/Å, different at both ends."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def calculate(self, *words: Any, **more: Any) -> None:
        super().calculate(*words, **more)
        x = self.atoms.positions[-1, 0]
        self.results["energy"] += 0.15 * np.sin(1.5 * x)
        self.results["free_energy"] = self.results["energy"]
        self.results["forces"][-1, 0] -= 0.225 * np.cos(1.5 * x)


def test_a_perfect_prior_leaves_little_to_ask(gold: tuple[dict[str, Any], int]) -> None:
    engine = Counted()
    band = found_by(engine, gold_on_aluminium(), prior=EMT())
    assert band["converged"]
    assert engine.calls < gold[1]
    assert engine.calls <= 5
    assert barrier(band) == pytest.approx(GOLD, abs=0.003)


def test_a_wrong_prior_is_corrected() -> None:
    ends, engine = gold_on_aluminium(), Counted()
    assert abs(barrier(found_by(Wrong(), ends)) - GOLD) > 0.05, "wrong enough to matter"
    band = found_by(engine, ends, prior=Wrong())
    assert band["converged"]
    assert engine.calls <= 12
    assert barrier(band) == pytest.approx(GOLD, abs=0.01)


def test_the_first_path_is_the_priors_own() -> None:
    """Whatever way it came from: the engine's first calls are where the prior's band relaxes to, not on the rattled one."""
    ends, first = gold_on_aluminium(), []
    for seed in range(2):
        engine = Counted()
        found_by(engine, ends, path=rattled(ends, 7, seed), prior=Wrong(), band_steps=4)
        first.append(np.array(engine.asked[2:4]))
    assert np.linalg.norm(first[0] - first[1], axis=-1).max() < 0.1
    start = np.array([image.positions for image in rattled(ends, 7, 0)])[[3, 5]]
    assert np.linalg.norm(first[0] - start, axis=-1).max() > 0.15


class Away(EMT):
    """EMT that lets the last atom of a cell fly off."""

    def calculate(self, *words: Any, **more: Any) -> None:
        super().calculate(*words, **more)
        self.results["energy"] -= 5 * self.atoms.positions[-1, 2]
        self.results["free_energy"] = self.results["energy"]
        self.results["forces"][-1, 2] += 5


def test_a_prior_that_leads_astray_is_not_followed_far() -> None:
    ends, engine = gold_on_aluminium(), Counted()
    band = found_by(engine, ends, prior=Away())
    height = ends[0].positions[-1, 2]
    assert 0.8 < max(places[-1, 2] for places in engine.asked) - height < 1.5
    assert band["converged"]
    assert barrier(band) == pytest.approx(GOLD, abs=0.01)


def test_it_is_the_saddle_that_an_ase_band_finds() -> None:
    """A band of another hand, with springs and optimiser of its own."""
    ends = copper_on_copper()
    path = first_path(*ends, 3)
    for atoms in path:
        atoms.calc = EMT()
    band = NEB(path, k=0.1, climb=True, method="improvedtangent")
    assert FIRE(band, logfile=None).run(fmax=0.01, steps=300)
    energies = [atoms.get_potential_energy() for atoms in path]
    found = found_by(EMT(), ends, certainty=0.005)
    assert barrier(found) == pytest.approx(max(energies) - energies[0], abs=0.002)
    saddle = decode(found["images"][found["saddle"]]).positions
    assert np.abs(saddle - path[int(np.argmax(energies))].positions).max() < 0.05


def on_a_sheet(depth: float, distance: float, noise: float) -> tuple[Ends, Sheet, float]:
    """Two hollow sites, relaxed, the engine, and the barrier over the bridge between them, where symmetry holds the adatom."""
    sheet = graphene(size=(3, 3, 1), vacuum=8.0)
    sheet.pbc = True
    hollow = next(site for site in sites(sheet) if site.name == "hollow")
    away = sheet.cell[0] / 3
    starts = [adsorb(sheet, hollow.position, "K") for _ in range(3)]
    for atoms, part in zip(starts, (0.0, 0.5, 1.0), strict=True):
        atoms.positions[-1] += part * away
        atoms.calc = Sheet(sheet, depth, distance)
        BFGS(atoms, logfile=None).run(fmax=0.01, steps=200)
    before, over, after = starts
    height = over.get_potential_energy() - before.get_potential_energy()
    return (before, after), Sheet(sheet, depth, distance, noise), height


@pytest.mark.parametrize(
    ("depth", "distance", "noise"), [(0.16, 3.25, 0.0), (0.16, 3.25, 0.005), (0.08, 3.25, 0.0), (0.05, 3.4, 0.005)]
)
def test_a_soft_adatom_on_a_stiff_sheet(depth: float, distance: float, noise: float) -> None:
    """The sheet gives way by hundredths of an Å in all its directions, and forces err as those of an engine do."""
    ends, engine, height = on_a_sheet(depth, distance, noise)
    found = found_by(engine, ends)
    assert found["converged"]
    assert engine.calls <= 20
    assert barrier(found) == pytest.approx(height, abs=2e-3)
