"""The jobs that every kind of study is made of."""

from __future__ import annotations

from math import prod
from typing import Any

from jobflow import job

from potash.calcs import dispersion, magnetism
from potash.calcs.calculation import LIMITS, Calculation
from potash.calcs.engine import engine, protocol, sort_of
from potash.calcs.lacking import refuse
from potash.calcs.site import here
from potash.limits import keep
from potash.structures.encoding import Plain, decode, encode

#: What fast's own convergence is too coarse for: forces that differ little; charge that sloshes across an interface and
#: tilts its potential.
FINE = ("curvature", "hessian", "phonons", "electrons")


def resolve(recipe: dict[str, Any], structures: list[Plain]) -> Calculation:
    """Complete a recipe for given atoms: protocol, overrides and what depends on the atoms.

    Parameters
    ----------
    recipe
        ``engine``, ``protocol``, ``settings`` (overrides), ``task`` and ``options``.
    structures
        The atoms, which may not be known before other jobs have run.
    """
    code = engine(recipe["engine"])
    refuse(code, recipe["task"])
    atoms = [decode(plain) for plain in structures]
    sort = sort_of(atoms[0])
    settings = {**protocol(code.name, recipe["protocol"], sort), **recipe["settings"]}
    atoms, settings = magnetism.completed(atoms, settings)
    if sort != "slab":
        settings.pop("dipole", None)
    if recipe["protocol"] == "fast" and recipe["task"] in FINE:
        fine = protocol(code.name, "strict", sort)
        settings |= {key: fine[key] for key in ("convergence",) if key in fine}
    if sort == "molecule" and "vacuum" in settings:
        for molecule in atoms:
            molecule.center(vacuum=settings["vacuum"])
    if recipe["options"].get("symmetry"):
        settings["symmetry"] = True
    settings = code.complete(atoms[0], settings)
    keep("kpoints", prod(settings.get("kpoints", [])), f"a calculation of {atoms[0].symbols.formula:metal}")
    limits = protocol("tasks", recipe["protocol"], sort)
    return Calculation(
        task=recipe["task"],
        atoms=tuple(encode(each) for each in atoms),
        engine=code.name,
        version=code.version(),
        settings=dispersion.completed(settings),
        options={**{name: limits[name] for name in LIMITS[recipe["task"]]}, **recipe["options"]},
    )


@job
def calculate(recipe: dict[str, Any], structures: list[Plain], label: str) -> dict[str, Any]:
    """Run one calculation, or find it in the vault: see `perform`."""
    return perform(recipe, structures, label)


def perform(recipe: dict[str, Any], structures: list[Plain], label: str) -> dict[str, Any]:
    """Run one calculation, or find it in the vault; jobs that cannot know beforehand how many they need call this.

    Returns
    -------
    dict
        The task's result with ``key``, ``task``, ``engine``, ``version``, ``settings``.
    """
    calculation = resolve(recipe, structures)
    result = here().perform(calculation, label)
    about = {name: getattr(calculation, name) for name in ("key", "task", "engine", "version", "settings")}
    return {**result, **about}
