"""Migration barriers: one hop in a relaxed host, or between two structures that the user brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Flow, job

from potash.analysis import barrier as analysis
from potash.analysis.barrier import rest
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.mapping import matched
from potash.structures.sites import number_of
from potash.structures.supercells import nearest_image
from potash.studies.hopping import BarrierStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.ground import lay, own_settings, system_of
from potash.workflows.hop import between, carriers, walk
from potash.workflows.summary import finish

if TYPE_CHECKING:
    from ase import Atoms

#: A carrier nearer to its own image than this changes the barrier by more than a few meV, in Å.
WIDE = 9.0
#: A hop between two given structures is at least so long, in Å.
APART = 0.3


def build(bench: Bench) -> Flow:
    """Make the graph of a barrier study."""
    study = bench.study
    assert isinstance(study, BarrierStudy)
    if study.ends is not None:
        return _between_files(bench, study)
    ground = lay(bench)
    kinds = ground.hops.kinds
    if study.hop > len(kinds):
        raise BadInput(
            f"there are {len(kinds)} distinct {study.mechanism} hops of {study.ion} in {label_of(_host(study))} up to "
            f"{study.cutoff:g} Å, no hop {study.hop}"
        )
    chosen = study.hop - 1
    known = carriers(bench, ground, [chosen])
    jobs, found = walk(bench, ground, known, chosen)
    hop = kinds[chosen]
    remarks = [
        f"Hop {study.hop} of {len(kinds)} kinds up to {study.cutoff:g} Å: {hop.distance:.2f} Å, "
        f"{hop.multiplicity} of this kind leave a site.",
        *ground.remarks,
        *cell_remarks(study, ground.ideal),
    ]
    about = bench.about(system_of(study))
    return bench.flow([*ground.jobs, *known.jobs, *jobs], summarise(about, found, ground.cell, remarks))


def _host(study: BarrierStudy) -> Any:
    return study.host


def cell_remarks(study: Any, ideal: Atoms) -> list[str]:
    """Say in which cell a carrier was computed."""
    apart = nearest_image(ideal)
    charge = f"charge {study.charge:+g} e with a uniform background" if study.charge else "neutral"
    close = "" if apart > WIDE else ": so near that they change each other's barrier; take a larger supercell"
    return [
        f"Host cell of {len(ideal)} atoms, {charge}.",
        f"A carrier and its own image are {apart:.1f} Å apart{close}.",
    ]


def _between_files(bench: Bench, study: BarrierStudy) -> Flow:
    """Make the graph of a hop between two structures that the user brings."""
    assert study.ends is not None
    before, after = (bench.atoms(end) for end in study.ends)
    if not before.pbc[:2].all():
        raise BadInput(f"{study.ends[0].file} is neither a crystal nor a surface: it is not periodic in x and y")
    after = matched(before, after)
    own = own_settings(study)
    first = bench.calculate("relax", [before], "initial end point", own)
    second = bench.calculate("relax", [after], "final end point", own)
    steps = np.linalg.norm(after.positions - before.positions, axis=1)
    ions = np.flatnonzero(before.numbers == number_of(study.ion))
    if not len(ions):
        raise BadInput(f"{study.ends[0].file} has no {study.ion} that could hop")
    ion = int(ions[steps[ions].argmax()])
    if steps[ion] < APART:
        raise BadInput(
            f"no {study.ion} moves by more than {steps[ion]:.2f} Å from {study.ends[0].file} to {study.ends[1].file}; "
            f"a hop is at least {APART:g} Å long"
        )
    built = [each.positions[[ion]].tolist() for each in (before, after)]
    moving = {"moving": [ion], "distance": float(steps[ion]), "built": built, "related": False}
    jobs, found = between(bench, first.output["atoms"], second.output["atoms"], moving, "hop", None)
    found |= {"ends": [first.output, second.output], "cells": []}
    remarks = [f"Between {study.ends[0].file} and {study.ends[1].file}; of {study.ion}, atom {ion} moves farthest."]
    about = bench.about(f"{study.ion} in {before.symbols.formula.format('metal')}")
    return bench.flow([first, second, *jobs], summarise(about, found, None, remarks))


@job
def summarise(
    about: dict[str, Any], found: dict[str, Any], cell: dict[str, Any] | None, remarks: list[str]
) -> dict[str, Any]:
    """Turn what was computed into the study's result."""
    quantities, status, reason = analysis.summarise(found, about["limits"])
    band = found["crossing"]["band"]
    notes = [*remarks, *hop_notes(found, about["protocol"])]
    views = (View(title="Band", frames=tuple(band["images"])),)
    data = {name: band[name] for name in ("energies", "spread", "distances", "curve", "saddle")}
    results = [*results_of(found), *([cell] if cell else [])]
    return finish(about, results, quantities, status=status, reason=reason, notes=tuple(notes), views=views, data=data)


def results_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """List the calculations that a hop rests on, the band first."""
    crossing = found["crossing"]
    shifts = [result for shift in found["shifts"] if shift for result in shift["results"]]
    return [crossing["band"], *found["ends"], *crossing["lower"], *[bent for bent in found["bent"] if bent], *shifts]


def hop_notes(found: dict[str, Any], protocol: str) -> list[str]:
    """Say how a hop was computed, and what was not checked."""
    band = found["crossing"]["band"]
    notes = [
        "The end points are related by symmetry: one was relaxed, the other follows from it."
        if found["hop"]["related"]
        else "Both end points were relaxed."
    ]
    notes += [
        f"The band fell below its end points on the way to the {lower['was']} one: it was followed down and relaxed, and "
        "the band begun again from that deeper site, over the saddle to the end point beyond it."
        for lower in found["crossing"]["lower"]
    ]
    if (image := rest(band)) is not None:
        above = band["energies"][image] - band["energies"][0]
        notes.append(f"On its way the ion rests {above:.3f} eV above the initial end point: it makes two hops.")
    if any(band["spread"]):
        notes.append(
            "End points and saddle are the engine's own energies; the path between them is that of a Gaussian process "
            f"on {band['calls']} force calls."
        )
    if found["bent"][-1] is not None:
        notes.append(f"Curvatures: of {_whose(found['bent'])}.")
    return [*notes, *unvaried(found, protocol)]


def _whose(bent: list[dict[str, Any]]) -> str:
    """Say of which atoms the curvatures are, and how many displacements symmetry left of them."""
    count = len(bent[-1]["atoms"])
    whole = bent[-1]["task"] == "hessian"
    more = " and, as these alone show no way down, of all atoms along the path" if "row" in bent[-1] else ""
    made = " and ".join(str(each["displacements"]) for each in bent if each is not None and "displacements" in each)
    left = f"; symmetry left {made} of {6 * count}" if made else ""
    return f"{f'all {count} free atoms of the cell' if whole else f'{count} atoms'}{more}, by central differences of forces{left}"


def unvaried(found: dict[str, Any], protocol: str) -> list[str]:
    """Say so where nothing was varied."""
    if found["shifts"]:
        return []
    return [
        "Not converged: k-points, cutoff and size of the cell were not varied"
        + (" (the protocol 'fast' does not)." if protocol == "fast" else ".")
    ]
