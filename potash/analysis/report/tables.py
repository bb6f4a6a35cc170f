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
    says
        What is to be said of all rows.
    marked
        The index of the row that was built, of rows that are choices.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    says: str
    marked: int | None = None


def tables(result: StudyResult) -> list[Table]:
    """Make a study's tables: the candidates of an interface, the points of a coverage series."""
    if points := result.data.get("points") if result.kind == "coverage" else None:
        return [_series(points)]
    found = result.data.get("candidates")
    if result.kind != "interface" or not found:
        return []
    headings = ("Candidate", "Film", "Substrate", "Cells", "Area (Å²)", "Strain (%)", "Turn (°)", "Atoms")
    rows = [_candidate(number, each) for number, each in enumerate(found, start=1)]
    chosen = result.data["chosen"]
    return [Table("Candidates", headings, rows, f"{chosen} of {len(rows)} was built", chosen - 1)]


def _series(points: list[dict[str, Any]]) -> Table:
    against = tuple(points[0]["energies"])
    headings = ("Supercell", "Ions per nm²", *(f"Against the {name} (eV)" for name in against), "Lowest site", "Study")
    rows = [
        (
            " × ".join(map(str, point["supercell"])),
            fixed(point["density"], 2),
            *(fixed(value, 3) for value in point["energies"].values()),
            point["site"],
            point["id"],
        )
        for point in points
    ]
    return Table("Coverages", headings, rows, "energies per ion")


def _candidate(number: int, each: dict[str, Any]) -> tuple[str, ...]:
    facets = [f"({''.join(map(str, facet))})" if facet else "layer" for facet in (each["film"], each["substrate"])]
    cells = " on ".join(map(str, each["multiples"]))
    numbers = (fixed(each["area"], 1), fixed(100 * each["strain"], 2), fixed(each["turn"], 1), str(each["atoms"]))
    return (str(number), *facets, cells, *numbers)
