from __future__ import annotations

from pathlib import Path

import pytest

from potash.errors import BadInput
from potash.workflows.ledger import Ledger, Row, hold, time_left


def row(state: str, expected: float, seconds: float) -> Row:
    return Row("k", "s", "l", state, 1, expected, 0.0 if seconds else None, seconds or None)


def test_time_left_scales_the_plan_by_what_finished_calculations_took() -> None:
    rows = [row("finished", 10.0, 20.0), row("waiting", 30.0, 0.0)]
    assert time_left(rows, cores=2) == pytest.approx(60.0)
    assert time_left(rows[:1], cores=2) is None


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="potash run"):
        Ledger(tmp_path)


def test_results_outlive_the_process_and_studies_that_left_the_file_go(tmp_path: Path) -> None:
    first = Ledger(tmp_path, make=True)
    first.begin("c", tmp_path / "c.yaml", [("a", "bulk"), ("b", "bulk")], {"k": ("a", "l", 1.0, "waiting")})
    first.study("a", "done", None, {"id": "a"})
    first.study("b", "done", None, {"id": "b"})
    first.close()
    second = Ledger(tmp_path, make=True)
    assert list(second.each_result()) == [{"id": "a"}, {"id": "b"}]
    second.begin("c", tmp_path / "c.yaml", [("b", "bulk")], {}, engine="emt")
    assert list(second.each_result()) == [], "what an older campaign gave is not shown as this one's"
    assert second.chosen() == ("emt", None)
    assert [study for study, *_ in second.studies()] == ["b"]


def test_one_process_holds_a_folder(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(BadInput, match="is held by process"), hold(tmp_path):
        pass
    with hold(tmp_path):
        pass
