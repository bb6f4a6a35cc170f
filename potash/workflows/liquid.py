"""Liquids: a box of molecules, its dynamics, and what that says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobflow import Flow, job

from potash.analysis import liquid as analysis
from potash.analysis.liquid_reading import Reading, read
from potash.analysis.trajectory import trajectory
from potash.calcs.site import here
from potash.structures.boxes import Mixture, Recipe, mixture, packed
from potash.structures.encoding import Plain, decode, encode
from potash.structures.forcefields import parametrise, scaled
from potash.structures.molecules import load
from potash.structures.topology import Topology
from potash.studies.liquids import LiquidStudy
from potash.workflows import readings, shell_levels
from potash.workflows.bench import Bench
from potash.workflows.summary import finish

#: Keys of a study that say how its dynamics is run.
OPTIONS = ("temperature", "pressure", "longest", "rest", "production", "interval", "seed")


def build(bench: Bench) -> Flow:
    """Make the graph of a study of a liquid."""
    study = bench.study
    assert isinstance(study, LiquidStudy)
    mixed = mixture(recipe_of(study))
    fields = [parametrise(one) for one in mixed.components]
    parameters = [scaled(field, one.charge, study.charges) for field, one in zip(fields, mixed.components, strict=True)]
    box = pack(study.model_dump(mode="json", exclude_unset=True), study.seed)
    box.name = "box"
    run = bench.calculate(
        "dynamics",
        [box.output],
        "molecular dynamics",
        topology=mixed.topology.plain(),
        parameters=parameters,
        volume="fixed" if mixed.known else "free",
        **{name: getattr(study, name) for name in OPTIONS},
    )
    topology = mixed.topology
    told = {
        "topology": topology.plain(),
        "temperature": study.temperature,
        "density": mixed.density if mixed.known else None,
        "concentration": study.concentration,
        "salt": study.salt,
        "notes": analysis.notes(topology, parameters, study.charges),
    }
    cation = next((one.name for one in mixed.components if one.charge > 0), None)
    samples = study.levels.samples if study.levels else 1
    reading = read_run(run.output, box.output, topology.plain(), study.temperature, cation, samples)
    reading.name = "reading"
    jobs = [box, run, reading]
    levels = None
    if study.levels is not None:
        jobs.append(shell_levels.job_of(bench, study.levels, reading.output["clusters"], _around(study)))
        levels = jobs[-1].output
    about = bench.about(system_of(study, mixed))
    return bench.flow(jobs, summarise(about, told, run.output, reading.output, levels))


def _around(study: LiquidStudy) -> dict[str, Any]:
    """Give the continuum around a shell: the solvents of the liquid, mixed as they are there."""
    return {**{load(name).name: part for name, part in study.solvents.items()}, "by": "mole"}


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
    """Put a study's molecules into a box."""
    return encode(packed(mixture(recipe_of(LiquidStudy.model_validate(asked))), seed))


@job
def read_run(
    run: dict[str, Any],
    box: Plain,
    plain: list[dict[str, Any]],
    temperature: float,
    cation: str | None,
    samples: int,
) -> dict[str, Any]:
    """Read the trajectory of a run."""
    topology = Topology.read(plain)

    def reading() -> Reading:
        path: Path = here().vault.folder(run["key"]) / run["trajectory"]
        frames = trajectory(path, len(topology.elements))
        return read(frames, topology, temperature, cation, samples=samples, folder=path.parent)

    def guess() -> Reading:
        atoms = decode(box)
        return readings.guessed(atoms.positions, atoms.cell.array, topology, cation)

    return readings.kept({"run": run["key"], "cation": cation, "samples": samples}, reading, guess)


@job
def summarise(
    about: dict[str, Any],
    told: dict[str, Any],
    run: dict[str, Any],
    reading: dict[str, Any],
    levels: dict[str, Any] | None,
) -> dict[str, Any]:
    """Sum up the run, what its trajectory says, and the levels of its shells."""
    quantities, data, notes = analysis.summarise(run, told)
    more = shell_levels.summed_up(reading["clusters"], levels)
    return finish(
        about,
        [run, *more.results],
        {**quantities, **readings.quantities(reading), **more.quantities},
        notes=(*notes, *reading["notes"], *more.notes),
        views=readings.views(reading),
        data={**data, **reading["data"], **more.data},
    )
