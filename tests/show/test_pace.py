from __future__ import annotations

import time

import pytest

from potash.show.pace import Pace
from potash.workflows.ledger import Row, time_left


def row(key: str, state: str, expected: float, began: float | None = None, ended: float | None = None) -> Row:
    return Row(key, "study", "label", state, 1, expected, began, ended)


def test_the_time_left_is_what_the_ledger_says() -> None:
    pace = Pace([row("a", "waiting", 2.0), row("b", "waiting", 3.0), row("c", "finished", 9.0)], cores=2)
    assert pace.left() == time_left([row("a", "waiting", 2.0), row("b", "waiting", 3.0)], 2)
    now = time.time()
    pace.begun("a", 2.0)
    time.sleep(0.2)
    took = pace.ended("a", finished=True)
    rows = [row("a", "finished", 2.0, now, now + took), row("b", "waiting", 3.0)]
    assert pace.left() == pytest.approx(time_left(rows, 2), rel=1e-3)
    pace.begun("b", 3.0)
    pace.ended("b", finished=False)
    assert pace.left() == 0.0


def test_what_is_left_off_is_open_as_before_and_may_be_found_later() -> None:
    pace = Pace([row("a", "waiting", 2.0), row("b", "waiting", 3.0)], cores=2)
    before = pace.left()
    pace.begun("a", 2.0)
    pace.left_off("a")
    assert pace.left() == before
    assert not pace.ran("a")
    pace.ended("a", finished=True)
    assert pace.left() == time_left([row("b", "waiting", 3.0)], 2)


def test_what_was_found_takes_no_time_and_counts_once() -> None:
    pace = Pace([row("a", "waiting", 2.0), row("c", "finished", 9.0)], cores=1)
    assert pace.before("c")
    assert not pace.before("a")
    assert pace.ended("a", finished=True) == 0.0
    assert not pace.ran("a")
    assert pace.left() == 0.0
    assert pace.since == 0.0
