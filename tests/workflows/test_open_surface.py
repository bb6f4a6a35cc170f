"""Surface energies against chemical potentials, with EMT: slabs whose composition is not the crystal's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.build import bulk
from ase.units import J, m

from potash.analysis.report.figures import figures
from potash.analysis.result import StudyResult
from potash.campaign import load
from potash.workflows.build import build
from tests.direct import Direct, assert_refused, run

HEAD = "campaign: s\nengine: emt\nprotocol: fast\nstudies:\n"
STUDY = "facets: [[1, 0, 0]], thicknesses: [3, 4, 5]"
GOLD = "references: {Au: {file: au.xyz}}"


def written(folder: Path, *studies: str) -> Path:
    alloy = bulk("Cu", cubic=True, a=3.75)
    alloy.symbols[0] = "Au"
    alloy.write(folder / "cu3au.xyz", format="extxyz")
    bulk("Au", a=4.06).write(folder / "au.xyz", format="extxyz")
    path = folder / "s.yaml"
    path.write_text(HEAD + "".join(f"  - {{kind: surface, {study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def alloy(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Direct]:
    folder = tmp_path_factory.mktemp("open")
    place = Direct(folder)
    path = written(
        folder,
        f"phase: {{file: cu3au.xyz}}, terminations: all, {STUDY}, id: closed",
        f"phase: {{file: cu3au.xyz}}, terminations: any, {STUDY}, {GOLD}, id: open",
    )
    return [done.result for done in run(path, place).values()], place


def energies(result: dict[str, Any]) -> dict[str, float]:
    return {
        name.removeprefix("surface energy 100 "): one["value"]
        for name, one in result["quantities"].items()
        if name.startswith("surface energy")
    }


def test_complementary_terminations_add_up_to_a_cleavage_whatever_the_potential(
    alloy: tuple[list[dict[str, Any]], Direct],
) -> None:
    closed, opened = alloy[0]
    assert closed["status"] == opened["status"] == "done"
    (mean,) = energies(closed).values()
    found = energies(opened)
    assert sorted(found) == ["Cu, Au-rich", "Cu, Cu-rich", "CuAu, Au-rich", "CuAu, Cu-rich"]
    for condition in ("Cu-rich", "Au-rich"):
        assert (found[f"Cu, {condition}"] + found[f"CuAu, {condition}"]) / 2 == pytest.approx(mean, abs=2e-3)


def test_the_slope_over_the_potential_is_the_excess_over_the_area(alloy: tuple[list[dict[str, Any]], Direct]) -> None:
    """Gold counts with copper's share of it: a slab that lacks Cu2 has 2/3 of an atom of gold too many on two sides."""
    found, data = energies(alloy[0][1]), alloy[0][1]["data"]["potential"]
    cell = next(one for one in alloy[1].results.values() if "fit" in one and len(one["atoms"]["symbols"]) == 4)
    area = cell["volume"] ** (2 / 3)
    rise = data["width"] / (3 * area) * m**2 / J
    assert data["element"] == "Au"
    assert found["Cu, Au-rich"] - found["Cu, Cu-rich"] == pytest.approx(rise, rel=1e-6)
    assert found["CuAu, Cu-rich"] - found["CuAu, Au-rich"] == pytest.approx(rise, rel=1e-6)


def test_the_width_is_the_energy_of_formation(alloy: tuple[list[dict[str, Any]], Direct]) -> None:
    cells = [one for one in alloy[1].results.values() if "fit" in one]
    energy = {
        tuple(sorted(set(one["atoms"]["symbols"]))): one["energy"] / len(one["atoms"]["symbols"]) for one in cells
    }
    formation = 4 * energy["Au", "Cu"] - 3 * energy[("Cu",)] - energy[("Au",)]
    assert formation < 0
    assert alloy[0][1]["data"]["potential"]["width"] == pytest.approx(-formation)


def test_a_figure_over_the_potential_and_no_shape(alloy: tuple[list[dict[str, Any]], Direct]) -> None:
    made = figures(StudyResult.model_validate(alloy[0][1]), "s")
    assert [figure.caption.split(":")[0] for figure in made][1:] == ["Surface energy over the chemical potential"]
    assert "Au-rich" in made[1].svg
    assert any("No equilibrium shape" in note for note in alloy[0][1]["notes"])
    assert any("on both sides, for the lowest layer lacks CuAu" in note for note in alloy[0][1]["notes"])


@pytest.mark.parametrize(("study", "words"), [
    (f"phase: {{file: cu3au.xyz}}, {STUDY}, {GOLD}", "only terminations: any has chemical potentials"),
    (f"phase: {{file: cu3au.xyz}}, terminations: any, {STUDY}", "no crystal of Au is known"),
    (f"phase: {{file: cu3au.xyz}}, terminations: any, {STUDY}, references: {{Al: Al}}", "cu3au has no Al"),
    (f"phase: {{file: cu3au.xyz}}, terminations: any, {STUDY}, references: {{Au: Al}}", "Al is no crystal of Au"),
    ("phase: BiSbO4, terminations: any, facets: [[1, 0, 0]]", "BiSbO4 has 3"),
])  # fmt: skip
def test_what_has_no_range_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=5)


def test_a_polar_facet_has_its_compensated_terminations_among_all(tmp_path: Path) -> None:
    (flow,) = build(load(written(tmp_path, "phase: K2Se, facets: [[1, 0, 0]], terminations: all"))).values()
    named = {job.name.split(", ")[0] for job in flow.jobs if job.name.startswith("slab")}
    assert named == {"slab 100 K-half", "slab 100 Se-half"}


def test_an_element_needs_no_reference(tmp_path: Path) -> None:
    (flow,) = build(load(written(tmp_path, "phase: Al, facets: [[1, 1, 1]], terminations: any"))).values()
    assert [job.name for job in flow.jobs if job.name.startswith("cell")] == ["cell of Al"]
