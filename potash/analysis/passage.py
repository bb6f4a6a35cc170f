"""Passages: the lowest highest barrier along an interface and across it, beside others."""

from __future__ import annotations

from typing import Any

from potash.analysis.interface import faces
from potash.analysis.landscape import GOALS, Level, Ways, level, merged, ways
from potash.analysis.network import kind_of
from potash.analysis.published import SIGNS, Relation
from potash.analysis.result import Check, Quantity
from potash.structures.hops import Hops
from potash.structures.region import Place

#: What each way is, in words, and why there may be none.
WORDS = {
    "along": ("on for ever in the plane", "no way leads on for ever in the plane"),
    "along both directions": ("on for ever in both directions of the plane", "no way leads on in both directions"),
    "across": ("from deep in the substrate to deep in the film", "no way leads from one side to the other"),
}
#: What a ratio is to its value where its divisor is a bound.
INVERSE: dict[str, Relation] = {"=": "=", "<=": ">=", ">=": "<=", "~": "~"}


def summarise(
    place: Place,
    known: dict[str, Any],
    guess: dict[str, Any] | None,
    margin: float,
    limits: dict[str, float],
    others: dict[str, dict[str, Any]],
) -> tuple[dict[str, Quantity], str | None, dict[str, Any]]:
    """Put an ion's hops at an interface together to its ways.

    Parameters
    ----------
    place
        Sites and hops.
    known, guess
        What the study's engine and the search computed, as `landscape.level` takes it.
    margin
        By how much the search may err, in eV.
    limits
        As in `analysis.barrier`.
    others
        Results of the studies that stand beside, by their ids.

    Returns
    -------
    tuple
        Quantities; the reason where there is no way along; the data of the figures.
    """
    hops = place.hops
    own, cheap = level(hops, known, limits), level(hops, guess, None) if guess else None
    found = ways(hops, merged(hops, own, cheap, margin), place.shores)
    both = zip(known["kinds"], known["found"], strict=True)
    kinds = {kind: kind_of(hops, kind, each, limits) for kind, each in both if each}
    quantities = {f"barrier {goal}": _barrier(goal, found, kinds) for goal in GOALS}
    quantities |= _ratios(quantities, others) | _of_kinds(kinds)
    zero = min(own.sites.values())
    data = {
        "kinds": list(kinds.values()),
        "sites": _sites(place, own, zero),
        "rises": _rises(place, own, found, zero),
        "hops": _table(hops, own, cheap, found),
    }
    refused = "; ".join(f"hop {kind['number']}: {kind['reason']}" for kind in kinds.values() if kind["reason"])
    none = found.passages["along"] is None
    reason = f"{WORDS['along'][1]}" + (f" ({refused})" if refused else "") if none else None
    return quantities, reason, data


def _barrier(goal: str, found: Ways, kinds: dict[int, dict[str, Any]]) -> Quantity:
    """Give the lowest highest barrier of a way, with the checks of the hops on it."""
    says, none = WORDS[goal]
    passage, used = found.passages[goal], found.kinds[goal]
    answers = "diffusion barrier" if goal == "along" else None
    if passage is None:
        return Quantity(value=None, unit="eV", says=none, answers=answers)
    names = ", ".join(str(kind + 1) for kind in used)
    checks = [Check.model_validate(check) for kind in used if kind in kinds for check in kinds[kind]["checks"]]
    return Quantity(
        value=passage.barrier,
        unit="eV",
        says=f"highest saddle on the easiest way {says}, above its lowest site; by hop{'s' * (len(used) > 1)} {names}",
        answers=answers,
        checks=tuple(dict.fromkeys(checks)),
    )


def _of_kinds(kinds: dict[int, dict[str, Any]]) -> dict[str, Quantity]:
    return {
        f"hop {kind['number']}": Quantity(
            value=kind["forward"],
            unit="eV",
            says=f"{kind['from']} to {kind['to']}, {kind['distance']:.2f} Å"
            + (f"; back {kind['backward']:.3f} eV" if kind["reason"] is None else "; no barrier"),
        )
        for kind in kinds.values()
    }


def _sites(place: Place, own: Level, zero: float) -> list[dict[str, Any]]:
    over = place.heights
    return [
        {"name": site.name, "height": float(height), "energy": own.sites[site.orbit] - zero}
        for site, height in zip(place.hops.sites, over, strict=True)
        if site.orbit in own.sites
    ]


def _rises(place: Place, own: Level, found: Ways, zero: float) -> list[dict[str, Any]]:
    """List the computed hops, each once: heights of both ends (Å), their energies and the saddle's, and whether the hop is on a way."""
    hops = place.hops
    over = place.heights
    on = {(edge.start, edge.end, edge.kind) for edge in found.edges}
    made: dict[tuple[int, int, int], dict[str, Any]] = {}
    for edge in hops.edges:
        saddle = own.saddles.get(edge.kind)
        ends = (min(edge.start, edge.end), max(edge.start, edge.end))
        if saddle is None:
            continue
        made[*ends, edge.kind] = {
            "heights": [float(over[end]) for end in ends],
            "energies": [own.sites[hops.sites[end].orbit] - zero for end in ends],
            "saddle": saddle - zero,
            "on": bool({(*ends, edge.kind), (*ends[::-1], edge.kind)} & on),
        }
    return list(made.values())


def _table(hops: Hops, own: Level, cheap: Level | None, found: Ways) -> list[dict[str, Any]]:
    """List all kinds of hops: ends, length, what the search has for its barrier, what the engine has, and on which ways it is."""
    rows = []
    for kind, hop in enumerate(hops.kinds):
        start, end = hops.sites[hop.start], hops.sites[hop.end]
        rows.append(
            {
                "number": kind + 1,
                "from": start.name,
                "to": end.name,
                "distance": hop.distance,
                "search": _climb(cheap, kind, start.orbit) if cheap else None,
                "barrier": _climb(own, kind, start.orbit),
                "on": [goal for goal in GOALS if kind in found.kinds[goal]],
            }
        )
    return rows


def _climb(energies: Level, kind: int, orbit: int) -> float | None:
    saddle = energies.saddles.get(kind)
    return None if saddle is None else saddle - energies.sites[orbit]


def _ratios(quantities: dict[str, Quantity], others: dict[str, dict[str, Any]]) -> dict[str, Quantity]:
    """Divide the barriers along and across by the first diffusion barrier of each other study."""
    made: dict[str, Quantity] = {}
    for name, result in others.items():
        barriers = (
            (key, each["value"], each.get("relation", "="))
            for key, each in result["quantities"].items()
            if each["answers"] == "diffusion barrier" and each["value"]
        )
        key, value, relation = next(barriers, (None, None, "="))
        for goal in ("along", "across"):
            mine = quantities[f"barrier {goal}"].value
            made[f"barrier {goal} over that of {name}"] = Quantity(
                value=None if mine is None or value is None else mine / value,
                unit="",
                relation=INVERSE[relation],
                says=f"its {key} is {SIGNS[relation]}{value:.3f} eV" if value else "it has no barrier",
            )
    return made


def notes(place: Place, told: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """Say which sites and hops were looked at, and by which engine."""
    hops, region = place.hops, place.region
    made = [
        f"{len(hops.sites)} sites from {region.below:.1f} Å below to {region.above:.1f} Å above the middle of the "
        f"interface; {len(hops.kinds)} kinds of hops; carriers in a cell of {len(place.large)} atoms.",
        "Across: from a site in the outer half of the substrate's part of that region to one in the outer half of the film's.",
        f"Candidate {told['chosen']} of {len(told['candidates'])} was built; its registry was scanned with {told['engine']}.",
        *faces(told),
    ]
    one = len([row for row in data["hops"] if row["barrier"] is not None]) - sum(
        kind["forward"] is not None for kind in data["kinds"]
    )
    if one:
        made.append(f"On {one} kinds of hops both ends relax into one state: nothing is climbed there.")
    if told["search"]:
        made.append(
            f"The easiest ways were looked for with {told['search']['engine']}: its barriers are a search only, and no "
            f"answer. {len(data['kinds'])} kinds of hops were computed; other ways are higher unless the search errs "
            f"by more than {told['search']['margin']:g} eV."
        )
    made += [
        f"Hop {kind['number']} ({kind['from']} to {kind['to']}) is no barrier and left out: {kind['reason']}."
        for kind in data["kinds"]
        if kind["reason"]
    ]
    return [*made, "Not converged: k-points, cutoff, size of the cell and thickness of the sides were not varied."]
