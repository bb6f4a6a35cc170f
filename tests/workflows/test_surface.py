"""Surface studies from the campaign file to the report, with EMT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk, fcc100, fcc111
from ase.calculators.emt import EMT
from ase.optimize import BFGS
from ase.units import J, m

from potash.analysis import surface
from potash.analysis.report.figures import figures
from potash.analysis.result import StudyResult
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.encoding import decode
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests.direct import Direct, assert_refused, run

HEAD = "campaign: s\nengine: emt\nprotocol: strict\nstudies:\n"


def written(folder: Path, *studies: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(HEAD + "".join(f"  - {{kind: surface, {study}}}\n" for study in studies))
    return path


def reference(slab: Any, layers: int, crystal: float) -> float:
    """The surface energy of ASE's own slab, relaxed, with the bulk's energy: J/m²."""
    slab.calc = EMT()
    BFGS(slab, logfile=None).run(fmax=0.01)
    area = np.linalg.norm(np.cross(*slab.cell.array[:2]))
    return float((slab.get_potential_energy() - layers * crystal) / (2 * area) * m**2 / J)


@pytest.fixture(scope="module")
def copper(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Direct]:
    folder = tmp_path_factory.mktemp("surface")
    place = Direct(folder)
    path = written(folder, "phase: Cu, thicknesses: [5, 7, 9]")
    return run(path, place)["surface-Cu"].result, place


def test_copper_against_slabs_of_ase(copper: tuple[dict[str, Any], Direct]) -> None:
    result, place = copper
    assert result["status"] == "done"
    cell = next(found for found in place.results.values() if "fit" in found)
    constant = cell["volume"] ** (1 / 3) * 4 ** (1 / 3)
    for name, make in (("111 Cu", fcc111), ("100 Cu", fcc100)):
        theirs = reference(make("Cu", (1, 1, 9), a=constant, vacuum=8.0), 9, cell["energy"])
        mine = result["quantities"][f"surface energy {name}"]
        assert mine["value"] == pytest.approx(theirs, rel=0.01)
        assert mine["error"] < 0.02
        assert all(check["passed"] for check in mine["checks"])
    assert next(iter(result["quantities"])) == "surface energy 111 Cu"


def test_a_wider_vacuum_adds_to_the_error(tmp_path: Path) -> None:
    path = written(tmp_path, "phase: Cu, facets: [[1, 1, 1]], thicknesses: [3, 5, 4]")
    (done,) = run(path, Direct(tmp_path)).values()
    about, ends, cell, elements, *_ = done.given
    (end,) = ends
    thin, wide = (decode(each["atoms"]) for each in (end["slabs"][0], end["wider"]))
    assert wide.cell.array[2, 2] - np.ptp(wide.positions[:, 2]) == pytest.approx(24), "12 Å on either side"
    assert wide.get_distances(0, [1, 2]) == pytest.approx(thin.get_distances(0, [1, 2])), "no atom moves"
    (own,) = [one for name, one in done.result["quantities"].items() if name.startswith("surface energy")]
    assert (
        "12 Å of vacuum instead of 8 changes it by 0.0000 J/m²" in own["says"]
    )  # EMT reaches less far than the vacuum
    shifted = {**end, "wider": {**end["wider"], "energy": end["wider"]["energy"] - 0.01}}
    again = surface.summarise([{**shifted, "normals": np.eye(3)}], cell, elements, about["limits"])[0]
    (moved,) = [one for name, one in again.items() if name.startswith("surface energy")]
    area = np.linalg.norm(np.cross(*thin.cell.array[:2]))
    assert moved.error == pytest.approx(own["error"] + 0.01 / (2 * area) * m**2 / J)
    assert moved.value == own["value"]


def test_one_vacuum_is_said_to_be_the_only_one(tmp_path: Path) -> None:
    labels = []
    for vacuum in ("[8]", "[10]", "[8, 14]"):
        flows = build(load(written(tmp_path, f"phase: Cu, facets: [[1, 1, 1]], vacuum: {vacuum}")))
        entries = plan(flows, Vault(tmp_path / "vault"))
        labels.append([entry.label for entry in entries])
    assert labels[0] == labels[1] == labels[2][:-1]
    assert labels[2][-1] == "slab 111 Cu, 4 layers, 14 Å of vacuum"
    (done,) = run(written(tmp_path, "phase: Cu, facets: [[1, 1, 1]], vacuum: [8]"), Direct(tmp_path)).values()
    (own,) = [one for name, one in done.result["quantities"].items() if name.startswith("surface energy")]
    assert "8 Å of vacuum on each side, no wider one was tried" in own["says"]


def test_the_shape_adds_up(copper: tuple[dict[str, Any], Direct]) -> None:
    quantities = copper[0]["quantities"]
    areas = [one["value"] for name, one in quantities.items() if name.startswith("area ")]
    energies = [one["value"] for name, one in quantities.items() if name.startswith("surface energy ")]
    assert sum(areas) == pytest.approx(100)
    assert quantities["weighted surface energy"]["value"] == pytest.approx(np.dot(areas, energies) / 100)
    assert min(energies) < quantities["weighted surface energy"]["value"] < max(energies)


def test_both_figures_are_drawn(copper: tuple[dict[str, Any], Direct]) -> None:
    made = figures(StudyResult.model_validate(copper[0]), "s")
    assert [figure.caption.split(" ")[0] for figure in made] == ["Surface", "Equilibrium"]
    assert "111 Cu" in made[0].svg
    assert "% of the surface" in made[1].svg


def test_sides_that_differ_and_what_is_left_out(tmp_path: Path) -> None:
    alloy = (
        '4\nLattice="3.88 0 0 0 3.88 0 0 0 3.7" pbc="T T T"\nNi 0 0 0\nCu 1.94 1.94 0\nPt 0 1.94 1.85\nPt 1.94 0 1.85\n'
    )
    (tmp_path / "a.xyz").write_text(alloy)
    path = written(tmp_path, "phase: {file: a.xyz}, facets: [[1, 0, 0]]", "phase: Cu, facets: [[1, 1, 0], [1, 1, 1]]")
    path.write_text(path.read_text().replace("strict", "fast"))
    first, second = (done.result for done in run(path, Direct(tmp_path)).values())
    assert any("the lower side differs" in note for note in first["notes"])
    assert "mean of two sides" in next(iter(first["quantities"].values()))["says"]
    assert any("do not close a shape" in note for note in first["notes"])
    assert list(second["data"]["layers"]) == [[4, 6, 8], [7, 10, 13]]  # at least 8, 12 and 16 Å


def test_polar_facets_are_left_out(tmp_path: Path) -> None:
    bulk("NiO", "rocksalt", a=4.18, cubic=True).write(tmp_path / "nio.xyz", format="extxyz")
    flows = build(load(written(tmp_path, "phase: {file: nio.xyz}")))
    labels = [entry.label for entry in plan(flows, Vault(tmp_path / "vault"))]
    assert sorted(labels) == sorted(["cell of nio", *[f"slab {facet} NiO, {end}" for facet, counts in
                                       (("100", (4, 6, 8)), ("110", (6, 9, 11)))
                                       for end in (*(f"{count} layers" for count in counts),
                                                   f"{counts[0]} layers, 12 Å of vacuum")]])  # fmt: skip
    notes = flows["surface-nio"].jobs[-1].function_args[-1]
    assert sum("(1 1 1): all terminations are polar" in note for note in notes) == 1


@pytest.mark.parametrize(("study", "words"), [
    ("phase: Cu, facets: [[1, 0, 0], [0, 1, 0]]", "symmetry makes [1, 0, 0] and [0, 1, 0] one"),
    ("phase: Cu, facets: [[0, 0, 0]]", "no plane"),
    ("phase: Cu, facets: [[1, 0, 0]], max_index: 2", "give one of the two"),
    ("phase: Cu, thicknesses: [3, 4]", "thicknesses must be a list of at least three"),
    ("phase: Cu, thicknesses: [3, 4, 4]", "twice"),
    ("phase: Cu, vacuum: [12, 8]", "does not grow"),
    ("phase: Cu, vacuum: []", "vacuum must be a list of one or two numbers"),
    ("phase: Cu, terminations: some", "terminations must be first, all or any"),
    ("phase: graphene", "no crystal"),
    ("phase: K2Se, facets: [[1, 0, 0]]", "all terminations are polar (K, Se)"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=5)


def test_a_list_makes_one_study_of_each_phase_and_keeps_the_facets(tmp_path: Path) -> None:
    flows = build(load(written(tmp_path, "phase: [Cu, Al], facets: [[1, 1, 1], [1, 0, 0]]")))
    assert list(flows) == ["surface-Cu-111-100", "surface-Al-111-100"]


def test_results_are_plain_json(copper: tuple[dict[str, Any], Direct]) -> None:
    assert json.loads(json.dumps(copper[0])) == copper[0]
