from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.build import bulk
from jobflow import Flow, job

from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.build import build
from potash.workflows.jobs import perform
from potash.workflows.planning import Planner, changes, plan, save
from tests.conftest import Run


def test_a_plan_lists_what_a_run_then_calculates(potash: Run, campaign: Path, tmp_path: Path) -> None:
    before = plan(build(load(campaign)), Vault(tmp_path / "emt" / "vault"))
    assert {entry.state for entry in before} == {"to do"}
    potash("run", str(campaign))
    after = plan(build(load(campaign)), Vault(tmp_path / "emt" / "vault"))
    assert {entry.state for entry in after} == {"done"}
    assert [(e.study, e.label, e.atoms) for e in before] == [(e.study, e.label, e.atoms) for e in after]
    made = len(list(tmp_path.glob("emt/vault/*/*/result.json")))
    assert made == len(after)


def test_a_graph_that_was_planned_can_be_planned_and_run(campaign: Path, tmp_path: Path) -> None:
    flows = build(load(campaign))
    before = {job.uuid: set(job.input_uuids) for flow in flows.values() for job in flow.jobs}
    vault = Vault(tmp_path / "vault")
    assert plan(flows, vault) == plan(flows, vault)
    assert {job.uuid: set(job.input_uuids) for flow in flows.values() for job in flow.jobs} == before
    assert any(before.values())


def test_a_plan_writes_nothing(potash: Run, campaign: Path, tmp_path: Path) -> None:
    run = potash("plan", str(campaign))
    assert run.returncode == 0, run.stderr
    narrow = potash("plan", str(campaign), COLUMNS="80").stdout.splitlines()[0]
    assert narrow.split() == [
        "study", "calculation", "formula", "atoms", "k-points", "calls", "core-hours", "GiB", "state"
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == [campaign]


@job
def computed(task: str) -> dict[str, Any]:
    """Ask for a calculation that has not run."""
    options = {"quench": {"melt": 900, "hold": 0.1, "rate": 9000, "timestep": 4, "seed": 1}, "relax": {}}[task]
    recipe = {"engine": "emt", "protocol": "fast", "settings": {}, "task": task, "options": options}
    return perform(recipe, [encode(bulk("Cu", cubic=True) * (2, 2, 2))], task)


@job
def refused(given: dict[str, Any]) -> None:
    raise BadInput(f"{len(given['symbols'])} atoms will not do")


@pytest.mark.parametrize("task", ["relax", "quench"])
def test_only_what_is_no_likeness_is_not_held_against_a_study(task: str, tmp_path: Path) -> None:
    """A structure before its relaxation says what will be wrong with it after; one before its melt does not."""
    first = computed(task)
    flows = {"s": Flow([first, refused(first.output["atoms"])])}
    planner = Planner(Vault(tmp_path))
    if task == "relax":
        with pytest.raises(BadInput, match=r"^s: 32 atoms will not do$"):
            plan(flows, planner.vault, planner)
    else:
        assert [entry.task for entry in plan(flows, planner.vault, planner)] == ["quench"]
        assert planner.untold == {"s": "32 atoms will not do"}


def test_changes_since_the_last_run_are_told(campaign: Path, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    entries = plan(build(load(campaign)), vault)
    save(entries, tmp_path)
    assert changes(entries, tmp_path) == []
    campaign.write_text(campaign.read_text().replace("supercell: [2, 2, 2]", "supercell: [3, 2, 2]"))
    told = changes(plan(build(load(campaign)), vault), tmp_path)
    assert "~ barrier-Cu-Cu: hop 1: band: atoms 31 → 47" in told
    campaign.write_text(campaign.read_text().replace("[3, 2, 2]", "[2, 2, 2], images: 5"))
    told = changes(plan(build(load(campaign)), vault), tmp_path)
    assert told == ["~ barrier-Cu-Cu: hop 1: band: images 7 → 5"]


def test_a_bulk_study_may_choose_its_own_scan(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "campaign: c\nengine: emt\nstudies:\n  - {kind: bulk, phase: Cu}\n  - {kind: bulk, phase: Cu, points: 9}\n"
    )
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    assert [entry.calls for entry in entries] == [7, 11], (
        "five points by the protocol, nine by the study, two more each"
    )


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("{kind: bulk, phase: K}", "the engine emt has no parameters for K"),
        ("{kind: bulk, phase: Cu, engine: openmm}", "it serves studies of kind liquid"),
        (
            "{kind: orbitals, molecules: [EC], engine: tblite}",
            "the engine tblite has no orbital levels; use pyscf or gpaw",
        ),
        (
            "{kind: orbitals, molecules: [EC], engine: pyscf, settings: {basis: 7-11G}}",
            "pyscf has no basis '7-11G' for C",
        ),
        (
            "{kind: liquid, solvents: {DME: 1}, atoms: 300, settings: {cutoff: 30}}",
            "is too small for a cutoff of 30 Å: take more atoms",
        ),
    ],
)
def test_what_an_engine_cannot_compute_is_told_with_the_study(study: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        f"campaign: c\nengine: emt\nstudies:\n  - {{kind: bulk, phase: Cu}}\n  - {study[:-1]}, id: wrong}}\n"
    )
    try:
        flows = build(load(path))
    except BadInput as lack:
        pytest.skip(str(lack))  # an engine that is not installed
    with pytest.raises(BadInput) as caught:
        plan(flows, Vault(tmp_path / "vault"))
    assert str(caught.value).startswith("wrong: ")
    assert words in str(caught.value)
