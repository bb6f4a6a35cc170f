"""One hop: end points, band, curvatures, sensitivities. Studies of one hop and of all hops are made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobflow import Job, job

from potash.analysis.barrier import below, has_saddle
from potash.analysis.curvature import curvatures, negative
from potash.errors import BadInput
from potash.structures.encoding import Plain, decode, encode
from potash.structures.hops import Hops, carrier_at, carry, end_points, find_hops
from potash.structures.shell import shell_of
from potash.studies.amorphous import AmorphousStudy
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.studies.interfaces import PassageStudy
from potash.workflows.bench import Bench
from potash.workflows.ground import Ground, own_settings
from potash.workflows.jobs import perform
from potash.workflows.sensitivities import shifts

if TYPE_CHECKING:
    from ase import Atoms

#: How often a band that falls below an end point is followed down and begun again.
AGAIN = 2
#: Where curvatures are computed, the saddle last.
PLACES = ("before", "after", "saddle")


@dataclass(frozen=True)
class Carriers:
    """The relaxed carriers of a study: one of each kind of site, shared by all hops that meet there.

    Attributes
    ----------
    relaxed
        By the index of the first site of each orbit: a reference to the relaxation.
    jobs
        Those that make them.
    """

    relaxed: dict[int, Any]
    jobs: list[Job]


def carriers(bench: Bench, ground: Ground, kinds: list[int]) -> Carriers:
    """Relax one carrier on each kind of site that the hops need."""
    hops = ground.hops
    needed: dict[int, None] = {}
    for kind in kinds:
        hop = hops.kinds[kind]
        needed[hop.start] = None
        if related(ground, kind):
            needed[first_like(ground.hops, hop.end)] = None
    relaxed: dict[int, Any] = {}
    jobs: list[Job] = []
    for site in needed:
        start = put(ground.large, recipe_of(ground), site)
        start.name = f"carrier at {hops.sites[site].name}"
        made = bench.calculate("relax", [start.output], f"end point {hops.sites[site].name}", ground.settings)
        jobs += [start, made]
        relaxed[site] = made.output
    return Carriers(relaxed, jobs)


def related(ground: Ground, kind: int) -> bool:
    """Say whether the supercell's symmetry carries a relaxed carrier over to the hop's end."""
    hop = ground.hops.kinds[kind]
    ends = end_points(ground.hops, kind, ground.ideal)
    ideal = carrier_at(ground.hops, first_like(ground.hops, hop.end), ground.ideal)
    return carry(ideal, ideal, ends.after, ground.ideal) is not None


def first_like(hops: Hops, site: int) -> int:
    """Give the first of the sites that symmetry relates to one: the carrier is relaxed there."""
    orbit = hops.sites[site].orbit
    return next(index for index, other in enumerate(hops.sites) if other.orbit == orbit)


def recipe_of(ground: Ground) -> dict[str, Any]:
    """Give what a job needs to find the hops again."""
    hops = ground.hops
    return {
        "host": encode(hops.host),
        "ion": hops.ion,
        "mechanism": hops.mechanism,
        "cutoff": max(hop.distance for hop in hops.kinds) + 1e-3,
        "named": sorted({site.name for site in hops.sites}) if hops.mechanism == "adatom" else [],
    }


def hops_of(recipe: dict[str, Any]) -> Hops:
    """Find the hops again that `recipe_of` told of."""
    host = decode(recipe["host"])
    return find_hops(host, recipe["ion"], recipe["mechanism"], recipe["cutoff"], tuple(recipe["named"]))


@job
def put(large: Plain, recipe: dict[str, Any], site: int) -> Plain:
    """Put a carrier on a site of the relaxed supercell."""
    return encode(carrier_at(hops_of(recipe), site, decode(large)))


@job
def ends_of(
    large: Plain, recipe: dict[str, Any], kind: int, start: dict[str, Any], end: dict[str, Any] | None, site: int
) -> dict[str, Any]:
    """Give a hop's end points: see `relaxed_ends`."""
    return relaxed_ends(hops_of(recipe), decode(large), kind, start, end, site)


def relaxed_ends(
    hops: Hops, host: Atoms, kind: int, start: dict[str, Any], end: dict[str, Any] | None, site: int
) -> dict[str, Any]:
    """Give a hop's end points: relaxed where a relaxed carrier can be carried over, else as they are built.

    Parameters
    ----------
    host
        The supercell without a carrier.
    start, end
        The relaxed carriers at the start, and at the first site that is like the end (`site`); None where the latter
        cannot be carried over.
    """
    ends = end_points(hops, kind, host)
    hop = hops.kinds[kind]
    before = _carried(hops, hop.start, start, ends.before, host, ends.before)
    after = ends.after if end is None else _carried(hops, site, end, ends.after, host, before)
    moving = list(ends.moving)
    built = [each.positions[moving].tolist() for each in (ends.before, ends.after)]
    return {
        "before": encode(before),
        "after": encode(after),
        "moving": moving,
        "distance": hop.distance,
        "built": built,
        "related": end is not None and site == hop.start,
    }


def _carried(hops: Hops, site: int, relaxed: dict[str, Any], other: Any, host: Any, near: Any) -> Any:
    found = carry(decode(relaxed["atoms"]), carrier_at(hops, site, host), other, host, near)
    if found is None:
        raise BadInput(
            "the relaxed host lost the symmetry that relates the end points; take other starting coordinates"
        )
    return found


def walk(bench: Bench, ground: Ground, known: Carriers, kind: int) -> tuple[list[Job], dict[str, Any]]:
    """Make the jobs of one hop.

    Returns
    -------
    tuple
        The jobs, and what `analysis.barrier.summarise` needs, with references.
    """
    hop = ground.hops.kinds[kind]
    label = f"hop {kind + 1}"
    same = related(ground, kind)
    last = first_like(ground.hops, hop.end)
    ends = ends_of(
        ground.large,
        recipe_of(ground),
        kind,
        known.relaxed[hop.start],
        known.relaxed[last] if same else None,
        last,
    )
    ends.name = f"ends of {label}"
    jobs: list[Job] = [ends]
    first = known.relaxed[hop.start]
    final, second = ends.output["after"], known.relaxed[last] if same else None
    if not same:
        other = bench.calculate("relax", [final], f"{label}: other end point", ground.settings)
        jobs.append(other)
        final, second = other.output["atoms"], other.output
    equal = same and last == hop.start
    made, found = between(bench, ends.output["before"], final, ends.output, label, ground.large)
    return [*jobs, *made], {**found, "ends": [first] if equal else [first, second], "cells": [ground.cell]}


def between(
    bench: Bench,
    before: Any,
    after: Any,
    moving: Any,
    label: str,
    host: Any | None,
) -> tuple[list[Job], dict[str, Any]]:
    """Make the jobs between two relaxed end points: band, curvatures, sensitivities.

    Parameters
    ----------
    before, after
        References to the relaxed structures.
    moving
        A reference with ``moving``, the indices of the atoms that hop, ``distance`` (Å), ``built``, where they were put at
        both ends, and ``related``: whether symmetry relates the end points.
    host
        A reference to the cell without a carrier, for a larger one; None where it is not known.
    """
    study = bench.study
    assert isinstance(study, BarrierStudy | NetworkStudy)
    own = own_settings(study)
    recipes = recipes_of(bench)
    prefix = f"{bench.name}: {label}"
    crossing = cross(recipes, before, after, prefix)
    crossing.name = f"{label}: band"
    jobs: list[Job] = [crossing]
    reach = reach_of(bench)
    bent = []
    bending = bench.recipe("hessian" if reach == "cell" else "curvature", own)
    for place in PLACES:
        made = bend(bending, crossing.output, place, moving, reach, prefix)
        made.name = f"{label}: curvature {place}"
        jobs.append(made)
        bent.append(made.output)
    more = shifts(bench, crossing.output, host, label) if bench.varies else []
    jobs += more
    return jobs, {
        "crossing": crossing.output,
        "bent": bent,
        "shifts": [made.output for made in more],
        "hop": moving,
    }


def recipes_of(bench: Bench) -> dict[str, dict[str, Any]]:
    """Say how carriers, bands and curvatures of a study's hops are computed."""
    study = bench.study
    assert isinstance(study, BarrierStudy | NetworkStudy | PassageStudy | AmorphousStudy)
    own = own_settings(study)
    task, extra = ("band", {}) if study.band == "plain" else ("surrogate", {"prior": study.prior})
    return {
        "band": bench.recipe(task, own, images=study.images, **extra),
        "relax": bench.recipe("relax", own),
        "curvature": bench.recipe("curvature", own),
    }


def reach_of(bench: Bench) -> Any:
    """Say of which atoms the curvatures are computed."""
    study = bench.study
    assert isinstance(study, BarrierStudy | NetworkStudy | PassageStudy | AmorphousStudy)
    return study.shell or ("ion" if bench.protocol == "fast" else "neighbours")


@job
def cross(recipes: dict[str, Any], before: Plain, after: Plain, label: str) -> dict[str, Any]:
    """Find the band: see `crossed`."""
    return crossed(recipes, before, after, label)


def crossed(recipes: dict[str, Any], before: Plain, after: Plain, label: str) -> dict[str, Any]:
    """Find the band; where it falls below its end points, follow it down, and begin again from the deeper site.

    The new band runs from there over the saddle to the end point beyond it: its barrier is that from the deeper site.
    """
    band = perform(recipes["band"], [before, after], f"{label}: band")
    lower: list[dict[str, Any]] = []
    while len(lower) < AGAIN and (image := below(band)) is not None:
        relaxed = perform(recipes["relax"], [band["images"][image]], f"{label}: lower end point")
        lower.append({**relaxed, "was": "initial" if image < band["saddle"] else "final"})
        before, after = relaxed["atoms"], after if image < band["saddle"] else before
        band = perform(recipes["band"], [before, after], f"{label}: band {len(lower) + 1}")
    return {"band": band, "lower": lower}


@job
def bend(
    recipe: dict[str, Any], crossing: dict[str, Any], place: str, moving: dict[str, Any], reach: Any, label: str
) -> dict[str, Any] | None:
    """Compute the curvatures at a place of the band: see `curved`."""
    return curved(recipe, crossing, place, moving, reach, label)


def curved(
    recipe: dict[str, Any], crossing: dict[str, Any], place: str, moving: dict[str, Any], reach: Any, label: str
) -> dict[str, Any] | None:
    """Compute the curvatures at an end point or at the saddle; none where there is no saddle to speak of.

    End points that symmetry relates need it once.
    """
    band = crossing["band"]
    if not has_saddle(band) or (place == "after" and moving["related"] and not crossing["lower"]):
        return None
    images = band["images"]
    saddle = decode(images[band["saddle"]])
    chosen = shell_of(saddle, moving["moving"], reach)
    structure = {"before": images[0], "after": images[-1], "saddle": images[band["saddle"]]}[place]
    if reach != "cell":
        recipe = {**recipe, "options": {**recipe["options"], "atoms": chosen}}
    found = perform(recipe, [structure], f"{label}: curvature {place}")
    found = {**found, "masses": saddle.get_masses()[chosen].tolist()}
    computed = "hessian" in found  # a plan has none
    if computed and place == "saddle" and reach != "cell" and not negative(curvatures(found["hessian"])[0]):
        # The way down may lie in the motion of more atoms: the path's own direction has all of them.
        recipe = {**recipe, "options": {"along": band["tangent"]}}
        along = perform(recipe, [structure], f"{label}: curvature along the path")
        found |= {name: along[name] for name in ("row",) if name in along}  # a plan has none
    return found
