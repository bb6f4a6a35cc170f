"""Bulk phases: relaxed cell, then an equation of state around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import bulk as analysis
from potash.analysis.result import View
from potash.campaign import BulkStudy, PhaseName
from potash.structures.phases import load
from potash.workflows.bench import Bench, label_of
from potash.workflows.jobs import scale
from potash.workflows.summary import finish


def relaxed_cell(bench: Bench, phase: PhaseName) -> Job:
    """Make the job that relaxes a phase's primitive cell; every kind of study asks for the same one."""
    return bench.calculate(
        "relax", [bench.atoms(phase, primitive=True)], f"cell of {label_of(phase)}", cell="free", symmetry=True
    )


def build(bench: Bench) -> Flow:
    """Make the graph of a bulk study."""
    study = bench.study
    assert isinstance(study, BulkStudy)
    assert not isinstance(study.phase, tuple)
    relaxed = relaxed_cell(bench, study.phase)
    start = bench.atoms(study.phase, primitive=True)
    jobs: list[Job] = [relaxed]
    points = []
    for volume in np.linspace(1 - study.strain, 1 + study.strain, study.points):
        scaled = scale(relaxed.output["atoms"], float(volume))
        scaled.name = f"scale to {volume:.3f}"
        label = f"volume × {volume:.3f}"
        point = bench.calculate("relax", [scaled.output], label, grid=start, cell="shape", symmetry=True)
        jobs += [scaled, point]
        points.append(point.output)
    name = study.phase if isinstance(study.phase, str) else None
    return bench.flow(jobs, summarise(bench.about(label_of(study.phase)), relaxed.output, points, name))


@job
def summarise(
    about: dict[str, Any], relaxed: dict[str, Any], points: list[dict[str, Any]], name: str | None
) -> dict[str, Any]:
    """Turn the calculations into the study's result."""
    quantities, data = analysis.summarise(relaxed, points, about["limits"], load(name) if name else None)
    views = (View(title="Relaxed cell", frames=(relaxed["atoms"],)),)
    return finish(about, [relaxed, *points], quantities, views=views, data=data)
