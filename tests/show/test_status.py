from __future__ import annotations

from pathlib import Path

import pytest

from potash.show.status import MANY, SHOWN, describe
from potash.workflows.ledger import Ledger, hold


def ledger(folder: Path, count: int) -> Ledger:
    made = Ledger(folder, make=True)
    studies = [(f"s{number}", "bulk") for number in range(count)]
    planned = {f"k{number}": (f"s{number}", "cell", 1.0, "waiting") for number in range(count)}
    made.begin("c", folder / "c.yaml", studies, planned)
    return made


def test_few_studies_are_listed_in_the_files_order(tmp_path: Path) -> None:
    book = ledger(tmp_path, 3)
    book.calculation("k1", "s1", "cell", "finished", 7, 1.0)
    book.study("s1", "done")
    lines, unfinished = describe(book)
    assert [line.split() for line in lines[1:4]] == [
        ["s0", "waiting", "0/1", "calculations"],
        ["s1", "done", "1/1", "calculations"],
        ["s2", "waiting", "0/1", "calculations"],
    ]
    assert not unfinished, "nobody holds the folder"
    assert "goes on" in lines[-1]


@pytest.mark.parametrize("failed", [1, SHOWN + 5])
def test_many_studies_are_counted_and_what_failed_is_listed(tmp_path: Path, failed: int) -> None:
    count = MANY + 30
    book = ledger(tmp_path, count)
    for number in range(failed):
        book.study(f"s{number}", "failed", f"reason {number}")
    book.calculation(f"k{count - 1}", f"s{count - 1}", "cell", "running", 3, 1.0)
    with hold(tmp_path):
        lines, unfinished = describe(book)
    assert f"{count} studies: {failed} failed, {count - failed - 1} waiting, 1 running" in lines[1]
    assert sum("reason" in line for line in lines) == min(failed, SHOWN)
    assert any(f"{failed - SHOWN} more failed" in line for line in lines) == (failed > SHOWN)
    assert any(line.split()[:2] == [f"s{count - 1}", "running"] for line in lines)
    assert unfinished
