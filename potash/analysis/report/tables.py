"""Tables of a study beside its quantities and checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from potash.analysis.report.numbers import fixed, signed
from potash.analysis.result import StudyResult


@dataclass(frozen=True)
class Table:
    """A table as printed: the first cell of a row is its head, and one row may be marked.

    Attributes
    ----------
    marked
        The index of the row that the study is about; −1 where there is none.
    mark
        What is said of that row.
    summary
        What is said beside the title.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    summary: str
    marked: int = -1
    mark: str = ""


def tables(result: StudyResult) -> list[Table]:
    """Make a study's tables: candidates of an interface, hops near one, a coverage series, levels of a liquid's shells."""
    if points := result.data.get("points") if result.kind == "coverage" else None:
        return [_series(points)]
    if result.kind == "passage" and result.data:
        return [_hops(result.data["hops"])]
    if result.kind in ("liquid", "trajectory") and "levels" in result.data:
        return [_levels(result.data["levels"])]
    found = result.data.get("candidates")
    if result.kind != "interface" or not found:
        return []
    headings = (
        "Candidate",
        "Film",
        "Substrate",
        "Cells",
        "Area (Å²)",
        "Strain (%)",
        "Turn (°)",
        "Atoms",
        "Facing planes",
    )
    rows = [_candidate(number, each) for number, each in enumerate(found, start=1)]
    chosen = result.data["chosen"]
    return [Table("Candidates", headings, rows, f"{chosen} of {len(rows)} was built", chosen - 1, "built")]


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


def _hops(found: list[dict[str, Any]]) -> Table:
    """Write the hops near an interface, marking the highest on the way along."""
    searched = any(each["search"] is not None for each in found)
    headings = (
        "Hop",
        "From",
        "To",
        "Length (Å)",
        *(("Search only (eV)",) if searched else ()),
        "Barrier (eV)",
        "On the way",
    )
    rows = [
        (
            str(each["number"]), each["from"], each["to"], fixed(each["distance"], 2),
            *((_or_dash(each["search"]),) if searched else ()), _or_dash(each["barrier"]), ", ".join(each["on"]) or "–",
        )
        for each in found
    ]  # fmt: skip
    along = [number for number, each in enumerate(found) if "along" in each["on"]]
    highest = max(along, key=lambda number: found[number]["barrier"] or 0.0, default=-1)
    used = sum(bool(each["on"]) for each in found)
    return Table(
        "Hops", headings, rows, f"{used} of {len(rows)} on the easiest ways", highest, "highest on the way along"
    )


def _levels(found: list[dict[str, Any]]) -> Table:
    """Write the levels of shells, the commonest first, with what carries the LUMO."""
    headings = ("Shell", "Ions (%)", "Charge (e)", "HOMO (eV)", "LUMO (eV)", "LUMO on")
    rows: list[tuple[str, ...]] = [
        (
            each["label"], fixed(100 * each["weight"], 1), signed(each["charge"], 0), fixed(each["homo"], 2), fixed(each["lumo"], 2),
            ", ".join(
                f"{name} {100 * share:.0f} %"
                for name, share in sorted(each["carriers"].items(), key=lambda item: -item[1])
                if share >= 0.01
            ) or "–",
        )
        for each in found
    ]  # fmt: skip
    return Table("Levels of the shells", headings, rows, f"{len(rows)} shells")


def _or_dash(value: float | None) -> str:
    return "–" if value is None else fixed(value, 3)


def _candidate(number: int, each: dict[str, Any]) -> tuple[str, ...]:
    facets = [f"({''.join(map(str, facet))})" if facet else "layer" for facet in (each["film"], each["substrate"])]
    cells = " on ".join(map(str, each["multiples"]))
    numbers = (fixed(each["area"], 1), fixed(100 * each["strain"], 2), fixed(each["turn"], 1), str(each["atoms"]))
    return (str(number), *facets, cells, *numbers, each["facing"])
