"""Liquids: a box of molecules, its dynamics, and what that says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobflow import Flow, job

from potash.analysis import liquid as analysis
from potash.calcs.site import here
from potash.structures.boxes import Mixture, Recipe, mixture, packed
from potash.structures.encoding import Plain, encode
from potash.structures.forcefields import parametrise, scaled
from potash.studies.liquids import LiquidStudy
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
    told = {
        "topology": mixed.topology.plain(),
        "cation": next((one.name for one in mixed.components if one.charge > 0), None),
        "temperature": study.temperature,
        "density": mixed.density if mixed.known else None,
        "concentration": study.concentration,
        "salt": study.salt,
        "notes": analysis.notes(mixed.topology, parameters, study.charges),
    }
    return bench.flow([box, run], summarise(bench.about(system_of(study, mixed)), told, run.output))


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
def summarise(about: dict[str, Any], told: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """Read the run's series and its trajectory."""
    path: Path = here().vault.folder(run["key"]) / run["trajectory"]
    quantities, data, notes = analysis.summarise(run, told, path)
    return finish(about, [run], quantities, notes=notes, data=data)
