"""Liquids: a box of molecules, its dynamics, and what that says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from jobflow import Flow, Job, job

from potash.analysis import liquid as analysis
from potash.analysis.liquid_reading import Reading
from potash.calcs.site import here
from potash.calcs.vault import write
from potash.structures.boxes import Mixture, Recipe, mixture, packed
from potash.structures.encoding import Plain, decode, encode
from potash.structures.forcefields import parametrise, rules, scaled
from potash.structures.topology import Topology
from potash.studies.liquids import LiquidStudy
from potash.workflows import readings, shell_levels
from potash.workflows.bench import Bench
from potash.workflows.resp import fitted
from potash.workflows.summary import finish

#: Keys of a study that say how its dynamics is run.
OPTIONS = ("temperature", "pressure", "longest", "rest", "production", "interval", "seed", "viscosity")


def build(bench: Bench) -> Flow:
    """Make the graph of a study of a liquid."""
    study = bench.study
    assert isinstance(study, LiquidStudy)
    mixed = mixture(recipe_of(study))
    fields = [parametrise(one, study.forcefield) for one in mixed.components]
    parameters, fits = _charged(bench, study, mixed, fields)
    box = pack(study.model_dump(mode="json", exclude_unset=True), study.seed)
    box.name = "box"
    run = bench.calculate(
        "dynamics",
        [box.output],
        "molecular dynamics",
        topology=mixed.topology.plain(),
        parameters=parameters,
        rules=asdict(rules(study.forcefield)),
        volume="fixed" if mixed.known else "free",
        **{name: getattr(study, name) for name in OPTIONS},
    )
    reading = read_run(run.output, box.output, _read_as(study, mixed))
    reading.name = "reading"
    jobs, levels = [*(one for fit in fits for one in fit), box, run, reading], None
    if study.levels is not None:
        jobs.append(shell_levels.job_of(bench, study.levels, reading.output["clusters"], _around(study, mixed)))
        levels = jobs[-1].output
    about = bench.about(system_of(study, mixed))
    told = {
        "topology": mixed.topology.plain(),
        "temperature": study.temperature,
        "density": mixed.density if mixed.known else None,
        "concentration": study.concentration,
        "salt": study.salt,
        "notes": analysis.notes(mixed.topology, fields, study.charges),
    }
    charges = [fit[-1].output for fit in fits]
    return bench.flow(jobs, summarise(about, told, run.output, charges, reading.output, levels))


def _charged(
    bench: Bench, study: LiquidStudy, mixed: Mixture, fields: list[dict[str, Any]]
) -> tuple[list[Any], list[list[Job]]]:
    """Give the parameters of every species with its charges, and the jobs that fit those that are not known."""
    parameters: list[Any] = []
    fits: list[list[Job]] = []
    for one, known in zip(mixed.components, fields, strict=True):
        if known["charges"] is None:
            fits.append(fitted(bench, one, known, study.charges))
            parameters.append(fits[-1][-1].output["parameters"])
        else:
            parameters.append(scaled(known, one.charge, study.charges))
    return parameters, fits


def _read_as(study: LiquidStudy, mixed: Mixture) -> dict[str, Any]:
    """Say how the trajectory is read."""
    return {
        "topology": mixed.topology.plain(),
        "temperature": study.temperature,
        "cation": next((one.name for one in mixed.components if one.charge > 0), None),
        "samples": study.levels.samples if study.levels else 1,
    }


def _around(study: LiquidStudy, mixed: Mixture) -> dict[str, Any]:
    """Give the continuum around a shell: the solvents of the liquid, mixed as they are there."""
    names = [one.name for one in mixed.components if one.charge == 0]
    return {**dict(zip(names, study.solvents.values(), strict=True)), "by": "mole"}


def recipe_of(study: LiquidStudy) -> Recipe:
    """Say what the liquid of a study is mixed of."""
    amounts = {name: getattr(study, name) for name in ("concentration", "molality", "parts", "atoms", "density")}
    return Recipe(study.salt, dict(study.solvents), **amounts)


def system_of(study: LiquidStudy, mixed: Mixture) -> str:
    """Name a liquid: 1 M KFSI in DME."""
    names = [one.name for one in mixed.components if one.charge == 0]
    parts = list(study.solvents.values())
    solvent = ", ".join(names)
    if len(names) > 1:
        solvent = f"{' : '.join(names)} = {' : '.join(f'{part:g}' for part in parts)}"
    if study.salt is None:
        return solvent
    amounts = {"M": study.concentration, "m": study.molality, "parts": study.parts}
    unit, amount = next((unit, amount) for unit, amount in amounts.items() if amount is not None)
    return f"{amount:g} {unit} {study.salt} in {solvent}"


@job
def pack(asked: dict[str, Any], seed: int) -> Plain:
    """Put a study's molecules into a box; one that was packed before is not packed again, by whatever study."""
    recipe = recipe_of(LiquidStudy.model_validate(asked))
    # The solvents' order is the order of the atoms.
    content = json.dumps({**asdict(recipe), "seed": seed})
    path = here().vault.root / "boxes" / f"{hashlib.sha256(content.encode()).hexdigest()[:24]}.json"
    if path.exists():
        found: Plain = json.loads(path.read_text(encoding="utf-8"))
        return found
    found = encode(packed(mixture(recipe), seed))
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, found)
    return found


@job
def read_run(run: dict[str, Any], box: Plain, asked: dict[str, Any]) -> dict[str, Any]:
    """Read the trajectory of a run."""
    topology = Topology.read(asked["topology"])

    def reading() -> Reading:
        folder = here().vault.folder(run["key"])
        return analysis.reading(run, topology, asked["temperature"], asked["cation"], asked["samples"], folder)

    def guess() -> Reading:
        atoms = decode(box)
        return readings.guessed(atoms.positions, atoms.cell.array, topology, asked["cation"])

    return readings.kept({"run": run["key"], **asked}, reading, guess)


@job
def summarise(
    about: dict[str, Any],
    told: dict[str, Any],
    run: dict[str, Any],
    fits: list[dict[str, Any]],
    reading: dict[str, Any],
    levels: dict[str, Any] | None,
) -> dict[str, Any]:
    """Sum up the charges that were fitted, the run, what its trajectory says, and the levels of its shells."""
    quantities, data, notes = analysis.summarise(run, told)
    more = shell_levels.summed_up(reading["clusters"], levels)
    return finish(
        about,
        [run, *(result for fit in fits for result in fit["results"]), *more.results],
        {**quantities, **readings.quantities(reading), **more.quantities},
        notes=(*notes, *map(analysis.fit_note, fits), *reading["notes"], *more.notes),
        views=readings.views(reading),
        data={**data, **reading["data"], **more.data},
    )
