"""Bulk phases: the cell of lowest energy and the equation of state around it."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, Job, job

from potash.analysis import bulk as analysis
from potash.analysis import magnetism
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.phases import load
from potash.studies.common import PhaseName
from potash.studies.crystals import BulkStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.summary import finish


def relaxed_cell(bench: Bench, phase: PhaseName, **options: Any) -> Job:
    """Make the job that relaxes a phase's primitive cell; every kind of study asks for the same one.

    Options take the place of the protocol's (``points`` and ``strain`` of the scan).
    """
    start = bench.atoms(phase, primitive=True)
    if not start.pbc.all():
        raise BadInput(f"{label_of(phase)} is no crystal: it is not periodic in all three directions")
    return bench.calculate("cell", [start], f"cell of {label_of(phase)}", symmetry=True, **options)


def build(bench: Bench) -> Flow:
    """Make the graph of a bulk study."""
    study = bench.study
    assert isinstance(study, BulkStudy)
    assert not isinstance(study.phase, tuple)
    own = {key: value for key, value in (("points", study.points), ("strain", study.strain)) if value is not None}
    relaxed = relaxed_cell(bench, study.phase, **own)
    name = study.phase if isinstance(study.phase, str) else None
    return bench.flow([relaxed], summarise(bench.about(label_of(study.phase)), relaxed.output, name))


@job
def summarise(about: dict[str, Any], relaxed: dict[str, Any], name: str | None) -> dict[str, Any]:
    """Turn the equation of state into the study's result."""
    quantities, data = analysis.summarise(relaxed, about["limits"], load(name) if name else None)
    quantities |= magnetism.summarise(relaxed, "relaxed cell")
    views = (View(title="Relaxed cell", frames=(relaxed["atoms"],)),)
    return finish(about, [relaxed], quantities, views=views, data=data)
