"""Shells of an ion: searched from many starts, the lowest computed by the study's engine, their energies compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import shells as analysis
from potash.analysis.result import View
from potash.calcs.continuum import NONE
from potash.calcs.engine import known_settings
from potash.errors import BadInput
from potash.limits import keep
from potash.structures.encoding import Plain, decode, encode
from potash.structures.molecules import load, molecule
from potash.structures.shells import distinct, has_ion, intact, species, starts, topology
from potash.structures.smiles import conformers
from potash.structures.topology import Topology
from potash.studies.molecules import SolvationStudy
from potash.workflows.bench import Bench
from potash.workflows.jobs import calculate, perform
from potash.workflows.summary import finish

#: Conformers of each molecule, from which the shells start and of which the lowest is the free molecule.
CONFORMERS = 12
#: A shell has at most so many solvent molecules.
MOST = 24
#: Shells are soft: at most so many steps.
STEPS = 1000


@dataclass(frozen=True)
class _Group:
    """A shell or a free molecule: its content, its starts, and its name in words."""

    name: str
    content: Topology
    starts: list[Any]


def build(bench: Bench) -> Flow:
    """Make the graph of a study of shells."""
    study = bench.study
    assert isinstance(study, SolvationStudy)
    assert isinstance(study.ion, str)
    assert isinstance(study.solvents, dict)
    if study.counterpoise and "ghosts" not in known_settings(bench.engine):
        raise BadInput(f"counterpoise needs ghost atoms, which the engine {bench.engine} does not have here; use pyscf")
    for name in study.solvents:
        if load(name).charge:
            raise BadInput(
                f"'{name}' is no solvent: its charge is {load(name).charge:+d}; an anion goes under the key anion"
            )
    series = compositions(study)
    if study.dissociation and study.anion is None:
        raise BadInput("dissociation: true needs an anion that leaves the shell")
    groups = [*_free(study), *(_shell(study, counts, study.anion) for counts in series)]
    if study.dissociation:
        groups += [_shell(study, counts, None) for counts in series if any(counts.values())]
    jobs: list[Job] = []
    found, thermal, ghosts = {}, {}, {}
    for group in groups:
        made = _searched(bench, study, group)
        jobs += made
        found[group.name] = made[-1].output
        if study.counterpoise and has_ion(group.content) and len(group.starts[0]) > 1:
            recipe = bench.recipe("relax", steps=0)
            jobs.append(counterpoise(recipe, made[-1].output, f"{bench.name}: {group.name}"))
            jobs[-1].name = f"{group.name}, counterpoise"
            ghosts[group.name] = jobs[-1].output
        if study.thermal is not None and len(group.starts[0]) > 1:
            charge = _charge(group.content)
            everything = list(range(len(group.starts[0])))
            label = f"{group.name}, curvature"
            lowest = made[-1].output["shells"][0]["atoms"]
            jobs.append(bench.calculate("curvature", [lowest], label, charge, atoms=everything))
            thermal[group.name] = jobs[-1].output
    recipe = {
        "ion": load(study.ion).name,
        "anion": None if study.anion is None else load(study.anion).name,
        "anions": study.anions if study.anion else 0,
        "series": [{load(name).name: count for name, count in counts.items()} for counts in series],
        "names": [analysis.label(study.ion, counts, study.anion, study.anions) for counts in series],
        "stripped": [analysis.label(study.ion, counts, None, 0) for counts in series] if study.dissociation else [],
        "around": _around(bench),
        "kelvin": study.thermal,
        "search": study.search,
        "starts": study.starts,
    }
    about = bench.about(analysis.label(study.ion, series[-1], study.anion, study.anions))
    return bench.flow(jobs, summarise(about, recipe, found, thermal, ghosts))


def compositions(study: SolvationStudy) -> list[dict[str, int]]:
    """Give the numbers of solvent molecules of each shell, the fewest first.

    Raises
    ------
    BadInput
        If several solvents have lists, or a shell would be empty or too large.
    """
    assert isinstance(study.solvents, dict)
    lists = [name for name, count in study.solvents.items() if isinstance(count, tuple)]
    if len(lists) > 1:
        raise BadInput(f"one solvent can have a list of numbers, not several ({', '.join(lists)})")
    fixed = {name: count for name, count in study.solvents.items() if isinstance(count, int)}
    series = [dict(fixed)]
    if lists:
        numbers = study.solvents[lists[0]]
        assert isinstance(numbers, tuple)
        series = [{**fixed, lists[0]: number} for number in sorted(set(numbers))]
    if not any(any(counts.values()) for counts in series) or (study.anion is None and not any(series[0].values())):
        raise BadInput("a shell without an anion has at least one molecule of solvent")
    if (most := max(sum(counts.values()) for counts in series)) > MOST:
        raise BadInput(f"a shell of {most} molecules is a liquid: at most {MOST} are taken")
    return series


def _free(study: SolvationStudy) -> list[_Group]:
    """List the ion, the solvents and the anion, each alone."""
    assert isinstance(study.ion, str)
    assert isinstance(study.solvents, dict)
    names = [study.ion, *study.solvents, *([study.anion] if study.anion else [])]
    groups = []
    for name in names:
        entry = load(name)
        alone = topology(name, {}) if name == study.ion else Topology((species(name, 1),))
        groups.append(_Group(entry.name, alone, _conformers(name, study.seed)))
    return groups


def _conformers(name: str, seed: int) -> list[Any]:
    """Give the geometry on record and the conformers that RDKit finds."""
    known = molecule(name)
    known.info.clear()
    return [known] if len(known) == 1 else [known, *conformers(load(name).smiles, CONFORMERS, seed + 1)]


def _shell(study: SolvationStudy, counts: dict[str, int], anion: str | None) -> _Group:
    """Lay the starts of one shell."""
    assert isinstance(study.ion, str)
    if anion is not None and load(anion).charge >= 0:
        raise BadInput(f"'{anion}' is no anion: its charge is {load(anion).charge:+d}")
    around = {load(name).name: count for name, count in counts.items()}
    if anion is not None:
        around[load(anion).name] = study.anions
    content = topology(study.ion, around)
    keep("atoms", len(content.elements), f"the shell of {study.ion}")
    choices = {name: _conformers(name, study.seed) for name, count in around.items() if count}
    name = analysis.label(study.ion, counts, anion, study.anions)
    return _Group(name, content, starts(content, choices, study.starts, study.seed))


def _around(bench: Bench) -> str:
    """Say in what everything is: the continuum that the campaign asks for, or nothing."""
    solvent = bench.settings.get("solvent", NONE)
    return "in vacuum" if solvent == NONE else f"all in a continuum ({solvent})"


def _charge(content: Topology) -> dict[str, float]:
    charge = sum(each.charge * each.count for each in content.species)
    return {"charge": float(charge)} if charge else {}


def _searched(bench: Bench, study: SolvationStudy, group: _Group) -> list[Job]:
    """Make the jobs that search one group's minima, and compute the lowest with the study's engine."""
    charge = _charge(group.content)
    recipe = bench.elsewhere(study.search, bench.recipe("search", charge, steps=STEPS))
    recipe = {**recipe, "settings": {**recipe["settings"], **charge}}
    search = calculate(recipe, [encode(atoms) for atoms in group.starts], f"{bench.name}: {group.name}, search")
    search.name = f"{group.name}, search"
    again = None
    if bench.engine != study.search:
        again = bench.recipe("relax", charge, **({"steps": 0} if study.geometry == "searched" else {}))
    count = study.lowest if has_ion(group.content) else 1
    best = lowest(again, search.output, group.content.plain(), count, group.name, f"{bench.name}: {group.name}")
    best.name = f"{group.name}, lowest"
    return [search, best]


@job
def lowest(
    recipe: dict[str, Any] | None, found: dict[str, Any], content: list[Plain], count: int, name: str, label: str
) -> dict[str, Any]:
    """Merge what a search found, and compute the lowest with another engine where one is asked for.

    Returns
    -------
    dict
        ``shells``: the lowest first, each with ``atoms``, ``energy`` (eV), ``force`` (eV/Å), ``times`` (how many starts
        ended there) and ``searched`` (its energy above the lowest in the search, eV); ``merged``: how many distinct
        ones were found; ``broken``: how many ends had broken or new bonds; ``results``.
    """
    of = Topology.read(content)
    atoms = [decode(each["atoms"]) for each in found["minima"]]
    whole = [number for number, each in enumerate(atoms) if intact(each, of)] or list(range(len(atoms)))
    ends = [(atoms[number], float(found["minima"][number]["energy"])) for number in whole]
    merged = distinct(ends, of)
    zero = ends[merged[0][0]][1]
    shells: list[dict[str, Any]] = []
    results = [{key: value for key, value in found.items() if key != "minima"}]
    for number, times in merged[:count]:
        made = found["minima"][whole[number]]
        if recipe is not None:
            made = perform(recipe, [made["atoms"]], f"{label}, shell {len(shells) + 1}")
            results.append(made)
        about = {"times": times, "searched": ends[number][1] - zero}
        shells.append({**{key: made[key] for key in ("atoms", "energy", "force")}, **about})
    shells.sort(key=lambda shell: float(shell["energy"]))
    broken = sum(not intact(each, of) for each in atoms)
    return {
        "name": name,
        "shells": shells,
        "relaxed": recipe is None or recipe["options"].get("steps") != 0,
        "merged": len(merged),
        "broken": broken,
        "lost": found["lost"],
        "content": content,
        "results": results,
    }


@job
def counterpoise(recipe: dict[str, Any], best: dict[str, Any], label: str) -> dict[str, Any]:
    """Compute how much lower the parts of the lowest shell lie with the basis of the whole (doi:10.1080/00268977000101561).

    In vacuum, whatever surrounds the shell: a ghost has no place in a continuum. With a cavity of its own it would keep the
    solvent away from its neighbour, which is no matter of the basis.

    Returns
    -------
    dict
        ``correction``: by so much (eV) the shell is bound too strongly; ``results``.
    """
    content, whole = Topology.read(best["content"]), decode(best["shells"][0]["atoms"])
    correction, results = 0.0, []
    for number, kind in enumerate(content.kinds.tolist()):
        inside = content.molecules == number
        # Dispersion knows no basis.
        alone = {"dispersion": "none", "solvent": NONE, "charge": float(content.species[kind].charge)}
        settings = {**recipe["settings"], **alone}
        own = {**recipe, "settings": settings}
        every = {**recipe, "settings": {**settings, "ghosts": np.flatnonzero(~inside).tolist()}}
        about = f"{label}, {content.species[kind].name} {number}"
        results.append(perform(own, [encode(whole[inside])], f"{about} in its own basis"))
        results.append(perform(every, [encode(whole)], f"{about} in the basis of all"))
        correction += float(results[-2]["energy"] - results[-1]["energy"])
    return {"correction": correction, "results": results}


@job
def summarise(
    about: dict[str, Any],
    recipe: dict[str, Any],
    found: dict[str, Any],
    thermal: dict[str, Any],
    ghosts: dict[str, Any],
) -> dict[str, Any]:
    """Turn the shells into the study's result."""
    quantities, data = analysis.summarise(recipe, found, thermal, ghosts, about["limits"])
    results = [result for group in found.values() for result in group["results"]] + list(thermal.values())
    results += [result for each in ghosts.values() for result in each["results"]]
    # The study's own engine is told first: what searched comes after it.
    results.sort(key=lambda result: result["task"] == "search")
    views = tuple(
        View(title=f"{name}, shell {number}", frames=(shell["atoms"],))
        for name in recipe["names"]
        for number, shell in enumerate(found[name]["shells"], start=1)
    )
    return finish(about, results, quantities, notes=analysis.notes(recipe, found, results), views=views, data=data)
