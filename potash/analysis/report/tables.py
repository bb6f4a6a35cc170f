"""Tables of a study beside its quantities and checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from potash.analysis.report.numbers import fixed
from potash.analysis.result import StudyResult


@dataclass(frozen=True)
class Table:
    """A table as printed: the first cell of a row is its head, and one row may be marked.

    Attributes
    ----------
    marked
        The index of the row that the study is about.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    marked: int


def tables(result: StudyResult) -> list[Table]:
    """Make a study's tables: the candidates of an interface."""
    found = result.data.get("candidates")
    if result.kind != "interface" or not found:
        return []
    headings = ("Candidate", "Film", "Substrate", "Cells", "Area (Å²)", "Strain (%)", "Turn (°)", "Atoms")
    rows = [_candidate(number, each) for number, each in enumerate(found, start=1)]
    return [Table("Candidates", headings, rows, result.data["chosen"] - 1)]


def _candidate(number: int, each: dict[str, Any]) -> tuple[str, ...]:
    facets = [f"({''.join(map(str, facet))})" if facet else "layer" for facet in (each["film"], each["substrate"])]
    cells = " on ".join(map(str, each["multiples"]))
    numbers = (fixed(each["area"], 1), fixed(100 * each["strain"], 2), fixed(each["turn"], 1), str(each["atoms"]))
    return (str(number), *facets, cells, *numbers)
