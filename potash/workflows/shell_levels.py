"""From shells to levels: those that a liquid's trajectory has most of, one after the other, by an engine for molecules."""

from __future__ import annotations

from typing import Any

from jobflow import Job, job

from potash.analysis.shell_levels import Told, summarise
from potash.calcs import continuum
from potash.calcs.engine import known_settings
from potash.calcs.site import here
from potash.errors import BadInput, CalculationFailed
from potash.structures.encoding import Plain
from potash.studies.shell_levels import ShellLevels
from potash.workflows import settings
from potash.workflows.bench import Bench
from potash.workflows.jobs import perform, resolve

#: Shells are soft: at most so many steps.
STEPS = 1000


def job_of(bench: Bench, asked: ShellLevels, clusters: Any, around: dict[str, Any] | None) -> Job:
    """Make the job that computes the levels of shells.

    Parameters
    ----------
    clusters
        A reference to them.
    around
        What the liquid is mixed of, for the continuum, as `calcs.continuum.dielectric` takes it; None where it is not known.

    Raises
    ------
    BadInput
        For settings that the engine does not have, and where it is not known what surrounds the shells.
    """
    for key, value in asked.settings.items():
        settings.check(asked.engine, key, value)
    own = dict(asked.settings)
    if "solvent" in known_settings(asked.engine) and "solvent" not in own:
        if around is None:
            raise BadInput(
                "levels: say what continuum surrounds the shells, as settings: {solvent: DME}, with a dielectric constant in place of "
                "the name, or none for the vacuum"
            )
        try:
            own["solvent"] = continuum.dielectric(around)
        except BadInput as error:
            raise BadInput(f"{error}: levels: {{settings: {{solvent: …}}}}") from None
    recipe = {"engine": asked.engine, "protocol": bench.protocol, "settings": own, "task": "orbitals"}
    made: Job = compute(
        {**recipe, "options": {"relax": asked.geometry == "relaxed"}}, clusters, asked.geometry, bench.name
    )
    made.name = "levels"
    return made


@job
def compute(recipe: dict[str, Any], clusters: list[dict[str, Any]], geometry: str, label: str) -> dict[str, Any]:
    """Compute the levels of every shell; one that an engine fails at is left out.

    Returns
    -------
    dict
        ``geometry``; ``shells``: of each, its result, or the ``reason`` why there is none; ``relaxed``: results of relaxations
        by another engine.
    """
    found: list[dict[str, Any]] = []
    relaxed: list[dict[str, Any]] = []
    for number, cluster in enumerate(clusters, start=1):
        charge = {"charge": float(cluster["charge"])}
        name = f"{label}: shell {number}, {cluster['label']}"
        try:
            atoms = cluster["atoms"]
            if geometry == "tblite":
                first = {**recipe, "engine": "tblite", "settings": charge, "task": "relax", "options": {"steps": STEPS}}
                relaxed.append(_sound(first, atoms, f"{name}, relaxed"))
                atoms = relaxed[-1]["atoms"]
            found.append(_sound({**recipe, "settings": {**recipe["settings"], **charge}}, atoms, name))
        except _Failed as error:
            found.append({"reason": str(error)})
    return {"geometry": geometry, "shells": found, "relaxed": relaxed}


class _Failed(Exception):
    """A calculation failed for reasons of its own: another run would not help."""


def _sound(recipe: dict[str, Any], atoms: Plain, label: str) -> dict[str, Any]:
    try:
        return perform(recipe, [atoms], label)
    except CalculationFailed as error:
        if here().vault.failure(resolve(recipe, [atoms]).key) is None:
            raise
        raise _Failed(str(error)) from error


def summed_up(clusters: list[dict[str, Any]], levels: dict[str, Any] | None) -> Told:
    """Turn levels into quantities; nothing where none were asked for."""
    return Told() if levels is None else summarise(clusters, levels)
