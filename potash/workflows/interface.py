"""Interfaces: both sides strained to fit, their registry scanned, the best relaxed, and each side alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import electrons
from potash.analysis import interface as analysis
from potash.analysis.charges import METHODS
from potash.analysis.result import View
from potash.calcs.electrons import SPECTRUM
from potash.structures.candidates import Candidate
from potash.structures.cuts import Cut, cut_cell, layer_cell
from potash.structures.encoding import Plain, decode, encode
from potash.structures.interfaces import FILM, SUBSTRATE, alone, interface
from potash.structures.matching import Match, common_cell
from potash.structures.strain import strained
from potash.studies.common import PhaseName
from potash.studies.interfaces import Coherent, InterfaceStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.candidates import atoms_of, names_of, ranking, shifts_of, table
from potash.workflows.convergence import UNVARIED, Part, variations
from potash.workflows.height import calculations, stacked
from potash.workflows.registry import best_of, scan, stack_of
from potash.workflows.strain import reference
from potash.workflows.summary import finish

#: The two sides, in the order in which they are written.
SIDES = ("film", "substrate")
#: The k-points at which the edges of a bulk's bands are looked for lie so many times denser than those of its density.
DENSER = 2


def build(bench: Bench) -> Flow:
    """Make the graph of an interface study."""
    study = bench.study
    assert isinstance(study, InterfaceStudy)
    built = stack(bench, study)
    apart = _named("each side alone", sides(built.fitting, built.recipe, built.found["scan"]))
    single = [bench.calculate("relax", [apart.output[side]], f"{side} alone, relaxed") for side in SIDES]
    rigid = [bench.calculate("relax", [apart.output[side]], f"{side} alone, rigid", steps=0) for side in SIDES]
    rigid.append(bench.calculate("relax", [built.found["starts"][0]], "registry 1, rigid", steps=0))
    best = _named("best registry", lowest(built.found["relaxed"]))
    reads = _readings(bench, study, built, best)
    shifts = _shifts(bench, study, best, single)
    found = {
        **built.found,
        "alone": [made.output for made in single],
        "rigid": [made.output for made in rigid],
        "charges": {task: reads[task].output for task in METHODS if task in reads},
        "electrons": {part: reads[part].output if part in reads else None for part in ("interface", *SIDES)}
        if "interface" in reads
        else None,
        "shifts": [made.output for made in shifts],
    }
    lacking = bench.engine if study.electrons and "interface" not in reads else None
    told = {**built.told, "width": SPECTRUM["width"], "lacking": lacking}
    chosen = [best] if reads or shifts else []
    jobs = [*built.jobs, apart, *single, *rigid, *chosen, *reads.values(), *shifts]
    return bench.flow(jobs, summarise(bench.about(built.system), told, found))


@dataclass(frozen=True)
class Stacked:
    """An interface that is built: its registry scanned, the best ones relaxed.

    Attributes
    ----------
    jobs
        Those that build it.
    found
        References to their results: ``cells``, ``fitted``, ``references``, ``scan``, ``starts``, ``relaxed``.
    fitting
        References to both cells, strained to fit.
    recipe, told
        How it is built, and what is to be said of that, in plain data.
    system
        Its name.
    """

    jobs: list[Job]
    found: dict[str, Any]
    fitting: list[Any]
    recipe: dict[str, Any]
    told: dict[str, Any]
    system: str


def stack(bench: Bench, study: Coherent) -> Stacked:
    """Make the jobs of an interface: cells, strains, registry."""
    ranked = ranking(bench)
    chosen = ranked[study.match - 1]
    recipe = _recipe(chosen, study)
    cells = [side_cell(bench, name) for name in names_of(study)]
    fitted = _named("both sides strained to fit", fit([cell.output["atoms"] for cell in cells], recipe))
    references = _references(bench, cells, fitted)
    fitting = [made.output["atoms"] for made in references]
    own = study.scan
    scanned = _named(
        "registry",
        scan(
            bench.elsewhere(own.engine or bench.engine, bench.recipe("relax", steps=0)),
            fitting,
            recipe,
            own.grid,
            list(own.gaps),
            bench.name,
        ),
    )
    starts = [
        _named(f"registry {number + 1}", put(fitting, recipe, scanned.output, number))
        for number in range(min(study.keep, shifts_of(chosen, study)))
    ]
    relaxed = [_relaxed(bench, study, made) for made in starts]
    found = {
        "cells": [made.output for made in cells],
        "fitted": fitted.output,
        "references": [made.output for made in references],
        "scan": scanned.output,
        "starts": [made.output for made in starts],
        "relaxed": [made.output for made in relaxed],
    }
    told = {**recipe, "candidates": table(ranked), "chosen": study.match, "engine": own.engine or bench.engine}
    jobs = [*cells, fitted, *references, scanned, *starts, *relaxed]
    return Stacked(jobs, found, fitting, recipe, told, _system(study, chosen))


def _relaxed(bench: Bench, study: Coherent, start: Job) -> Job:
    """Make the job that relaxes an interface: a slab's atoms; a superlattice's height as well."""
    label = f"{start.name}, relaxed"
    if study.geometry == "slab":
        return bench.calculate("relax", [start.output], label)
    return _named(label, stacked(bench.recipe("relax"), start.output, f"{bench.name}: {label}"))


def _named(name: str, made: Job) -> Job:
    made.name = name
    return made


def _references(bench: Bench, cells: list[Job], fitted: Job) -> list[Job]:
    """Make the jobs of both strained bulks."""
    recipe = bench.recipe("relax")
    labels = [f"strained bulk of the {side}" for side in SIDES]
    return [
        _named(label, reference(recipe, cell.output, fitted.output, side, f"{bench.name}: {label}"))
        for side, label, cell in zip(SIDES, labels, cells, strict=True)
    ]


def _shifts(bench: Bench, study: InterfaceStudy, best: Job, alone: list[Job]) -> list[Job]:
    """Make the jobs that compute the best interface and both sides with other settings; none where none are asked for."""
    parts = {"interface": Part(best.output, "best interface", slab=study.geometry == "slab")}
    parts |= {side: Part(made.output["atoms"], f"{side} alone") for side, made in zip(SIDES, alone, strict=True)}
    return variations(bench, parts) if bench.varies else []


def _readings(bench: Bench, study: InterfaceStudy, built: Stacked, best: Job) -> dict[str, Job]:
    """Make the jobs that read charges, states and potentials of the best interface; none where the engine has none."""
    if bench.engine != "gpaw" or not (study.charges or study.electrons):
        return {}
    made: dict[str, Job] = {}
    if study.charges:
        for task, method in METHODS.items():
            made[task] = bench.calculate(task, [best.output], f"{method} charges of the best interface")
    if study.electrons:
        made["interface"] = bench.calculate(
            "electrons", [best.output], "states of the best interface", **SPECTRUM, denser=1
        )
        for side, name, reference in zip(SIDES, names_of(study), built.found["references"], strict=True):
            if bench.atoms(name).pbc.all():
                label, given = f"states of the strained {side}", [reference["atoms"]]
                made[side] = bench.calculate("electrons", given, label, **SPECTRUM, denser=DENSER, symmetry=True)
    return made


def side_cell(bench: Bench, name: PhaseName) -> Job:
    """Make the job that relaxes the cell of one side: a crystal's, or a layer's."""
    ideal = atoms_of(bench, name)
    if ideal.pbc.all():
        return relaxed_cell(bench, name)
    return bench.calculate("cell", [ideal], f"cell of {label_of(name)}", symmetry=True)


def _recipe(chosen: Candidate, study: Coherent) -> dict[str, Any]:
    """Say in plain data how the interface is built from the two relaxed cells."""
    faces = (chosen.film, chosen.substrate)
    return {
        "cuts": [asdict(side.cut) if side.cut else None for side in faces],
        "symmetric": [side.symmetric for side in faces],
        "ends": [side.ends for side in faces],
        "faces": [side.words for side in faces],
        "match": asdict(chosen.match),
        "stack": asdict(chosen.stack(study.frozen)),
        "share": study.share,
        "periodic": study.geometry == "superlattice",
    }


def _system(study: Coherent, chosen: Candidate) -> str:
    named = zip(names_of(study), (chosen.film.facet, chosen.substrate.facet), strict=True)
    return " on ".join(label_of(name) + (f" ({''.join(map(str, facet))})" if facet else "") for name, facet in named)


@job
def lowest(relaxed: list[dict[str, Any]]) -> Plain:
    """Choose the registry of lowest energy."""
    best: Plain = min(relaxed, key=lambda result: float(result["energy"]))["atoms"]
    return best


@job
def fit(cells: list[Plain], recipe: dict[str, Any]) -> dict[str, Any]:
    """Cut both relaxed cells and strain them to the common one, their volumes kept."""
    cut = [
        cut_cell(decode(cell), Cut(**how)) if how else layer_cell(decode(cell))
        for cell, how in zip(cells, recipe["cuts"], strict=True)
    ]
    both = common_cell(cut[0], cut[1], Match(**recipe["match"]), recipe["share"])
    made: dict[str, Any] = {}
    for side, cell, by in zip(SIDES, cut, (both.film, both.substrate), strict=True):
        thinner = 1 / abs(float(np.linalg.det(by))) if cell.pbc[2] else 1.0
        made[side] = encode(strained(cell, by, thinner))
    return {**made, "strains": dict(zip(SIDES, both.strains, strict=True))}


@job
def put(cells: list[Plain], recipe: dict[str, Any], scanned: dict[str, Any], number: int) -> Plain:
    """Build the interface at one of the best shifts of the scan."""
    best = best_of(scanned, number)
    made = interface(
        decode(cells[0]), decode(cells[1]), stack_of(recipe),
        gap=best["gap"], shift=tuple(best["shift"]), periodic=recipe["periodic"],
    )  # fmt: skip
    return encode(made)


@job
def sides(cells: list[Plain], recipe: dict[str, Any], scanned: dict[str, Any]) -> dict[str, Plain]:
    """Give each side alone between vacuum, in the interface's cell."""
    best = best_of(scanned, 0)
    film, substrate = map(decode, cells)
    whole = interface(film, substrate, stack_of(recipe), gap=best["gap"], shift=tuple(best["shift"]))
    return {"film": encode(alone(whole, FILM)), "substrate": encode(alone(whole, SUBSTRATE))}


@job
def summarise(about: dict[str, Any], told: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Turn the calculations into the study's result."""
    quantities, data, notes = analysis.summarise(told, found, about["limits"])
    relaxed = found["relaxed"]
    if found["electrons"]:
        more, drawn, said = electrons.summarise(told, found, data["best"])
        quantities, data, notes = quantities | more, data | {"electrons": drawn}, (*notes, *said)
    elif told["lacking"]:
        notes = (
            *notes,
            f"The engine {told['lacking']} gives no states and no potential, thus no band offset; gpaw does.",
        )
    if not found["shifts"]:
        notes = (*notes, UNVARIED)
    views = tuple(View(title=f"registry {n + 1}", frames=(made["atoms"],)) for n, made in enumerate(relaxed))
    references = [made for each in found["references"] for made in each["results"]]
    results = [
        *calculations(relaxed),
        *found["alone"],
        *found["rigid"],
        *found["cells"],
        *references,
        *found["scan"]["results"],
        *[result for shift in found["shifts"] for result in shift["results"]],
    ]
    results += found["charges"].values()
    results += [made for made in (found["electrons"] or {}).values() if made]
    return finish(about, results, quantities, notes=notes, views=views, data=data)
