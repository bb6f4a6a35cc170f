"""A user's trajectory from the campaign file to the report: three codes' formats, one answer."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from jobflow import JobStore

from potash.analysis.report.figures import figures
from potash.analysis.result import StudyResult
from potash.analysis.trajectory import elements, trajectory
from potash.calcs.site import Site, use
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.structures.components import Component, component
from potash.structures.periodic import shortest
from potash.structures.topology import Topology
from potash.workflows.build import build
from potash.workflows.planning import plan
from potash.workflows.steps import arguments, carry_out, keep, ordered
from potash.workflows.store import SqliteStore
from tests.analysis.liquids import wrapped
from tests.conftest import Run

CELL = 16.0 * np.eye(3)
LISTED = "molecules: [{name: K+, count: 4}, {name: PF6-, count: 4}, {name: water, smiles: O, count: 30}]"


def drifting(frames: int = 240, waters: int = 30) -> tuple[Topology, np.ndarray]:
    """Let ions and waters, two of them at each cation, walk in a box: (frames, atoms, 3), never wrapped."""
    parts = [("K+", 4), ("PF6-", 4), ("O", waters)]
    made = [component(name) for name, _ in parts]
    topology = Topology(tuple(one.species(count) for one, (_, count) in zip(made, parts, strict=True)))
    shapes = [_shape(made[kind]) for kind in topology.kinds]
    random = np.random.default_rng(0)
    steps = np.cumsum(random.normal(0, 0.05, (frames, 8, 3)), axis=0)
    places = random.uniform(0, 16, (8 + waters, 3))
    ions = np.array([[2, 2, 2], [10, 2, 10], [2, 10, 10], [10, 10, 2]], float)
    places[:4], places[4:8] = ions, ions + np.array([[2.7, 0, 0], *[[7.0, 0, 0]] * 3])
    walks = np.zeros((frames, 8 + waters, 3))
    for number in range(8 + waters):
        ion = number if number < 8 else (number - 8) % 4
        walks[:, number] = steps[:, ion if number != 4 else 0] - steps[0, ion if number != 4 else 0]
        if 8 <= number < 16:
            places[number] = ions[ion] + [0, 0, 2.7 if number < 12 else -2.7]
        elif number >= 16:
            places[number] = _free(random, np.concatenate([places[k] + shapes[k] for k in range(number)]))
            walks[1:, number] = np.cumsum(random.normal(0, 0.3, (frames - 1, 3)), axis=0)
    positions = [walks[:, k, None] + places[k] + shape for k, shape in enumerate(shapes)]
    return topology, np.concatenate(positions, axis=1)


def _shape(molecule: Component) -> np.ndarray:
    """Turn a molecule so that its second atom lies along x from its first one."""
    atoms = Atoms(molecule.elements, np.array(molecule.positions) - molecule.positions[0])
    if len(atoms) > 1:
        atoms.rotate(atoms.positions[1], "x")
    found: np.ndarray = atoms.positions
    return found


def _free(random: np.random.Generator, taken: np.ndarray) -> np.ndarray:
    """Find a place for a molecule where it is bonded to no other."""
    while True:
        place: np.ndarray = random.uniform(0, 16, 3)
        if np.linalg.norm(shortest(taken - place, CELL), axis=1).min() > 2.9:
            return place


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import MDAnalysis as mda  # noqa: N813
    from ase.io import write

    folder = tmp_path_factory.mktemp("user")
    topology, positions = drifting()
    closed = wrapped(positions, CELL)
    names = [topology.species[topology.kinds[each]].name for each in topology.molecules]
    universe = mda.Universe.empty(
        len(names), len(topology.kinds), atom_resindex=topology.molecules, trajectory=True, n_segments=1
    )
    for key, values in (("elements", topology.elements), ("names", topology.elements)):
        universe.add_TopologyAttr(key, list(values))
    residues = [topology.species[kind].name.rstrip("+-")[:4].upper() for kind in topology.kinds]
    universe.add_TopologyAttr("resnames", residues)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            mda.Writer(str(folder / "run.dcd"), len(names), dt=1.0) as dcd,
            mda.Writer(str(folder / "run.xtc"), len(names)) as xtc,
        ):
            for number, frame in enumerate(closed):
                universe.atoms.positions = frame
                universe.dimensions = [16, 16, 16, 90, 90, 90]
                universe.trajectory.ts.time = float(number)
                dcd.write(universe.atoms)
                xtc.write(universe.atoms)
        universe.atoms.positions = closed[0]
        universe.atoms.write(str(folder / "run.pdb"))
    order = np.argsort(topology.elements, kind="stable")  # as VASP has it: all of an element together
    images = [
        Atoms([topology.elements[k] for k in order], positions=frame[order], cell=CELL, pbc=True) for frame in closed
    ]
    write(folder / "XDATCAR", images, format="vasp-xdatcar")
    return folder


def campaign(folder: Path, *studies: str) -> Path:
    path = folder / "t.yaml"
    head = "campaign: t\nengine: gpaw\nstudies:\n"
    path.write_text(head + "".join(f"  - {{kind: trajectory, temperature: 300, {study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def results(files: Path) -> dict[str, Any]:

    path = campaign(
        files,
        f"id: listed, cation: K+, trajectory: {{file: run.dcd}}, {LISTED}",
        "id: topology, cation: K, trajectory: {file: run.xtc}, topology: {file: run.pdb}",
        "id: vasp, cation: K+, trajectory: {file: XDATCAR}, interval: 1",
    )
    use(Site(Vault(files / "vault")))
    try:
        return {name: _run(flow) for name, flow in build(load(path)).items()}
    finally:
        use(None)


def _run(flow: Any) -> dict[str, Any]:
    """Carry a study's jobs out, one after the other, and give the last one's output."""
    outputs = JobStore(SqliteStore(":memory:"))
    outputs.connect()
    output: dict[str, Any] = {}
    for job, _ in ordered(flow):
        output = carry_out(job, arguments(job, outputs))
        keep(job, output, outputs)
    outputs.close()
    return output


def test_three_formats_give_one_answer(results: dict[str, Any]) -> None:
    listed, topology, vasp = (results[name]["quantities"] for name in ("listed", "topology", "vasp"))
    assert results["listed"]["status"] == "done", results["listed"]["reason"]
    assert 2.25 <= listed["coordination number"]["value"] < 3.5, (
        "two waters, a fluorine at one, and waters that pass by"
    )
    assert listed["CIP PF6-"]["value"] >= 25
    for other in (topology, vasp):
        for name in ("coordination number", "largest aggregate", "conductivity", "ions per aggregate"):
            assert other[name]["value"] == pytest.approx(listed[name]["value"], rel=2e-2, abs=1e-3), name
    assert vasp["diffusion coefficient of PF6-"]["value"] == pytest.approx(
        listed["diffusion coefficient of PF6-"]["value"], rel=1e-2
    )


def test_extended_xyz_tells_elements_and_cells_by_either_name(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.io import write

    frames = [Atoms("KF", [(0, 0, 0), (0, 0, 2.6 + step / 10)], cell=[9, 9, 9], pbc=True) for step in range(3)]
    for name in ("run.xyz", "run.extxyz"):
        write(tmp_path / name, frames, format="extxyz")
        assert elements(tmp_path / name) == ["K", "F"]
        read = trajectory(tmp_path / name, 2, interval=0.5)
        assert [frame.time for frame in read] == [0, 0.5, 1]
        assert read[2].positions[1, 2] == pytest.approx(2.8)
        assert read[2].cell[0, 0] == 9


def test_the_commonest_shells_are_shown_and_drawn(results: dict[str, Any]) -> None:
    result = results["listed"]
    views = result["views"]
    assert sum(each["population"] for each in result["data"]["shells"]) >= 0.9
    assert len(views) == len(result["data"]["shells"])
    assert views[0]["frames"][0]["symbols"][0] == "K"
    drawn = figures(StudyResult.model_validate(result), "t")
    assert len(drawn) == 5
    assert all("<svg" in figure.svg for figure in drawn)


def test_a_campaign_is_run_and_what_was_read_is_not_read_again(files: Path, potash: Run) -> None:
    path = campaign(files, f"id: a, cation: K+, trajectory: {{file: run.dcd}}, {LISTED}")
    ran = potash("run", str(path), "--dir", str(files / "project"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads((files / "project" / "report" / "results.json").read_text())["studies"][0]
    assert told["provenance"]["engine"] == "MDAnalysis"
    kept = next((files / "project").glob("**/readings/*.json"))
    marked = json.loads(kept.read_text())
    marked["notes"] = ["Found again."]
    kept.write_text(json.dumps(marked))
    use(Site(Vault(kept.parents[1])))
    try:
        assert _run(build(load(path))["a"])["notes"][0] == "Found again."
    finally:
        use(None)


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("trajectory: {file: ../run.dcd}", "outside the campaign file's folder"),
        ("trajectory: {file: none.dcd}", "no file at"),
        (
            "trajectory: {file: run.dcd}, topology: {file: run.pdb}, molecules: [{name: K+, count: 1}]",
            "give one of the two",
        ),
        ("trajectory: {file: run.dcd}, cutoffs: {K+.O: 3}", "no cation"),
        ("trajectory: {file: run.dcd}, levels: {samples: 2}", "levels: there is no cation"),
        ("trajectory: {file: run.dcd}, cation: K+, levels: {}", "say what continuum surrounds the shells"),
        ("trajectory: {file: run.dcd}, cation: K+, levels: {engine: emt}", "levels must be a mapping of engine"),
        (
            "trajectory: {file: run.dcd}, cation: K+, levels: {settings: {solvent: 78, bases: x}}",
            "unknown setting 'bases'",
        ),
    ],
)
def test_bad_input_is_told_before_anything_runs(files: Path, study: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        build(load(campaign(files, study)))


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("trajectory: {file: run.dcd}", "does not say which atoms it holds"),
        ("trajectory: {file: XDATCAR}", "give the key interval"),
        ("trajectory: {file: run.dcd}, molecules: [{name: K+, count: 4}]", "have 122 atoms; the topology has 4"),
        (
            "trajectory: {file: run.dcd}, molecules: [{name: PF6-, count: 4}, {name: K+, count: 4}, {name: water, count: 30}]",
            "apart, but bonded in PF6-",
        ),
        (f"trajectory: {{file: run.dcd}}, cation: Na+, {LISTED}", "no species is called 'Na"),
    ],
)
def test_what_does_not_fit_is_told(files: Path, study: str, words: str) -> None:

    use(Site(Vault(files / "vault")))
    try:
        with pytest.raises(BadInput, match=words):
            _run(next(iter(build(load(campaign(files, study))).values())))
    finally:
        use(None)


def test_the_commonest_shells_are_sent_on_for_their_levels(tmp_path: Path) -> None:
    """Two waters at each K+ and a PF6- at one: the LUMO's mean is that of the shells by population."""
    from ase.io import write

    topology, positions = drifting(60, waters=8)
    images = [Atoms(topology.elements, frame, cell=CELL, pbc=True) for frame in wrapped(positions, CELL)]
    write(tmp_path / "run.extxyz", images, format="extxyz")
    study = (
        "id: a, protocol: fast, cation: K+, trajectory: {file: run.extxyz}, interval: 1, "
        "molecules: [{name: K+, count: 4}, {name: PF6-, count: 4}, {name: water, smiles: O, count: 8}], "
        "levels: {settings: {solvent: none, basis: sto-3g, auxiliary: none, functional: HF, quadrature: 1}}"
    )
    vault = Vault(tmp_path / "vault")
    flows = build(load(campaign(tmp_path, study)))
    guessed = plan(flows, vault)
    assert {entry.task for entry in guessed} == {"orbitals"}
    assert len(guessed) == 4
    assert not any(entry.certain for entry in guessed)
    place = Site(vault)
    use(place)
    try:
        found = _run(flows["a"])
    finally:
        use(None)
        place.pool.close()
    assert found["status"] == "done", found["reason"]
    shells = found["data"]["levels"]
    assert sum(each["weight"] for each in shells) >= 0.9
    mean = sum(each["weight"] * each["lumo"] for each in shells) / sum(each["weight"] for each in shells)
    quantity = found["quantities"]["LUMO of the shells"]
    assert quantity["value"] == pytest.approx(mean)
    assert quantity["error"] is None
    assert quantity["value"] >= found["quantities"]["LUMO of the lowest tenth"]["value"]
    for each in shells:
        assert sum(each["carriers"].values()) == pytest.approx(1, abs=1e-4)
        assert set(each["carriers"]) == {"K+", "water", *(["PF6-"] if "PF6-" in each["label"] else [])}
    assert "HF, sto-3g (pyscf), in the vacuum; their geometries are as they are in the liquid" in " ".join(
        found["notes"]
    )
    assert len(found["provenance"]["keys"]) == 1 + len(shells)
    known = plan(flows, vault)
    assert [(entry.state, entry.certain) for entry in known] == [("done", True)] * len(shells)
    drawn = figures(StudyResult.model_validate(found), "t")
    assert any("LUMO of the shells" in figure.caption for figure in drawn)
