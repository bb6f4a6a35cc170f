"""Adsorption energies over the coverage, from what adsorption studies of several supercells came to."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, job

from potash.analysis import coverage as analysis
from potash.analysis.result import StudyResult
from potash.studies.slabs import CoverageStudy
from potash.workflows.bench import Bench
from potash.workflows.summary import gathered


def build(bench: Bench) -> Flow:
    """Make the graph of a coverage series: it computes nothing, and waits for the studies that it names."""
    study = bench.study
    assert isinstance(study, CoverageStudy)
    return bench.flow([], summarise(bench.about(", ".join(study.studies)), bench.above(study.studies)))


@job
def summarise(about: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the studies' energies in the order of their coverages."""
    lacks = analysis.lacking(results)
    points = [] if lacks else analysis.points(results)
    made = StudyResult(
        id=about["id"],
        kind=about["kind"],
        system=about["system"] if lacks else results[0]["system"],
        status="failed" if lacks else "done",
        reason="; ".join(lacks) or None,
        quantities=analysis.summarise(points) if points else {},
        provenance=gathered(results),
        notes=("Calculations are counted where they were made, in the studies above.",),
        data={"points": points} if points else {},
    )
    return made.model_dump(mode="json")
