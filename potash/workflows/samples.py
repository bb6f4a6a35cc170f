"""Amorphous samples: packed at random, melted, quenched and relaxed, alone or laid on a substrate."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jobflow import Job, job

from potash.structures.amorphous import DENSITY, opened, packed, symbols_of
from potash.structures.cuts import Cut, cut_cell, layer_cell
from potash.structures.encoding import Plain, decode, encode
from potash.structures.faces import Face, face
from potash.structures.interfaces import Stack
from potash.structures.matching import Rows
from potash.studies.amorphous import AmorphousStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.candidates import atoms_of
from potash.workflows.interface import put, side_cell, sides
from potash.workflows.jobs import calculate
from potash.workflows.registry import scan

#: A glass relaxes along many soft ways: at most so many steps.
STEPS = 1000
#: The sample's cell is the common one.
ONCE: Rows = ((1, 0), (0, 1))


@dataclass(frozen=True)
class Samples:
    """The samples of a study.

    Attributes
    ----------
    jobs
        Those that make them.
    quenched, relaxed
        References: each as its quench left it, and as the study's engine relaxed it.
    laid
        Of each, references to its scan, to it relaxed on the substrate, to both sides alone, and to the substrate's relaxed
        cell; None without a substrate.
    system
        What they are, in words.
    """

    jobs: list[Job]
    quenched: list[Any]
    relaxed: list[Any]
    laid: list[dict[str, Any]] | None
    system: str


def samples_of(bench: Bench, study: AmorphousStudy) -> Samples:
    """Make the jobs of all samples, one a seed."""
    symbols = symbols_of(study.formula, study.atoms)
    if study.substrate is None:
        edge = _edge(symbols, study.density)
        plane = np.array([[edge, 0, 0], [0, edge, 0]])
        made = [
            _made(bench, study, encode(packed(symbols, plane, study.density, seed)), seed) for seed in _seeds(study)
        ]
        quenched, relaxed = ([each[step].output for each in made] for step in (0, -1))
        return Samples([one for each in made for one in each], quenched, relaxed, None, f"amorphous {study.formula}")
    return _upon(bench, study, symbols)


def _upon(bench: Bench, study: AmorphousStudy, symbols: list[str]) -> Samples:
    """Make the jobs of samples that are laid on a substrate."""
    assert study.substrate is not None
    below = _below(bench, study)
    recipe = _recipe(below, study)
    cell = side_cell(bench, study.substrate)
    under = base(cell.output["atoms"], recipe)
    jobs: list[Job] = [cell, under]
    quenched, relaxed, laid = [], [], []
    for seed in _seeds(study):
        start = pack(under.output, recipe, symbols, study.density, seed)
        made = _made(bench, study, start.output, seed)
        more, what = _lay(bench, study, made[-1], _name(study, seed), cell.output, under.output, recipe)
        jobs += [start, *made, *more]
        quenched.append(made[0].output)
        relaxed.append(made[-1].output)
        laid.append(what)
    facet = f" ({''.join(map(str, below.facet))})" if below.facet else ""
    return Samples(jobs, quenched, relaxed, laid, f"amorphous {study.formula} on {label_of(study.substrate)}{facet}")


def _seeds(study: AmorphousStudy) -> range:
    return range(study.seed, study.seed + study.samples)


def _name(study: AmorphousStudy, seed: int) -> str:
    return f"sample {seed - study.seed + 1}"


def _edge(symbols: list[str], density: float) -> float:
    """Give the edge of the cube (Å) that has a density (g/cm³)."""
    from ase import Atoms

    return float(np.cbrt(Atoms(symbols).get_masses().sum() / (DENSITY * density)))


def _made(bench: Bench, study: AmorphousStudy, start: Any, seed: int) -> list[Job]:
    """Make the job that quenches a sample; where an engine is named for that, the study's own relaxes it in a second one."""
    name = _name(study, seed)
    how = {key: getattr(study, key) for key in ("melt", "hold", "rate", "timestep")}
    if study.quench is None:
        return [bench.calculate("quench", [start], name, seed=seed, steps=STEPS, **how)]
    recipe = bench.elsewhere(study.quench.engine, bench.recipe("quench", seed=seed, steps=STEPS, **how))
    label = f"{name}, quench"
    quenched = calculate(recipe, [start], f"{bench.name}: {label}")
    quenched.name = label
    return [quenched, bench.calculate("relax", [quenched.output["atoms"]], name, steps=STEPS)]


def _below(bench: Bench, study: AmorphousStudy) -> Face:
    """Cut the substrate, before it is relaxed."""
    assert study.substrate is not None
    given = bench.atoms(study.substrate)
    primitive = atoms_of(bench, study.substrate)
    return face(
        primitive, given, study.substrate_facet, study.substrate_termination, study.substrate_thickness,
        cut_molecules=study.cut_molecules,
    )  # fmt: skip


def _recipe(below: Face, study: AmorphousStudy) -> dict[str, Any]:
    """Say in plain data how a sample lies on the substrate: in the cell of so many surface cells, unstrained."""
    n, m = study.cells
    stack = Stack(ONCE, ((n, 0), (0, m)), (1, below.repeats), study.frozen)
    return {"cut": asdict(below.cut) if below.cut else None, "stack": asdict(stack), "periodic": False}


def _lay(
    bench: Bench, study: AmorphousStudy, sample: Job, name: str, cell: Any, under: Any, recipe: dict[str, Any]
) -> tuple[list[Job], dict[str, Any]]:
    """Lay a sample on the substrate at the best gap, relax it there, and each side alone."""
    cut = cut_open(sample.output["atoms"])
    cells = [cut.output, under]
    scanned = scan(bench.recipe("relax", steps=0), cells, recipe, 1, list(study.gaps), f"{bench.name}: {name}")
    start = put(cells, recipe, scanned.output, 0)
    relaxed = bench.calculate("relax", [start.output], f"{name} on the substrate", steps=STEPS)
    apart = sides(cells, recipe, scanned.output)
    single = [
        bench.calculate("relax", [apart.output[side]], f"{alone} alone", steps=STEPS)
        for side, alone in (("film", name), ("substrate", "substrate"))
    ]
    what = {"scan": scanned.output, "relaxed": relaxed.output, "alone": [each.output for each in single], "cell": cell}
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
