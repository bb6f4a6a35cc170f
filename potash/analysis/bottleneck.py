"""The lowest highest barriers of a network of hops, with their errors and checks, and what refused hops leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from potash.analysis.published import Relation
from potash.analysis.result import Check, Quantity
from potash.structures.hops import Edge, Hops
from potash.structures.network import Link, Passage, Percolation, bottlenecks

HOME = (0, 0, 0)
#: Energies nearer to each other than this are one, in eV.
SAME = 1e-9


@dataclass(frozen=True)
class Known:
    """A network as far as its hops are barriers, and as easy as it could be.

    Attributes
    ----------
    links, edges
        The hops that are barriers, with their saddles, and the edges that they are.
    free
        The refused hops as well, none with a barrier of its own.
    energies
        Of the sites, then of the deeper sites that refused hops pass; in eV, the lowest site of the network being zero.
    refused
        Numbers of the refused kinds.
    """

    links: list[Link]
    edges: list[Edge]
    free: list[Link]
    energies: list[float]
    refused: list[int]


def known(
    hops: Hops, kinds: list[dict[str, Any]], energies: list[float], zero: float, links: list[tuple[Link, Edge]]
) -> Known:
    """Put the refused hops beside those that are barriers, as low as they can be.

    A hop is never lower than its ends. One that passes a deeper site leads there and on from it.

    Parameters
    ----------
    kinds
        As `network.kind_of` gives them.
    energies
        Of the sites, in eV above the lowest.
    zero
        The energy of the lowest, on the scale of the deeper sites.
    links
        The hops that are barriers.
    """
    sites, free = list(energies), [link for link, _ in links]
    for edge in hops.edges:
        kind = kinds[edge.kind]
        if kind["forward"] is not None:
            continue
        stops = [(edge.start, HOME), (edge.end, edge.cell)]
        if kind["deeper"] is not None:
            stops.insert(1, (len(sites), HOME))
            sites.append(kind["deeper"] - zero)
        for (start, _), (end, cell) in pairwise(stops):
            free.append((start, end, cell, max(sites[start], sites[end])))
    refused = [kind["number"] for kind in kinds if kind["forward"] is None]
    return Known([link for link, _ in links], [edge for _, edge in links], free, sites, refused)


def barriers(found: Known, hops: Hops, kinds: list[dict[str, Any]]) -> tuple[dict[str, Quantity], Passage | None]:
    """Give the lowest highest barrier of every way on for ever, and the easiest way at all.

    Its checks are those of all hops on the way. Its error is how far their errors could lift the way's highest point:
    that of the highest hop, or of one a little lower that is known less well.
    """
    through = bottlenecks(found.energies, found.links)
    # Hops that are barriers may lead nowhere where refused ones would lead on.
    best = bottlenecks(found.energies, found.free)
    made = {
        name: _barrier(name, passage, other, found, kinds)
        for (name, passage), (_, other) in zip(_named(through, hops), _named(best, hops), strict=True)
    }
    return made, through.dimensions[0]


def _named(found: Percolation, hops: Hops) -> list[tuple[str, Passage | None]]:
    periodic = hops.host.pbc.tolist()
    axes = zip("abc", found.directions, periodic, strict=True)
    return [
        ("percolating barrier", found.dimensions[0]),
        *((f"percolating barrier along {axis}", passage) for axis, passage, there in axes if there),
        *((f"percolating barrier in {d} dimensions", found.dimensions[d - 1]) for d in range(2, sum(periodic) + 1)),
    ]


def _barrier(
    name: str, passage: Passage | None, best: Passage | None, found: Known, kinds: list[dict[str, Any]]
) -> Quantity:
    answers = "diffusion barrier" if name == "percolating barrier" else None
    if passage is None or best is None:
        says = "no way leads on for ever" + (f"; {told(found.refused)} might" if best else "")
        return Quantity(value=None, unit="eV", says=says, answers=answers)
    relation = _relation(passage, best, found)
    used = sorted({found.edges[edge].kind for edge in passage.edges})
    says = (
        f"highest saddle on the easiest way, above its lowest site; by hop{'s' * (len(used) > 1)} "
        f"{', '.join(str(kind + 1) for kind in used)}{_open(relation, found.refused)}"
    )
    heights = [(found.links[edge][3], kinds[found.edges[edge].kind]["error"]) for edge in passage.edges]
    error = max((top + own for top, own in heights if own is not None), default=0.0) - passage.saddle
    return Quantity(
        value=passage.barrier,
        unit="eV",
        error=None if any(own is None for _, own in heights) else error,
        relation=relation,
        says=says,
        answers=answers,
        checks=checks_of(kinds, used),
    )


def checks_of(kinds: list[dict[str, Any]], used: Sequence[int]) -> tuple[Check, ...]:
    """Give the checks of the hops that a number rests on, each with its hop's number."""
    named = (
        (f"hop {kinds[kind]['number']}: {check['name']}", check) for kind in used for check in kinds[kind]["checks"]
    )
    return tuple(Check.model_validate({**check, "name": name}) for name, check in named)


def told(refused: list[int]) -> str:
    """Name the hops that were refused."""
    return f"hop{'s' * (len(refused) > 1)} {', '.join(map(str, refused))}, refused,"


def _open(relation: Relation, refused: list[int]) -> str:
    words = {
        "<=": "; no higher than this: {} might be lower",
        ">=": "; no lower than this: {} might lead to a deeper site",
        "~": "; open: {} might be lower, or lead to a deeper site",
    }
    return words[relation].format(told(refused)) if relation in words else ""


def _relation(passage: Passage, best: Passage, found: Known) -> Relation:
    """Say whether the barrier may be lower, by a lower way, or higher, from a deeper site, once refused hops are known."""
    lower = best.saddle < passage.saddle - SAME
    ways = [found.links[edge][0] for edge in passage.edges] + [found.free[edge][0] for edge in best.edges]
    higher = _lowest(found, passage.saddle, ways) < passage.saddle - passage.barrier - SAME
    if lower:
        return "~" if higher else "<="
    return ">=" if higher else "="


def _lowest(found: Known, saddle: float, sites: list[int]) -> float:
    """Give the energy of the lowest site that might be reached from some below a saddle."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([link[:2] for link in found.free if link[3] <= saddle + SAME])
    count = len(found.energies)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, parts = connected_components(graph, directed=False)
    return float(np.array(found.energies)[np.isin(parts, parts[sites])].min())
