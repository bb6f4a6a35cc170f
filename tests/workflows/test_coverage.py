"""Coverage series on EMT, from the campaign file to the report: copper upon copper grows into copper."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from potash.analysis import coverage as analysis
from potash.analysis.report.figures import figures
from potash.analysis.report.page import render
from potash.analysis.report.tables import tables
from potash.analysis.result import StudyResult
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests.direct import Direct, Done, assert_refused, run

HEAD = "campaign: c\nengine: emt\nstudies:\n"
SERIES = "kind: adsorption, phase: Cu, facets: [[1, 1, 1]], ion: Cu, sites: [hollow], supercell: [[2, 2], [1, 1]]"
NAMES = ["adsorption-Cu-111-Cu-2x2", "adsorption-Cu-111-Cu-1x1", "coverage-Cu-111-Cu"]


def written(folder: Path, *studies: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(HEAD + "".join(f"  - {{{study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    folder = tmp_path_factory.mktemp("series")
    return run(written(folder, SERIES), Direct(folder))


@pytest.fixture
def results(done: dict[str, Done]) -> list[dict[str, Any]]:
    return [deepcopy(done[name].result) for name in NAMES[:2]]


def test_a_whole_layer_is_the_metal_itself(done: dict[str, Done]) -> None:
    """A full layer on hollows continues the crystal, so that an atom of it costs what one in the bulk does."""
    assert list(done) == NAMES
    numbers = {name: quantity["value"] for name, quantity in done[NAMES[2]].result["quantities"].items()}
    assert numbers["E_ads 1 × 1, bulk metal"] == pytest.approx(0, abs=0.03)
    assert numbers["E_ads 2 × 2, bulk metal"] > 0.3
    assert numbers["change with the coverage"] == pytest.approx(
        numbers["E_ads 1 × 1, free atom"] - numbers["E_ads 2 × 2, free atom"]
    )
    assert numbers["change with the coverage"] < -0.3, "copper atoms attract each other"


def test_points_stand_in_the_order_of_their_densities(done: dict[str, Done]) -> None:
    points = done[NAMES[2]].result["data"]["points"]
    assert [point["cells"] for point in points] == [4, 1]
    assert points[1]["density"] == pytest.approx(4 * points[0]["density"])
    assert points[1]["density"] == pytest.approx(200 / 3**0.5 / (3.59 / 2**0.5) ** 2, rel=0.01)  # EMT's copper
    assert {point["site"] for point in points} <= {"hollow-1", "hollow-2"}
    own = done[NAMES[0]].result["quantities"]["adsorption energy"]["value"]
    assert points[0]["energies"]["free atom"] == own


def test_energies_keep_their_checks(done: dict[str, Done], results: list[dict[str, Any]]) -> None:
    own = done[NAMES[2]].result["quantities"]
    assert own["E_ads 2 × 2, free atom"]["checks"] == results[0]["quantities"]["adsorption energy"]["checks"] != []
    results[1]["quantities"]["adsorption energy"]["checks"][0]["passed"] = False
    made = analysis.summarise(analysis.points(results))
    failed = {name for name, quantity in made.items() if not all(check.passed for check in quantity.checks)}
    assert failed == {"E_ads 1 × 1, free atom", "change with the coverage"}
    (check,) = [check for check in made["change with the coverage"].checks if not check.passed]
    assert check.name.startswith("adsorption-Cu-111-Cu-1x1: ")


def test_energies_keep_their_errors(done: dict[str, Done], results: list[dict[str, Any]]) -> None:
    assert done[NAMES[2]].result["quantities"]["change with the coverage"]["error"] is None
    for result, error in zip(results, (0.02, 0.03), strict=True):
        result["quantities"]["adsorption energy"]["error"] = error
    made = analysis.summarise(analysis.points(results))
    assert (made["E_ads 2 × 2, free atom"].error, made["E_ads 1 × 1, free atom"].error) == (0.02, 0.03)
    assert made["change with the coverage"].error == pytest.approx(0.05)


def test_the_report_shows_figure_and_table(done: dict[str, Done]) -> None:
    result = StudyResult.model_validate(done[NAMES[2]].result)
    (figure,) = figures(result, "one")
    assert "1 in 4" in figure.svg
    assert "Ions per nm²" in figure.svg
    (table,) = tables(result)
    assert [row[0] for row in table.rows] == ["2 × 2", "1 × 1"]
    assert table.rows[0][-1] == NAMES[0]
    page = render("c", [result])
    assert "energies per ion" in page
    assert "was built" not in page


def test_a_plan_prices_every_cell(tmp_path: Path) -> None:
    entries = plan(build(load(written(tmp_path, SERIES))), Vault(tmp_path / "vault"))
    assert {entry.atoms for entry in entries if entry.label.startswith("Cu on hollow")} == {5, 17}
    assert {entry.study for entry in entries} == set(NAMES[:2])


def test_series_keep_apart(tmp_path: Path) -> None:
    named = SERIES.replace("kind", "id: mine, kind")
    flows = build(load(written(tmp_path, SERIES, f"{SERIES}, layers: 2", named)))
    assert list(flows) == [*NAMES, *(f"{name}-2" for name in NAMES), "mine-2x2", "mine-1x1", "mine"]
    rests = [flows[name].jobs[0].function_args[1] for name in (NAMES[2], f"{NAMES[2]}-2", "mine")]
    for reference, parts in zip(rests, (NAMES[:2], [f"{name}-2" for name in NAMES[:2]], ["mine-2x2", "mine-1x1"]),
                                strict=True):  # fmt: skip
        assert [each.uuid for each in reference] == [flows[part].output.uuid for part in parts]


@pytest.mark.parametrize(("change", "says"), [
    ({"kind": "bulk"}, "adsorption-Cu-111-Cu-1x1 is of the kind bulk"),
    ({"status": "failed", "reason": "no force"}, "adsorption-Cu-111-Cu-1x1 is failed: no force"),
    ({"system": "K on Cu (111)"}, "is of K on Cu (111), adsorption-Cu-111-Cu-2x2 of Cu on Cu (111)"),
])  # fmt: skip
def test_what_is_no_point_is_told(change: dict[str, Any], says: str, results: list[dict[str, Any]]) -> None:
    assert analysis.lacking(results) == []
    results[1] |= change
    (why,) = analysis.lacking(results)
    assert says in why


@pytest.mark.parametrize(("study", "words"), [
    (SERIES.replace("[1, 1]]", "[2, 2]]"), "supercell: one of the list stands in it twice"),
    (f"{SERIES}, kpoints: [2, 2, 1]", "kpoints: one grid is not as dense in all supercells"),
    (SERIES.replace("[[2, 2], [1, 1]]", "[[2, 2]]"), "supercell must be two whole numbers of at least 1, as [3, 3], or"),
    (SERIES.replace("[[2, 2], [1, 1]]", "[[2, 0], [1, 1]]"), "supercell must be two whole numbers"),
    ("kind: coverage, studies: [a, b]", "no study above has the id 'a'"),
    ("kind: coverage, studies: [a]", "studies must be a list of at least two ids of adsorption studies above"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=4)
