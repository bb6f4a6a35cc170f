"""The ways of an ion along an interface and across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobflow import Flow, Job, job

from potash.analysis import passage as analysis
from potash.analysis.landscape import level, merged, missing, ways
from potash.analysis.result import View
from potash.errors import BadInput, near
from potash.structures.encoding import Plain
from potash.studies.amorphous import AmorphousStudy
from potash.studies.interfaces import PassageStudy
from potash.workflows.barrier import results_of
from potash.workflows.bench import Bench
from potash.workflows.height import calculations
from potash.workflows.hop import reach_of, recipes_of
from potash.workflows.interface import lowest, stack
from potash.workflows.summary import finish
from potash.workflows.walker import Walker, place_of

#: The hops are only known when the interface is: they are computed in so many jobs side by side.
SLICES = 8


def build(bench: Bench) -> Flow:
    """Make the graph of a passage study."""
    study = bench.study
    assert isinstance(study, PassageStudy)
    for name in study.beside:
        if name not in bench.before:
            raise BadInput(f"beside: no study above has the id '{name}'{near(name, bench.before)}")
    built = stack(bench, study)
    best = lowest(built.found["relaxed"])
    best.name = "best registry"
    recipe = recipe_of(study, list(study.supercell))
    found = sought(bench, study, best.output, recipe, built.found["cells"], bench.name)
    jobs: list[Job] = [*built.jobs, best, *found.jobs]
    told = {**built.told, "ion": study.ion, "search": study.search.model_dump() if study.search else None}
    about = bench.about(f"{study.ion} {study.mechanism} at {built.system}")
    beside = {name: bench.before[name].output for name in study.beside}
    summary = summarise(about, told, recipe, best.output, found.walked, found.guessed, beside, built.found)
    return bench.flow(jobs, summary)


@dataclass(frozen=True)
class Sought:
    """An ion's ways along an interface that are looked for.

    Attributes
    ----------
    jobs
        Those that compute hops.
    walked, guessed
        References to what the study's engine computed, and to what the search did; without a search it has none.
    """

    jobs: list[Job]
    walked: list[Any]
    guessed: list[Any]


def recipe_of(study: PassageStudy | AmorphousStudy, supercell: list[int]) -> dict[str, Any]:
    """Say in plain data which hops count: see `walker.place_of`."""
    return {**{name: getattr(study, name) for name in ("ion", "mechanism", "cutoff", "region")}, "supercell": supercell}


def sought(
    bench: Bench, study: PassageStudy | AmorphousStudy, best: Any, recipe: dict[str, Any], cells: list[Any], label: str
) -> Sought:
    """Make the jobs that compute the hops near an interface: all of them, or those on the easiest ways of a search."""
    own = {"recipes": recipes_of(bench), "reach": reach_of(bench), "label": label, "cells": cells}
    how = _searching(bench, study, own) if study.search else own
    slices = [explore(best, recipe, how, part) for part in range(SLICES)]
    for part, made in enumerate(slices, start=1):
        made.name = f"hops, part {part} of {SLICES}"
    walked = [made.output for made in slices]
    if not study.search:
        return Sought(slices, walked, [])
    followed = follow(best, recipe, own, walked, study.search.margin, bench.limits())
    followed.name = "hops on the easiest ways"
    return Sought([*slices, followed], [followed.output], walked)


def _searching(bench: Bench, study: PassageStudy | AmorphousStudy, own: dict[str, Any]) -> dict[str, Any]:
    """Say how the search computes its hops: as the study does, by its own engine, and without curvatures."""
    assert study.search
    cheap = {name: bench.elsewhere(study.search.engine, recipe) for name, recipe in own["recipes"].items()}
    if study.band == "surrogate":  # where calls cost nothing, no other potential need be learnt first
        cheap["band"] = {**cheap["band"], "options": {**cheap["band"]["options"], "prior": None}}
    return {**own, "recipes": cheap, "reach": None, "label": f"{own['label']}: search"}


@job
def explore(best: Plain, recipe: dict[str, Any], how: dict[str, Any], part: int) -> dict[str, Any]:
    """Compute every so manieth kind of hop near an interface, and the carriers that they need."""
    place = place_of(best, recipe)
    walker = Walker(place.hops, place.large, how)
    for kind in range(part, len(place.hops.kinds), SLICES):
        walker.hop(kind)
    return walker.told()


@job
def follow(
    best: Plain,
    recipe: dict[str, Any],
    how: dict[str, Any],
    guessed: list[dict[str, Any]],
    margin: float,
    limits: dict[str, float],
) -> dict[str, Any]:
    """Compute the hops on the easiest ways that a search found, until no other way can be easier.

    A hop that is not computed counts as the search has it, less the margin. So the ways that are left in the end are
    made of computed hops, and others are higher unless the search errs by more than the margin.
    """
    place = place_of(best, recipe)
    hops = place.hops
    walker = Walker(hops, place.large, how)
    guess = level(hops, together(guessed), None)
    while True:
        known = level(hops, walker.told(), limits)
        found = ways(hops, merged(hops, known, guess, margin), place.shores)
        kinds, orbits = missing(hops, known, found)
        if not kinds and not orbits:
            return walker.told()
        for kind in kinds:
            walker.hop(kind)
        for orbit in orbits:
            walker.rest(orbit)


def together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Put what several walkers know into one, each carrier once."""
    carriers = {orbit: each for part in parts for orbit, each in zip(part["orbits"], part["carriers"], strict=True)}
    found = {kind: each for part in parts for kind, each in zip(part["kinds"], part["found"], strict=True)}
    kinds = sorted(found)
    return {
        "orbits": list(carriers),
        "carriers": list(carriers.values()),
        "kinds": kinds,
        "found": [found[kind] for kind in kinds],
    }


@job
def summarise(
    about: dict[str, Any],
    told: dict[str, Any],
    recipe: dict[str, Any],
    best: Plain,
    walked: list[dict[str, Any]],
    guessed: list[dict[str, Any]],
    beside: dict[str, dict[str, Any]],
    built: dict[str, Any],
) -> dict[str, Any]:
    """Turn the hops into the study's result."""
    place = place_of(best, recipe)
    known, guess = together(walked), together(guessed) if guessed else None
    margin = told["search"]["margin"] if told["search"] else 0.0
    quantities, reason, data = analysis.summarise(place, known, guess, margin, about["limits"], beside)
    bands = [each for each in known["found"] if each]
    views = [View(title="Interface", frames=(best,))]
    views += [
        View(title=f"Hop {kind['number']}", frames=tuple(each["crossing"]["band"]["images"]))
        for kind, each in zip(data["kinds"], bands, strict=True)
    ]
    results = [*known["carriers"], *[result for each in bands for result in results_of(each)]]
    return finish(
        about, [*results, *calculations(built["relaxed"]), *built["cells"]], quantities,
        status="no barrier" if reason else "done", reason=reason, notes=tuple(analysis.notes(place, told, data)),
        views=tuple(views), data=data,
    )  # fmt: skip
