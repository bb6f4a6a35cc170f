"""Ways along and across interfaces, from the campaign file to the result: copper upon itself, with and without a fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase import Atoms
from ase.io import write

from potash.analysis.passage import _ratios
from potash.analysis.report.figures import figures
from potash.analysis.report.page import render
from potash.analysis.report.tables import tables
from potash.analysis.result import Quantity, StudyResult
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests import direct

HEAD = "campaign: p\nengine: emt\nstudies:\n"
BOTH = (
    "film: Cu, substrate: Cu, film_facet: [1, 1, 1], substrate_facet: [1, 1, 1], max_area: 10, film_thickness: 5, "
    "substrate_thickness: 5, geometry: superlattice, keep: 1, ion: Cu, cutoff: 2.8, supercell: [3, 3]"
)
ITSELF = f"{BOTH}, scan: {{grid: 1, gaps: [-0.1233]}}"
FAULT = f"{BOTH}, scan: {{grid: 3, gaps: [-0.12]}}"


def written(folder: Path, *studies: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(HEAD + "".join(f"  - {{{study}}}\n" for study in studies))
    return path


def hexagonal(folder: Path) -> None:
    """Copper in the cell of its (111) planes, in which the superlattice of one crystal is a supercell."""
    a = 3.59
    planes = [[0, 0, 0], [1 / 3, 1 / 3, 1 / 3], [2 / 3, 2 / 3, 2 / 3]]
    cell = [[a / 2**0.5, 0, 0], [a / 8**0.5, a * 0.375**0.5, 0], [0, 0, a * 3**0.5]]
    write(folder / "hex.xyz", Atoms("Cu3", scaled_positions=planes, cell=cell, pbc=True))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("passages")
    hexagonal(folder)
    path = written(
        folder,
        "id: bulk, kind: barrier, host: {file: hex.xyz}, ion: Cu, supercell: [3, 3, 2], cutoff: 2.8",
        f"id: itself, kind: passage, {ITSELF}, beside: [bulk], published: [A007]",
        f"id: fault, kind: passage, {FAULT}",
        f"id: searched, kind: passage, {FAULT}, search: {{engine: emt, margin: 0.02}}",
    )
    return direct.run(path, direct.Direct(folder / "vault"))


def values(done: dict[str, direct.Done], study: str) -> dict[str, Any]:
    found = done[study].result
    assert found["status"] == "done", found["reason"]
    return {name: quantity["value"] for name, quantity in found["quantities"].items()}


def test_in_a_crystal_upon_itself_along_and_across_are_the_bulks_barrier(done: dict[str, direct.Done]) -> None:
    """Within 10 meV: the gap of the superlattice is not quite the crystal's."""
    found, bulk = values(done, "itself"), values(done, "bulk")["barrier"]
    for way in ("along", "along both directions", "across"):
        assert found[f"barrier {way}"] == pytest.approx(bulk, abs=0.01)
    assert found["barrier along over that of bulk"] == pytest.approx(found["barrier along"] / bulk)
    assert [site["height"] for site in done["itself"].result["data"]["sites"]] == pytest.approx(
        [-3.11, -1.04, 1.04, 3.11], abs=0.02
    )


@pytest.mark.parametrize(
    ("study", "name"), [("bulk", "barrier"), ("itself", "barrier along"), ("searched", "barrier across")]
)
def test_a_barrier_has_the_checks_of_the_cells_it_rests_on(done: dict[str, direct.Done], study: str, name: str) -> None:
    names = {check["name"] for check in done[study].result["quantities"][name]["checks"]}
    assert {"residual of the fit, host's cell", "largest shear stress left, host's cell"} < names


@pytest.mark.parametrize(("relation", "turned", "sign"), [("=", "=", ""), ("<=", ">=", "≤ "), (">=", "<=", "≥ ")])
def test_a_ratio_to_a_bound_is_bounded_the_other_way(relation: str, turned: str, sign: str) -> None:
    mine = {f"barrier {goal}": Quantity(value=0.6, unit="eV") for goal in ("along", "across")}
    other = {"value": 0.3, "answers": "diffusion barrier", "relation": relation}
    ratio = _ratios(mine, {"bulk": {"quantities": {"percolating barrier": other}}})["barrier across over that of bulk"]
    assert (ratio.value, ratio.relation) == (pytest.approx(2.0), turned)
    assert ratio.says == f"its percolating barrier is {sign}0.300 eV"


def test_a_stacking_fault_is_the_easier_way(done: dict[str, direct.Done]) -> None:
    """At the fault a plane has its neighbours as in hcp: hops in it are easier, those from plane to plane are not."""
    fault, bulk = values(done, "fault"), values(done, "bulk")["barrier"]
    assert fault["barrier along"] < bulk - 0.04
    assert fault["barrier across"] == pytest.approx(bulk, abs=0.01)
    rises = [rise for rise in done["fault"].result["data"]["rises"] if rise["on"]]
    along = [rise for rise in rises if abs(rise["heights"][0] - rise["heights"][1]) < 0.1]
    assert {round(abs(rise["heights"][0]), 1) for rise in along} == {1.0}, "the planes that face each other"
    crossed = sorted(sorted(rise["heights"]) for rise in rises if rise not in along)
    assert [low for low, _ in crossed] == pytest.approx([-3.11, -1.04, 1.04], abs=0.02)


def test_a_search_spares_hops_and_changes_no_answer(done: dict[str, direct.Done]) -> None:
    every, some = values(done, "fault"), values(done, "searched")
    for way in ("along", "along both directions", "across"):
        assert some[f"barrier {way}"] == every[f"barrier {way}"]
    rows = done["searched"].result["data"]["hops"]
    assert sum(row["barrier"] is not None for row in rows) < sum(row["search"] is not None for row in rows)
    left_out = [row for row in rows if row["barrier"] is None]
    assert all(not row["on"] and row["search"] > some["barrier along"] + 0.02 for row in left_out)
    assert any("a search only, and no answer" in note for note in done["searched"].result["notes"])


def test_the_search_counts_as_no_calculation_of_the_answer(done: dict[str, direct.Done]) -> None:
    keys = [set(done[name].result["provenance"]["keys"]) for name in ("fault", "searched")]
    assert keys[1] < keys[0]


def test_the_report_shows_the_ways(done: dict[str, direct.Done]) -> None:
    results = [StudyResult.model_validate(each.result) for each in done.values()]
    first, second = figures(results[-1], "one")
    way = values(done, "searched")["barrier along"]
    assert f"along {way:.3f} eV" in first.caption
    assert "Height above the middle" in first.svg
    assert "climbing images" in second.caption
    (table,) = tables(results[-1])
    assert table.headings[4] == "Search only (eV)"
    assert "along" in table.rows[table.marked][-1]
    assert len(tables(results[1])[0].headings) == len(table.headings) - 1
    page = render("p", results)
    assert "5 of 6 on the easiest ways" in page or "4 of 6 on the easiest ways" in page
    assert "A007" in page


def test_the_plan_prices_the_hops(tmp_path: Path) -> None:
    studies = (f"id: fault, kind: passage, {FAULT}", f"id: searched, kind: passage, {FAULT}, search: {{engine: emt}}")
    entries = plan(build(load(written(tmp_path, *studies))), Vault(tmp_path / "vault"))
    bands = [entry for entry in entries if entry.task == "surrogate"]
    assert len(bands) >= 4
    assert all(entry.atoms == 53 for entry in bands)
    assert any("curvature" in entry.label for entry in entries)


@pytest.mark.parametrize(("study", "words"), [
    (f"{ITSELF}, beside: [bulck]", "beside: no study above has the id 'bulck'"),
    (f"{ITSELF}, search: {{engine: gpaw}}", "search must be a mapping of engine (chgnet or emt)"),
    (f"{ITSELF}, region: 0", "region must be a number greater than 0"),
    (f"{ITSELF.replace('superlattice', 'slab')}, charge: 1", "a slab between vacuum cannot be charged"),
    (f"{ITSELF.replace('superlattice', 'slab')}, kpoints: [2, 2, 2]", "across the vacuum of a slab one is enough"),
    (f"{ITSELF}, mechanism: adatom", "mechanism must be vacancy or interstitial"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    direct.assert_refused(written(tmp_path, f"kind: passage, {study}"), words, line=4)


@pytest.mark.parametrize(("study", "words"), [
    (ITSELF.replace("supercell: [3, 3]", "supercell: [1, 1]"), "a supercell of [2, 1, 1] would do"),
    (f"{ITSELF}, region: 6", "too thin for a region"),
    (ITSELF.replace("ion: Cu", "ion: K"), "has no ion K that could hop"),
])  # fmt: skip
def test_what_the_relaxed_interface_has_no_room_for_is_told(study: str, words: str, tmp_path: Path) -> None:
    flows = build(load(written(tmp_path, f"kind: passage, {study}")))
    with pytest.raises(BadInput) as error:
        plan(flows, Vault(tmp_path / "vault"))
    assert words in str(error.value)
