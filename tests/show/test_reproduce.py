"""Which campaign answers a published value, and what it said."""

from __future__ import annotations

from pathlib import Path

import pytest

from potash.analysis.published import Verdict
from potash.campaign import load
from potash.errors import BadInput
from potash.show import answers, reproduce
from potash.show.reproduce import campaign_for
from tests.conftest import Run

TWO = """\
campaign: two
engine: emt
studies:
  - {kind: bulk, phase: Cu, id: copper}
  - {kind: bulk, phase: Al, id: aluminium}
  - {kind: bulk, phase: Al, id: other, points: 9}
  - {kind: ordering, quantity: V0, order: [copper, aluminium], published: [A225]}
"""


def test_every_answer_is_in_its_campaign() -> None:
    found = answers.answers()
    assert {"A016", "A049"} <= set(found)
    for row, paths in found.items():
        for path in paths:
            assert any(row in study.published for study in load(path).studies)


def test_what_has_run_comes_before_what_has_not() -> None:
    first, *others = answers.answers()["S16"]
    assert first.name == "graphene.yaml"
    assert "oxides.yaml" in {path.name for path in others}


def test_what_is_kept_has_verdicts_of_studies_that_name_the_row() -> None:
    found = answers.kept()
    assert found["S03"][0].verdict == "under-specified"
    for row, said in found.items():
        for one in said:
            assert one.verdict in set(Verdict)
            assert one.path in answers.answers()[row]


def test_a_value_is_found_by_its_id_however_it_is_written() -> None:
    assert campaign_for("a016").name == "na-antimonene.yaml"


def test_a_value_that_no_example_answers_says_which_are() -> None:
    with pytest.raises(
        BadInput, match=r"no example answers A030 yet; potash published A030 says .*; those are answered: .*A016"
    ):
        campaign_for("A030")


def test_an_unknown_value_is_bad_input(potash: Run) -> None:
    ran = potash("reproduce", "A9999")
    assert ran.returncode == 2
    assert "no published value has the id 'A9999'" in ran.stderr


def test_only_what_answers_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "two.yaml").write_text(TWO)
    monkeypatch.setattr(answers, "EXAMPLES", tmp_path)
    assert reproduce.reproduce("A225", tmp_path / "project", cores=1) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "of it ordering-V0" in told
    assert "ordering-V0: ordering reproduced: " in told
    assert "finished" in told
    assert "other" not in told


def test_the_catalogue_says_what_was_computed_and_how_to_do_it_again(potash: Run) -> None:
    row = " ".join(potash("published", "S03").stdout.split())
    assert "recomputed (aluminium, " in row
    assert "under-specified: " in row
    assert "potash reproduce S03" in row
    assert "no example answers this row yet" in potash("published", "A030").stdout
    table = potash("published", "K on Al").stdout
    assert "under-specified" in table
