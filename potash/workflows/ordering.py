"""Orderings of what other studies of the campaign computed."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, job

from potash.analysis import ordering as analysis
from potash.analysis.result import StudyResult
from potash.studies.others import OrderingStudy
from potash.workflows.bench import Bench
from potash.workflows.summary import gathered


def build(bench: Bench) -> Flow:
    """Make the graph of an ordering: it computes nothing, and waits for the studies that it names."""
    study = bench.study
    assert isinstance(study, OrderingStudy)
    about = bench.about(" < ".join(study.order))
    summary = summarise(about, study.quantity, bench.above(study.order))
    return bench.flow([], summary)


@job
def summarise(about: dict[str, Any], quantity: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare the studies' values."""
    found = [analysis.ranked(result, quantity) for result in results]
    values = [each for each in found if not isinstance(each, str)]
    lacks = [each for each in found if isinstance(each, str)]
    whole = not lacks
    made = StudyResult(
        id=about["id"],
        kind=about["kind"],
        system=about["system"],
        status="done" if whole else "failed",
        reason=None if whole else "; ".join(lacks),
        quantities=analysis.differences(values) if whole else {},
        published=analysis.beside(tuple(about["published"]), values, quantity) if whole else (),
        provenance=gathered(results),
        notes=(
            *analysis.compared(values, quantity),
            "Calculations are counted where they were made, in the studies above.",
        ),
    )
    return made.model_dump(mode="json")
