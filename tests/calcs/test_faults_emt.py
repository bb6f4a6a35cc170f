"""Faults of structures and tasks, brought about for real with EMT: by what is asked, in workers as runs start them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100
from ase.constraints import FixAtoms

from potash.analysis.adsorption import HELD, hold
from potash.analysis.result import provenance
from potash.calcs.calculation import Calculation
from potash.calcs.sound import turning
from potash.calcs.worker import compute
from potash.errors import CalculationFailed
from potash.structures.encoding import decode
from potash.workflows.summary import finish
from tests.calcs.asked import asked, site, tried
from tests.calcs.hops_by_emt import vacancy

MELT = {"melt": 1500.0, "hold": 0.2, "rate": 20000.0, "seed": 5, "steps": 200}


def fails(calculation: Calculation, root: Path) -> str:
    """Run it to its failure, and ask again: the failure stays, where the calculation is to blame."""
    place = site(root)
    with pytest.raises(CalculationFailed) as error:
        place.perform(calculation, "it")
    return str(error.value).removeprefix("it: ")


def pair(apart: float) -> Atoms:
    return Atoms("Cu2", [[0, 0, 0], [apart, 0, 0]], cell=[8, 8, 8], pbc=True)


def rattled() -> Atoms:
    atoms = bulk("Cu", cubic=True) * (2, 1, 1)
    atoms.rattle(0.15, seed=3)
    return atoms


def test_what_an_engine_cannot_do_has_no_number_of_its_own(tmp_path: Path) -> None:
    calculation = asked("emt", fcc100("Cu", (1, 1, 2), vacuum=5), task="potential")
    said = fails(calculation, tmp_path)
    assert said.startswith("F000: the engine emt has no electrostatic potential of slabs; use gpaw")
    assert site(tmp_path).vault.failure(calculation.key) == said


def test_atoms_on_one_place(tmp_path: Path) -> None:
    """F018, after once more."""
    calculation = asked("emt", pair(0.0))
    said = fails(calculation, tmp_path)
    assert said.startswith("F018: ")
    assert "Cu (atom 0) and Cu (atom 1), are 0.00 Å apart (tried: once more; see " in said
    folder = site(tmp_path).vault.folder(calculation.key)
    assert tried(site(tmp_path), calculation) == ["F018 once more"]
    assert "F018" in (folder / "worker.1.err").read_text(encoding="utf-8")
    assert not (folder / "calls.xyz").exists(), "no call without numbers is recorded"


def test_atoms_almost_on_one_place(tmp_path: Path) -> None:
    with pytest.raises(CalculationFailed, match=r"^F019: a force of 1\.\d+e\+03 eV/Å; .* 0\.30 Å apart"):
        compute(asked("emt", pair(0.3)), tmp_path, rank=0)
    compute(asked("emt", pair(1.5)), tmp_path, rank=0)


@pytest.mark.parametrize(("stretch", "collapses"), [(5.0, True), (2.0, False)])
def test_a_cell_that_collapses(stretch: float, collapses: bool, tmp_path: Path) -> None:
    copper = bulk("Cu", cubic=True)
    shape = np.array([[1.0], [1.0], [stretch]]) * stretch ** (-1 / 3)
    copper.set_cell(copper.cell.array * shape, scale_atoms=True)
    calculation = asked("emt", copper, task="cell", options={"points": 5, "strain": 0.03, "steps": 100, "stress": 0.2})
    if collapses:
        with pytest.raises(CalculationFailed, match=r"^F020: .* vector 3 went from 10\.56 to"):
            compute(calculation, tmp_path, rank=0)
    else:
        assert compute(calculation, tmp_path, rank=0)["converged"]


def test_atoms_that_are_not_bound_have_no_cell_of_lowest_energy(tmp_path: Path) -> None:
    gas = Atoms("Cu", cell=[12, 12, 12], pbc=True)
    calculation = asked("emt", gas, task="cell", options={"points": 5, "strain": 0.03, "steps": 100, "stress": 0.2})
    with pytest.raises(CalculationFailed, match=r"^F021: .* lattice constant"):
        compute(calculation, tmp_path, rank=0)


@pytest.mark.parametrize("symmetry", [False, True])
def test_a_geometry_that_needs_more_steps_gets_another_optimiser(symmetry: bool, tmp_path: Path) -> None:
    options = {"force": 0.02, "symmetry": symmetry}
    # Kept symmetry is relaxed by BFGS from the start: FIRE, which then follows, needs more steps.
    few, atoms = (4, rattled()) if not symmetry else (3, stretched())
    calculation = asked("emt", atoms, options={**options, "steps": few})
    place = site(tmp_path)
    result = place.perform(calculation, "it")
    assert result["faults"][0]["fault"] == "F022"
    assert result["faults"][0]["remedy"] == "another optimiser"
    assert result["calls"] <= 2 * few + 3
    whole = compute(asked("emt", atoms, options={**options, "steps": 200}), tmp_path, rank=0)
    assert whole["converged"]
    assert result["energy"] < whole["energy"] + 0.2
    again = site(tmp_path).perform(calculation, "it")
    assert again == result
    about = {"key": calculation.key, "task": "relax", "engine": "emt", "version": "1", "settings": {}}
    assert provenance("fast", [{**result, **about}]).faults[0].fault == "F022"


def stretched() -> Atoms:
    return Atoms("CuHCu", [[0, 0, 0], [2.4, 0, 0], [4.8, 0, 0]], cell=[14, 9, 9], pbc=True)


def test_after_its_remedy_a_geometry_stands_as_it_is(tmp_path: Path) -> None:
    calculation = asked("emt", rattled(), options={"force": 1e-9, "steps": 2})
    result = site(tmp_path).perform(calculation, "it")
    assert not result["converged"]
    assert [fault["fault"] for fault in result["faults"]] == ["F022"]


def test_a_single_point_is_no_geometry_that_does_not_converge(tmp_path: Path) -> None:
    result = site(tmp_path).perform(asked("emt", rattled()), "it")
    assert not result["converged"]
    assert "faults" not in result


def test_a_band_whose_springs_push_gets_stiffer_ones(tmp_path: Path) -> None:
    band = {"images": 4, "band_force": 0.05, "band_steps": 30}
    calculation = asked("emt", *vacancy(), task="band", options={**band, "springs": -2.0})
    place = site(tmp_path)
    result = place.perform(calculation, "it")
    assert tried(place, calculation) == ["F023 stiffer springs"]
    sound = compute(asked("emt", *vacancy(), task="band", options=band), tmp_path, rank=0)
    assert max(result["energies"]) == pytest.approx(max(sound["energies"]), abs=0.02)
    images = [decode(plain) for plain in sound["images"]]
    assert turning(images) is None
    images[2], images[3] = images[3], images[2]
    assert turning(images) in (2, 3)


def test_an_adsorbate_that_nothing_holds(tmp_path: Path) -> None:
    """F024."""
    slab = fcc100("Cu", (2, 2, 2), vacuum=8)
    add_adsorbate(slab, "Cu", height=6.0, position="hollow")
    slab.set_constraint(FixAtoms(range(8)))
    relaxed = compute(asked("emt", slab, options={"steps": 20}), tmp_path, rank=0)
    assert hold(relaxed["atoms"]) > HELD


def test_a_failed_study_bears_its_fault_s_number() -> None:
    about: dict[str, Any] = {
        "id": "a",
        "kind": "bulk",
        "system": "Cu",
        "published": [],
        "protocol": "fast",
        "remarks": [],
    }
    result = {
        "key": "k",
        "task": "relax",
        "engine": "emt",
        "version": "1",
        "settings": {},
        "calls": 1,
        "core_seconds": 1.0,
    }
    told = finish(about, [result], {}, status="failed", reason="(more: F024, desorbed) is 2 (limit 1.5)")
    assert told["fault"] == "F024"
    assert finish(about, [result], {})["fault"] is None


def test_dynamics_that_blow_up_go_on_with_half_the_time_step(tmp_path: Path) -> None:
    copper = bulk("Cu", cubic=True) * (2, 1, 1)
    calculation = asked("emt", copper, task="quench", options={**MELT, "timestep": 40.0})
    place = site(tmp_path)
    result = place.perform(calculation, "it")
    assert tried(place, calculation) == ["F025 half the time step"]
    assert result["faults"][0]["fault"] == "F025"
    assert result["calls"] > 2 * 50 * len(result["temperatures"]), "blocks of twice as many steps"
    assert result["converged"]
    said = fails(asked("emt", copper, task="quench", options={**MELT, "timestep": 80.0}), tmp_path)
    assert said.startswith("F025: ")
    assert "1500 K were asked for" in said


def test_another_version_does_not_go_on_with_what_one_began(tmp_path: Path) -> None:
    calculation = asked("emt", rattled(), version="3.0.0")
    place = site(tmp_path)
    folder = place.vault.folder(calculation.key)
    folder.mkdir(parents=True)
    compute(calculation, folder, rank=0)  # what the older version computed
    before = (folder / "calls.xyz").read_text(encoding="utf-8")
    said = fails(calculation, tmp_path)
    assert said.startswith("F005: begun with emt 3.0.0, but emt ")
    assert place.vault.failure(calculation.key) is None, "where that version is, the next run goes on"
    assert (folder / "calls.xyz").read_text(encoding="utf-8") == before


def test_a_record_cut_in_the_middle_of_a_call_goes_on_from_the_last_whole_one(tmp_path: Path) -> None:
    """F017, of potash's own record."""
    calculation = asked("emt", rattled(), options={"steps": 100})
    place = site(tmp_path)
    folder = place.vault.folder(calculation.key)
    folder.mkdir(parents=True)
    whole = compute(calculation, folder, rank=0)
    text = (folder / "calls.xyz").read_text(encoding="utf-8")
    (folder / "calls.xyz").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    result = place.perform(calculation, "it")
    assert result["energy"] == pytest.approx(whole["energy"], abs=1e-3)
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["converged"]
