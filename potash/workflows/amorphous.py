"""Amorphous samples, alone or laid on a substrate, and the hops of an ion in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import Flow, Job, job

from potash.analysis import amorphous as analysis
from potash.analysis import distribution, layers
from potash.analysis.layers import Along
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.encoding import Plain, decode
from potash.structures.hops import MARGIN, find_hops
from potash.studies.amorphous import AmorphousStudy
from potash.workflows.barrier import results_of
from potash.workflows.bench import Bench
from potash.workflows.hop import reach_of, recipes_of
from potash.workflows.passage import recipe_of, sought, together
from potash.workflows.samples import samples_of
from potash.workflows.summary import finish
from potash.workflows.walker import Walker, place_of


def build(bench: Bench) -> Flow:
    """Make the graph of a study of amorphous samples."""
    study = bench.study
    assert isinstance(study, AmorphousStudy)
    made = samples_of(bench, study)
    by = study.quench.engine if study.quench else bench.engine
    told = (
        f"{study.atoms} atoms, held at {study.melt:g} K for {study.hold:g} ps, cooled by {study.rate:g} K/ps, "
        f"by the engine {by}; relaxed by {bench.engine}."
    )
    about = {**bench.about(made.system), "density": study.density}
    if study.region is not None:
        assert made.laid is not None
        recipe = recipe_of(study, [1, 1])
        found = [
            sought(bench, study, each["relaxed"]["atoms"], recipe, [each["cell"]], f"{bench.name}: sample {number}")
            for number, each in enumerate(made.laid, start=1)
        ]
        margin = study.search.margin if study.search else 0.0
        ways = {"recipe": recipe, "margin": margin, "found": [[each.walked, each.guessed] for each in found]}
        jobs = [one for each in found for one in each.jobs]
        return bench.flow([*made.jobs, *jobs], summarise(about, made.relaxed, made.quenched, made.laid, [], ways, told))
    walks = _walks(bench, study, made.relaxed)
    outputs = [each.output for each in walks]
    return bench.flow(
        [*made.jobs, *walks], summarise(about, made.relaxed, made.quenched, made.laid, outputs, None, told)
    )


def _walks(bench: Bench, study: AmorphousStudy, samples: list[Any]) -> list[Job]:
    """Make the jobs of the ion's hops, one a sample; none where no ion is named."""
    if study.ion is None:
        return []
    recipe = {name: getattr(study, name) for name in ("ion", "mechanism", "cutoff", "hops", "seed")}
    made = []
    for number, sample in enumerate(samples, start=1):
        name = f"{bench.name}: sample {number}"
        how = {"recipes": recipes_of(bench), "reach": reach_of(bench), "label": name, "cells": []}
        made.append(hop_about(sample["atoms"], recipe, how))
        made[-1].name = f"hops in sample {number}"
    return made


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
    quenched: list[dict[str, Any]],
    laid: list[dict[str, Any]] | None,
    walks: list[dict[str, Any]],
    ways: dict[str, Any] | None,
    told: str,
) -> dict[str, Any]:
    """Turn the samples into the study's result."""
    limits = about["limits"]
    quantities, data, notes = analysis.summarise(samples, quenched, about["density"], limits)
    views = [View(title=f"Sample {n}", frames=(made["atoms"],)) for n, made in enumerate(samples, start=1)]
    results = [*samples, *quenched]
    reason = None
    if laid:
        quantities = {**analysis.laid(laid, limits, quantities["energy"].checks), **quantities}
        views = [
            View(title=f"Sample {n} on the substrate", frames=(each["relaxed"]["atoms"],))
            for n, each in enumerate(laid, start=1)
        ] + views
        for each in laid:
            results += [each["cell"], each["relaxed"], *each["alone"], *each["scan"]["results"]]
    if walks:
        shapes = [made["atoms"] for made in samples]
        more, spread, said = distribution.summarise(shapes, walks, limits)
        quantities, data, notes = {**more, **quantities}, {**data, **spread}, (*notes, *said)
        results += calculations(walks)
    if ways and laid:
        along = [
            Along(
                place_of(each["relaxed"]["atoms"], ways["recipe"]),
                together(walked),
                together(guessed) if guessed else None,
            )
            for each, (walked, guessed) in zip(laid, ways["found"], strict=True)
        ]
        more, reason, said = layers.summarise(along, ways["margin"], limits)
        quantities, notes = {**more, **quantities}, (*notes, *said)
        results += calculations([each.known for each in along])
    return finish(
        about, results, quantities, status="no barrier" if reason else "done", reason=reason,
        notes=(told, *notes), views=tuple(views), data=data,
    )  # fmt: skip


def calculations(walks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the calculations that walks rest on."""
    bands = [result for walk in walks for each in walk["found"] if each for result in results_of(each)]
    return [*[carrier for walk in walks for carrier in walk["carriers"]], *bands]
