"""How far energies move with denser k-points, a higher cutoff, a wider vacuum: single points, nothing relaxed again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobflow import Job, job

from potash.calcs.engine import protocol, sort_of
from potash.structures.encoding import Plain, decode, encode
from potash.structures.slabs import VACUUM
from potash.workflows.bench import Bench
from potash.workflows.jobs import perform
from potash.workflows.sensitivities import HIGHER, denser

#: A wider vacuum: so many times.
WIDER = 1.5
#: What is said where nothing was varied.
UNVARIED = "Not converged: k-points, cutoff and vacuum were not varied."


@dataclass(frozen=True)
class Part:
    """A structure whose energy is one term of what is asked for.

    Attributes
    ----------
    structure
        A reference to it as it relaxed; of an atom in a box, as it was put there.
    words
        What it is.
    settings
        What its own calculation was told.
    slab
        Whether it has a vacuum to be widened.
    boxed
        Whether it is alone in a box, where more k-points say nothing.
    """

    structure: Any
    words: str
    settings: dict[str, Any] = field(default_factory=dict)
    slab: bool = True
    boxed: bool = False


def variations(bench: Bench, parts: dict[str, Part]) -> list[Job]:
    """Make one job for each setting that the engine has, and one for the vacuum: see `varied`."""
    now = {**protocol(bench.engine, bench.protocol, "slab"), **bench.settings}
    made = []
    if "spacing" in now:
        several = {name: part for name, part in parts.items() if not part.boxed}
        made.append(_job(bench, "denser k-points", several, kpoints=True))
    if "cutoff" in now and now.get("mode", "pw") == "pw":
        made.append(_job(bench, "higher cutoff", parts, settings={"cutoff": HIGHER * now["cutoff"]}))
    slabs = {name: part for name, part in parts.items() if part.slab}
    return [*made, _job(bench, "wider vacuum", slabs, vacuum=WIDER * VACUUM)]


def _job(
    bench: Bench,
    name: str,
    parts: dict[str, Part],
    *,
    settings: dict[str, Any] | None = None,
    kpoints: bool = False,
    vacuum: float | None = None,
) -> Job:
    recipes = {
        key: bench.recipe("relax", {**part.settings, **(settings or {})}, steps=0) for key, part in parts.items()
    }
    structures = {key: part.structure for key, part in parts.items()}
    labels = {key: f"{bench.name}: {name}, {part.words}" for key, part in parts.items()}
    made = varied(recipes, structures, labels, name, kpoints, vacuum)
    made.name = name
    return made


@job
def varied(
    recipes: dict[str, dict[str, Any]],
    structures: dict[str, Plain],
    labels: dict[str, str],
    name: str,
    kpoints: bool,
    vacuum: float | None,
) -> dict[str, Any]:
    """Compute what a setting changes once more.

    Parameters
    ----------
    recipes, structures, labels
        Of each part that it changes.
    name
        The setting, in words.
    kpoints
        Whether divisions become denser.
    vacuum
        The new one on each side, in Å; None where it stays.

    Returns
    -------
    dict
        ``name``, ``energies`` (eV) of the parts, and the ``results``.
    """
    results = {}
    for part, recipe in recipes.items():
        atoms, settings = decode(structures[part]), recipe["settings"]
        if vacuum is not None:
            atoms.center(vacuum=vacuum, axis=2)
        if kpoints:
            now = {**protocol(recipe["engine"], recipe["protocol"], sort_of(atoms)), **settings}
            settings = settings | denser(atoms, now)
        results[part] = perform({**recipe, "settings": settings}, [encode(atoms)], labels[part])
    energies = {part: result["energy"] for part, result in results.items()}
    return {"name": name, "energies": energies, "results": list(results.values())}
