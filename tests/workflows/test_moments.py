"""Moments in what bulk and adsorption studies come to, on EMT with moments put in."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from potash.analysis.report.page import render
from potash.analysis.result import StudyResult
from potash.workflows import adsorption, bulk
from tests.direct import Direct, Done, run

CAMPAIGN = """\
campaign: m
engine: emt
studies:
  - {kind: bulk, phase: Cu}
  - {kind: adsorption, phase: Cu, facets: [[1, 1, 1]], ion: Cu, sites: [hollow], supercell: [1, 1], layers: 3}
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    folder = tmp_path_factory.mktemp("m")
    (folder / "m.yaml").write_text(CAMPAIGN, "utf-8")
    return run(folder / "m.yaml", Direct(folder))


def turned(result: dict[str, Any], began: list[float], ended: list[float]) -> dict[str, Any]:
    made = deepcopy(result)
    made["atoms"]["moments"], made["moments"] = began, ended
    return made


def test_studies_without_spin_tell_of_no_moments(done: dict[str, Done]) -> None:
    for study in done.values():
        assert not any("moment" in name for name in study.result["quantities"])


def test_a_bulk_study_tells_its_moment(done: dict[str, Done]) -> None:
    about, relaxed, name = done["bulk-Cu"].given
    made = StudyResult.model_validate(bulk.summarise.original(about, turned(relaxed, [1.0], [0.6]), name))
    assert made.quantities["largest magnetic moment, relaxed cell"].value == 0.6
    page = render("m", [made])
    assert "0.60</b> µB" in page
    assert "of Cu 1, within its sphere" in page


def test_an_order_that_was_lost_is_noted_and_the_energy_stands(done: dict[str, Done]) -> None:
    given = list(done["adsorption-Cu-111-Cu"].given)
    clean = 5
    count = len(given[clean]["atoms"]["symbols"])
    began = [2.0, -2.0, *[0.0] * (count - 2)]
    given[clean] = turned(given[clean], began, [1.5, 1.4, *[0.0] * (count - 2)])
    made = StudyResult.model_validate(adsorption.summarise.original(*given))
    assert made.status == "done"
    assert made.quantities["adsorption energy"].value is not None
    assert made.quantities["largest magnetic moment, clean surface"].value is None
    assert any("turned over or vanished is 1" in note for note in made.notes)
