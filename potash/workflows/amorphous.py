"""Amorphous samples: packed at random, melted, quenched and relaxed, alone or laid on a substrate."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import amorphous as analysis
from potash.analysis import distribution
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.amorphous import DENSITY, opened, packed, symbols_of
from potash.structures.candidates import Face, face
from potash.structures.cuts import Cut, cut_cell, layer_cell
from potash.structures.encoding import Plain, decode, encode
from potash.structures.hops import MARGIN, find_hops
from potash.structures.interfaces import Stack
from potash.structures.matching import Rows
from potash.studies.amorphous import AmorphousStudy
from potash.workflows.barrier import results_of
from potash.workflows.bench import Bench, label_of
from potash.workflows.candidates import atoms_of
from potash.workflows.hop import reach_of, recipes_of
from potash.workflows.interface import put, side_cell, sides
from potash.workflows.registry import scan
from potash.workflows.summary import finish
from potash.workflows.walker import Walker

#: A glass relaxes along many soft ways: at most so many steps.
STEPS = 1000
#: The sample's cell is the common one.
ONCE: Rows = ((1, 0), (0, 1))


def build(bench: Bench) -> Flow:
    """Make the graph of a study of amorphous samples."""
    study = bench.study
    assert isinstance(study, AmorphousStudy)
    symbols = symbols_of(study.formula, study.atoms)
    seeds = range(study.seed, study.seed + study.samples)
    told = f"{study.atoms} atoms, held at {study.melt:g} K for {study.hold:g} ps, cooled by {study.rate:g} K/ps."
    if study.substrate is None:
        edge = _edge(symbols, study.density)
        plane = np.array([[edge, 0, 0], [0, edge, 0]])
        made = [_quenched(bench, study, packed(symbols, plane, study.density, seed), seed) for seed in seeds]
        about = bench.about(f"amorphous {study.formula}")
        samples = [each.output for each in made]
        walks = _walks(bench, study, samples)
        return bench.flow([*made, *walks], summarise(about, samples, None, [each.output for each in walks], told))
    below = _below(bench, study)
    cell = side_cell(bench, study.substrate)
    recipe = _recipe(below, study)
    under = base(cell.output["atoms"], recipe)
    jobs: list[Job] = [cell, under]
    quenched: list[Any] = []
    laid: list[dict[str, Any]] = []
    for seed in seeds:
        start = pack(under.output, recipe, symbols, study.density, seed)
        sample = _quenched(bench, study, start.output, seed)
        more, what = _lay(bench, study, sample, under.output, recipe)
        jobs += [start, sample, *more]
        quenched.append(sample.output)
        laid.append(what)
    facet = f" ({''.join(map(str, below.facet))})" if below.facet else ""
    about = bench.about(f"amorphous {study.formula} on {label_of(study.substrate)}{facet}")
    walks = _walks(bench, study, quenched)
    return bench.flow([*jobs, *walks], summarise(about, quenched, laid, [each.output for each in walks], told))


def _walks(bench: Bench, study: AmorphousStudy, samples: list[Any]) -> list[Job]:
    """Make the jobs of the ion's hops, one a sample; none where no ion is named."""
    if study.ion is None:
        return []
    recipe = {name: getattr(study, name) for name in ("ion", "mechanism", "cutoff", "hops", "seed")}
    made = []
    for number, sample in enumerate(samples, start=1):
        how = {"recipes": recipes_of(bench), "reach": reach_of(bench), "label": f"{bench.name}: sample {number}"}
        made.append(hop_about(sample["atoms"], recipe, how))
        made[-1].name = f"hops in sample {number}"
    return made


def _edge(symbols: list[str], density: float) -> float:
    """Give the edge of the cube (Å) that has a density (g/cm³)."""
    from ase import Atoms

    return float(np.cbrt(Atoms(symbols).get_masses().sum() / (DENSITY * density)))


def _quenched(bench: Bench, study: AmorphousStudy, start: Any, seed: int) -> Job:
    how = {name: getattr(study, name) for name in ("melt", "hold", "rate", "timestep")}
    return bench.calculate("quench", [start], f"sample {seed - study.seed + 1}", seed=seed, steps=STEPS, **how)


def _below(bench: Bench, study: AmorphousStudy) -> Face:
    """Cut the substrate, before it is relaxed."""
    assert study.substrate is not None
    given = bench.atoms(study.substrate)
    primitive = atoms_of(bench, study.substrate)
    return face(primitive, given, study.substrate_facet, study.substrate_termination, study.substrate_thickness)


def _recipe(below: Face, study: AmorphousStudy) -> dict[str, Any]:
    """Say in plain data how a sample lies on the substrate: in the cell of so many surface cells, unstrained."""
    n, m = study.cells
    stack = Stack(ONCE, ((n, 0), (0, m)), (1, below.repeats), study.frozen)
    return {"cut": asdict(below.cut) if below.cut else None, "stack": asdict(stack), "periodic": False}


def _lay(
    bench: Bench, study: AmorphousStudy, sample: Job, under: Any, recipe: dict[str, Any]
) -> tuple[list[Job], dict[str, Any]]:
    """Lay a sample on the substrate at the best gap, relax it there, and each side alone."""
    cut = cut_open(sample.output["atoms"])
    cells = [cut.output, under]
    scanned = scan(bench.recipe("relax", steps=0), cells, recipe, 1, list(study.gaps), f"{bench.name}: {sample.name}")
    start = put(cells, recipe, scanned.output, 0)
    relaxed = bench.calculate("relax", [start.output], f"{sample.name} on the substrate", steps=STEPS)
    apart = sides(cells, recipe, scanned.output)
    single = [
        bench.calculate("relax", [apart.output[side]], f"{name} alone", steps=STEPS)
        for side, name in (("film", sample.name), ("substrate", "substrate"))
    ]
    what = {"scan": scanned.output, "relaxed": relaxed.output, "alone": [each.output for each in single]}
    return [cut, scanned, start, relaxed, apart, *single], what


@job
def base(cell: Plain, recipe: dict[str, Any]) -> Plain:
    """Cut the relaxed substrate."""
    relaxed = decode(cell)
    return encode(cut_cell(relaxed, Cut(**recipe["cut"])) if recipe["cut"] else layer_cell(relaxed))


@job
def pack(under: Plain, recipe: dict[str, Any], symbols: list[str], density: float, seed: int) -> Plain:
    """Pack a sample into the substrate's surface cell."""
    plane = np.array(recipe["stack"]["substrate"]) @ np.array(under["cell"])[:2]
    return encode(packed(symbols, plane, density, seed))


@job
def cut_open(sample: Plain) -> Plain:
    """Cut a sample where it is widest open."""
    return encode(opened(decode(sample)))


@job
def hop_about(sample: Plain, recipe: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    """Compute some of an ion's hops in a sample, chosen at random; all of them where there are no more.

    Raises
    ------
    BadInput
        If hops could be so long that another way leads to an image of their end.
    """
    atoms = decode(sample)
    room = float(1 / np.linalg.norm(np.linalg.inv(atoms.cell.array), axis=0).max()) / 2
    if recipe["cutoff"] > room - MARGIN:
        raise BadInput(
            f"cutoff: {recipe['cutoff']:g} Å is too long for the sample; take less than {room:.2f} Å, or more atoms"
        )
    hops = find_hops(atoms, recipe["ion"], recipe["mechanism"], recipe["cutoff"])
    count = min(recipe["hops"], len(hops.kinds))
    chosen = np.random.default_rng(recipe["seed"]).choice(len(hops.kinds), count, replace=False)
    walker = Walker(hops, atoms, how)
    for kind in sorted(chosen.tolist()):
        walker.hop(kind)
    return {**walker.told(), **{name: recipe[name] for name in ("ion", "mechanism", "cutoff")}}


@job
def summarise(
    about: dict[str, Any],
    samples: list[dict[str, Any]],
    laid: list[dict[str, Any]] | None,
    walks: list[dict[str, Any]],
    told: str,
) -> dict[str, Any]:
    """Turn the samples into the study's result."""
    quantities, data, notes = analysis.summarise(samples, about["limits"])
    views = [View(title=f"Sample {n}", frames=(made["atoms"],)) for n, made in enumerate(samples, start=1)]
    results = list(samples)
    if laid:
        quantities = {**analysis.laid(laid, about["limits"], quantities["energy"].checks), **quantities}
        views = [
            View(title=f"Sample {n} on the substrate", frames=(each["relaxed"]["atoms"],))
            for n, each in enumerate(laid, start=1)
        ] + views
        for each in laid:
            results += [each["relaxed"], *each["alone"], *each["scan"]["results"]]
    if walks:
        shapes = [made["atoms"] for made in samples]
        more, spread, said = distribution.summarise(shapes, walks, about["limits"])
        quantities, data, notes = {**more, **quantities}, {**data, **spread}, (*notes, *said)
        for walk in walks:
            results += [*walk["carriers"], *[result for each in walk["found"] if each for result in results_of(each)]]
    return finish(about, results, quantities, notes=(told, *notes), views=tuple(views), data=data)
