"""What the command line says of finished studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from potash.analysis import report
from potash.errors import BadInput
from potash.show.project import _headline, console, finish, write_report
from potash.workflows.ledger import Ledger
from tests.analysis.test_report import bulk_study, crashed_study


def test_quantities_that_a_study_could_not_tell_are_left_out_of_its_headline() -> None:
    told = {"value": 0.5, "unit": "eV"}
    quantities = {"median barrier": {"value": None, "unit": "eV"}, "energy": told, "gap": {**told, "value": 1e-12}}
    assert _headline({"status": "done", "quantities": quantities}) == "energy 0.5 eV, gap 0 eV"
    assert _headline({"status": "failed", "reason": "no engine", "quantities": quantities}) == "no engine"


@pytest.mark.parametrize(("relation", "shown"), [("=", "0.5"), ("<=", "≤ 0.5"), (">=", "≥ 0.5"), ("~", "~ 0.5")])
def test_a_headline_says_which_numbers_are_bounds(relation: str, shown: str) -> None:
    bound = {"value": 0.5, "unit": "eV", "relation": relation}
    assert (
        _headline({"status": "done", "quantities": {"percolating barrier": bound}}) == f"percolating barrier {shown} eV"
    )


def ended(folder: Path, done: int, failed: int) -> None:
    """A project whose studies have ended."""
    results = [{**bulk_study(), "id": f"s{number}"} for number in range(done)]
    results += [crashed_study(f"f{number}", f"reason {number}") for number in range(failed)]
    ledger = Ledger(folder, make=True)
    ledger.begin("c", folder / "c.yaml", [(one["id"], "bulk") for one in results], {})
    for one in results:
        ledger.study(one["id"], one["status"], one["reason"], one)
    ledger.close()


def test_the_end_of_a_large_run_lists_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(tmp_path, report.MANY, 2)
    console.file = None  # what pytest captures now
    assert finish(tmp_path) == 1
    said = capsys.readouterr().out
    assert f"{report.MANY + 2} studies: {report.MANY} done, 2 failed" in said
    assert "reason 0" in said
    assert "reason 1" in said
    assert "s17" not in said


def test_chosen_studies_get_a_report_with_figures_of_their_own(tmp_path: Path) -> None:
    ended(tmp_path, report.MANY + 1, 0)
    whole = write_report(tmp_path)
    chosen = write_report(tmp_path, ("s17", "s3"))
    assert chosen != whole
    text = chosen.read_text("utf-8")
    assert text.count('class="study"') == 2
    assert text.count("<figure") == 4
    assert 'class="study"' not in whole.read_text("utf-8")
    with pytest.raises(BadInput, match=r"no result of a study 's1717' .did you mean"):
        write_report(tmp_path, ("s1717",))
