"""Amorphous samples from the campaign file to the result, on EMT: silver and copper, alone and on copper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from potash.analysis.interface import JOULE
from potash.analysis.report.figures import figures
from potash.analysis.result import StudyResult
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.encoding import decode
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE
from potash.workflows.build import build
from potash.workflows.planning import Planner, plan
from tests import direct
from tests.conftest import Run

HEAD = "campaign: a\nengine: emt\nstudies:\n"
GLASS = "kind: amorphous, formula: CuAg, density: 8.9, melt: 2500, hold: 0.2, rate: 4000, timestep: 4"
UPON = f"{GLASS}, atoms: 28, seed: 3, substrate: Cu, substrate_facet: [1, 1, 1], substrate_thickness: 4, cells: [3, 3]"
WAYS = (
    "ion: Cu, mechanism: vacancy, region: 1.2, cutoff: 2.7, band: plain, images: 1, search: {engine: emt, margin: 0.05}"
)


def written(folder: Path, *studies: str) -> Path:
    path = folder / "a.yaml"
    path.write_text(HEAD + "".join(f"  - {{{study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("glass")
    return direct.run(
        written(
            folder,
            f"id: alone, {GLASS}, atoms: 32, samples: 2, ion: Cu, mechanism: vacancy, cutoff: 3, hops: 3",
            f"id: upon, {UPON}, quench: {{engine: emt}}",
            f"id: ways, {UPON}, quench: {{engine: emt}}, {WAYS}",
        ),
        direct.Direct(folder / "vault"),
    )


def test_samples_have_no_order_left(done: dict[str, direct.Done]) -> None:
    found = done["alone"].result
    assert found["status"] == "done", found["reason"]
    quantities = found["quantities"]
    assert quantities["density"]["value"] == pytest.approx(8.9)
    assert 2.4 < quantities["nearest neighbours"]["value"] < 3.0
    assert 11 < quantities["coordination"]["value"] < 14.5, "dense, as metals are"
    assert max(found["data"]["order"]) < 0.35
    first, second = (decode(view["frames"][0]) for view in found["views"])
    assert np.abs(first.positions - second.positions).max() > 0.5
    assert quantities["energy"]["error"] > 0


def test_a_layer_lies_on_the_substrate_unstrained(done: dict[str, direct.Done]) -> None:
    found = done["upon"].result
    assert found["status"] == "done", found["reason"]
    assert found["system"] == "amorphous CuAg on Cu (111)"
    together, sample = (decode(view["frames"][0]) for view in found["views"])
    assert together.cell.array[:2] == pytest.approx(sample.cell.array[:2])
    area = abs(np.linalg.det(together.cell.array[:2, :2]))
    assert area == pytest.approx(9 * 3**0.5 / 4 * 2 * (3.59 / 2**0.5) ** 2 / 1, rel=0.01)
    below, above = (together.positions[together.arrays[SIDE] == side, 2] for side in (SUBSTRATE, FILM))
    assert (len(below), len(above)) == (18, 28)
    assert above.mean() > below.max()
    laid = done["upon"].given[3][0]
    parted = sum(each["energy"] for each in laid["alone"]) - laid["relaxed"]["energy"]
    work = found["quantities"]["work of adhesion"]["value"]
    assert work == pytest.approx(JOULE * parted / area)
    assert 0.5 < work < 5, "metals stick"
    assert 1.0 < found["quantities"]["gap"]["value"] < 3


def test_a_laid_layer_has_the_checks_of_the_substrates_cell(done: dict[str, direct.Done]) -> None:
    names = {check["name"] for check in done["upon"].result["quantities"]["work of adhesion"]["checks"]}
    assert {"residual of the fit, substrate's cell", "largest force left on the substrate"} < names


def test_the_report_shows_the_pairs(done: dict[str, direct.Done]) -> None:
    pairs, cooling = figures(StudyResult.model_validate(done["alone"].result), "one")[:2]
    assert "root mean square" in pairs.caption
    assert "sample 2" in pairs.svg
    assert "thermostat" in cooling.svg


def test_barriers_of_the_hops_that_were_drawn(done: dict[str, direct.Done]) -> None:
    found = done["alone"].result
    walks = done["alone"].given[4]
    assert [len(walk["kinds"]) for walk in walks] == [3, 3]
    barriers = found["data"]["barriers"]
    assert 2 <= len(barriers) <= 12
    assert found["quantities"]["median barrier"]["value"] == pytest.approx(np.median(barriers))
    assert found["quantities"]["lower quartile"]["value"] <= found["quantities"]["upper quartile"]["value"]
    bands = [each["crossing"]["band"]["energies"] for walk in walks for each in walk["found"] if each]
    heights = [max(energies) - end for energies in bands for end in (energies[0], energies[-1])]
    assert all(min(abs(barrier - height) for height in heights) < 1e-6 for barrier in barriers)
    assert "percolating barrier" not in found["quantities"], "of three hops none is told"
    assert any(note.startswith("6 hops were drawn") for note in found["notes"])
    assert len(figures(StudyResult.model_validate(found), "one")) == 3


def test_samples_that_another_engine_made_are_relaxed_by_the_studys_own(done: dict[str, direct.Done]) -> None:
    samples, quenched = done["upon"].given[1:3]
    assert [each["task"] for each in (*samples, *quenched)] == ["relax", "quench"]
    apart = decode(samples[0]["atoms"]).positions - decode(quenched[0]["atoms"]).positions
    assert np.abs(apart).max() < 0.1, "here both engines are one: it was relaxed already"
    found = done["upon"].result
    assert any("made by emt, relaxed by emt" in note for note in found["notes"])
    assert {samples[0]["key"], quenched[0]["key"]} <= set(found["provenance"]["keys"])
    assert found["quantities"]["pressure"]["value"] is not None


def test_a_way_whose_hops_fail_their_checks_is_none(done: dict[str, direct.Done]) -> None:
    """Bands of one image do not find saddles: the search proposes ways, the checks refuse their hops."""
    found = done["ways"].result
    assert found["status"] == "no barrier"
    assert found["reason"].startswith("sample 1: no way leads on for ever in the plane")
    assert found["quantities"]["barrier along"]["value"] is None
    assert found["quantities"]["barrier along"]["answers"] == "diffusion barrier"
    (walked, guessed) = done["ways"].given[5]["found"][0]
    assert 0 < sum(len(part["kinds"]) for part in walked) < sum(len(part["kinds"]) for part in guessed)
    assert any("are higher unless the search errs by more than 0.05 eV" in note for note in found["notes"])
    assert any("is no barrier and left out" in note for note in found["notes"])


def test_a_plan_says_where_stand_ins_end_and_refuses_nothing(tmp_path: Path, potash: Run) -> None:
    """Before the melt has run, its stand-in has no site in so narrow a region: what is built of the real one, is not known."""
    path = written(tmp_path, f"id: ways, {UPON}, quench: {{engine: emt}}, {WAYS}", f"id: alone, {GLASS}, atoms: 32")
    planner = Planner(Vault(tmp_path / "vault"))
    entries = plan(build(load(path)), planner.vault, planner)
    assert {entry.study for entry in entries} == {"ways", "alone"}
    assert list(planner.untold) == ["ways"]
    assert "enlarge the region" in planner.untold["ways"]
    shown = potash("plan", str(path))
    assert shown.returncode == 0
    assert "ways: what follows its first calculations is not in this plan" in " ".join(shown.stdout.split())


def test_the_plan_prices_the_dynamics(tmp_path: Path) -> None:
    entries = plan(build(load(written(tmp_path, f"{UPON}, quench: {{engine: emt}}"))), Vault(tmp_path / "vault"))
    (quench,) = [entry for entry in entries if entry.task == "quench"]
    assert (quench.atoms, quench.calls) == (28, 50 * (1 + 3) + 20)
    assert any("on the substrate" in entry.label for entry in entries)


@pytest.mark.parametrize(("study", "words"), [
    (f"{GLASS}, atoms: 33", "33 atoms are no whole number of CuAg"),
    (f"{GLASS}, atoms: 4", "atoms must be a whole number from 8 to 1000"),
    (f"{GLASS}, atoms: 32, hops: 3", "hops: there is no ion that hops"),
    (f"{GLASS}, atoms: 32, cells: [2, 2]", "cells: there is no substrate"),
    (f"{UPON}, quench: {{engine: emtt}}", "unknown engine 'emtt'"),
    (f"{UPON}, quench: emt", "quench must be a mapping of engine"),
    (f"{GLASS}, atoms: 32, ion: Cu, region: 2", "region: there is no substrate"),
    (f"{UPON}, ion: Cu, search: {{engine: emt}}", "search: it looks for the easiest way along a substrate; give a region"),
    (f"{UPON}, ion: Cu, region: 2, hops: 3", "hops: in a region the easiest way is looked for"),
    (f"{UPON}, ion: Cu, region: 2, charge: 1", "charge: a slab between vacuum cannot be charged"),
    (UPON.replace("substrate: Cu,", "substrate: Cuu,"), "unknown phase 'Cuu'"),
    (UPON.replace("substrate_facet: [1, 1, 1], ", ""), "Cu is a crystal: name its facet"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    direct.assert_refused(written(tmp_path, study), words, line=4)
