"""All distinct hops of an ion in a host: barriers, bottlenecks, diffusivity."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import network as analysis
from potash.analysis.result import View
from potash.structures.encoding import Plain
from potash.structures.hops import Hops
from potash.studies.hopping import NetworkStudy
from potash.workflows.barrier import cell_remarks, results_of, unvaried
from potash.workflows.bench import Bench
from potash.workflows.ground import lay, system_of
from potash.workflows.hop import carriers, hops_of, recipe_of, walk
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of a network study."""
    study = bench.study
    assert isinstance(study, NetworkStudy)
    ground = lay(bench)
    kinds = list(range(len(ground.hops.kinds)))
    known = carriers(bench, ground, kinds)
    jobs: list[Job] = [*ground.jobs, *known.jobs]
    found = []
    for kind in kinds:
        made, what = walk(bench, ground, known, kind)
        jobs += made
        found.append(what)
    orbits = {ground.hops.sites[site].orbit: output for site, output in known.relaxed.items()}
    remarks = [
        f"{len(kinds)} kinds of hops up to {study.cutoff:g} Å.",
        *ground.remarks,
        *cell_remarks(study, ground.ideal),
    ]
    about = bench.about(system_of(study))
    summary = summarise(
        about,
        recipe_of(ground),
        found,
        list(orbits),
        list(orbits.values()),
        ground.cell,
        ground.large,
        remarks,
        study.temperature,
    )
    return bench.flow(jobs, summary)


@job
def summarise(
    about: dict[str, Any],
    recipe: dict[str, Any],
    found: list[dict[str, Any]],
    orbits: list[int],
    carriers: list[dict[str, Any]],
    cell: dict[str, Any],
    large: Plain,
    remarks: list[str],
    temperature: float,
) -> dict[str, Any]:
    """Turn the hops into the study's result."""
    hops = hops_of(recipe)
    energies = {orbit: carrier["energy"] for orbit, carrier in zip(orbits, carriers, strict=True)}
    quantities, status, reason, data = analysis.summarise(
        hops, found, energies, _cell(hops, large), about["limits"], temperature
    )
    notes = [
        *remarks,
        *analysis.notes(data),
        *unvaried(found[0], about["protocol"]),
    ]
    views = tuple(
        View(title=f"Hop {number}", frames=tuple(each["crossing"]["band"]["images"]))
        for number, each in enumerate(found, start=1)
    )
    results = [result for each in found for result in results_of(each)]
    return finish(
        about,
        [*results, *carriers, cell],
        quantities,
        status=status,
        reason=reason,
        notes=tuple(notes),
        views=views,
        data=data,
    )


def _cell(hops: Hops, large: Plain) -> Any:
    """Give the lattice vectors of the host's own cell in its relaxed supercell."""
    cell = np.array(large["cell"])
    tiling = np.round(cell @ np.linalg.inv(hops.host.cell.array))
    return np.linalg.inv(tiling) @ cell
