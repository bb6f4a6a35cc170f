"""Phonons: relaxed cell, forces on displaced atoms of a supercell, bands."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import phonons as analysis
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.encoding import Plain, decode, encode
from potash.structures.lattice import grown, lattice
from potash.structures.supercells import supercell
from potash.studies.crystals import PhononsStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of a phonon study."""
    study = bench.study
    assert isinstance(study, PhononsStudy)
    assert not isinstance(study.phase, tuple)
    cell = relaxed_cell(bench, study.phase)
    start = bench.atoms(study.phase, primitive=True)
    matrix = np.rint(supercell(start, study.supercell).cell.array @ np.linalg.inv(start.cell.array)).astype(int)
    if len(start) * round(np.linalg.det(matrix)) < 2:
        raise BadInput("a supercell of one atom has no vibrations; take a larger one")
    analysis.band_path(lattice(start, matrix), study.path)  # a wrong letter is told before anything runs
    large = grow(cell.output["atoms"], matrix.tolist())
    forces = bench.calculate("phonons", [large.output, cell.output["atoms"]], "forces on displaced atoms")
    jobs: list[Job] = [cell, large, forces]
    about = bench.about(label_of(study.phase))
    return bench.flow(jobs, summarise(about, cell.output, forces.output, matrix.tolist(), study.path))


@job
def grow(cell: Plain, matrix: list[list[int]]) -> Plain:
    """Make the supercell of the relaxed cell."""
    return encode(grown(decode(cell), np.array(matrix)))


@job
def summarise(
    about: dict[str, Any],
    cell: dict[str, Any],
    forces: dict[str, Any],
    matrix: list[list[int]],
    path: analysis.Labels | None,
) -> dict[str, Any]:
    """Turn the forces into the study's result."""
    quantities, data = analysis.summarise(forces, cell, about["limits"], path)
    notes = [
        f"Supercell {matrix} of the cell, {len(forces['supercell']['symbols'])} atoms, "
        f"{len(forces['sets'])} displacements. Frequencies are exact for waves that fit into it, interpolated between.",
        "Longitudinal and transverse optical modes of polar crystals are not split at Γ: no Born charges are computed.",
    ]
    views = (View(title="Relaxed cell", frames=(forces["atoms"],)),)
    return finish(about, [forces, cell], quantities, notes=tuple(notes), views=views, data=data)
