"""The energies that an ion meets at an interface: known ones, guessed ones, and the easiest ways over them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from potash.analysis.network import kind_of
from potash.structures.hops import Edge, Hops
from potash.structures.network import Link, Passage, between, bottlenecks

#: The ways that are looked for: on for ever in the plane, in both of its directions, and from one side to the other.
GOALS = ("along", "along both directions", "across")


@dataclass(frozen=True)
class Level:
    """What one engine says of a network of hops.

    Attributes
    ----------
    sites
        Energies of a carrier by the orbit of its site, in eV.
    saddles
        Energies of saddles by the kind of hop, in eV from the same zero; None where the hop is no barrier.
    """

    sites: dict[int, float]
    saddles: dict[int, float | None]


def level(hops: Hops, walked: dict[str, Any], limits: dict[str, float] | None) -> Level:
    """Read the energies of what was computed.

    In a plan nothing has an energy yet. There the hops' lengths stand in, so that the shortest ways are priced.

    Parameters
    ----------
    walked
        ``orbits`` and their ``carriers``, ``kinds`` and what was ``found`` of each (None: both ends are one state).
    limits
        The protocol's, for the checks of each hop; None where they do not count, as in a search.
    """
    energies = [carrier["energy"] for carrier in walked["carriers"]]
    sites = {
        orbit: energy if np.isfinite(energy) else 0.0 for orbit, energy in zip(walked["orbits"], energies, strict=True)
    }
    saddles: dict[int, float | None] = {}
    for kind, found in zip(walked["kinds"], walked["found"], strict=True):
        hop = hops.kinds[kind]
        ends = max(sites[hops.sites[site].orbit] for site in (hop.start, hop.end))
        band = found["crossing"]["band"] if found else None
        top = band["energies"][band["saddle"]] if band else ends
        if not np.isfinite(top):
            saddles[kind] = hop.distance
        elif found and limits is not None and kind_of(hops, kind, found, limits)["forward"] is None:
            saddles[kind] = None
        else:
            saddles[kind] = max(float(top), ends)
    return Level(sites, saddles)


def merged(hops: Hops, known: Level, guess: Level | None, margin: float) -> Level:
    """Complete what is known by guesses, each saddle `margin` (eV) lower than it was guessed.

    Guessed energies are shifted by the mean of what they miss on the sites that are known.
    """
    if guess is None:
        return known
    both = [known.sites[orbit] - guess.sites[orbit] for orbit in known.sites if orbit in guess.sites]
    shift = float(np.mean(both)) if both else 0.0
    sites = {**{orbit: energy + shift for orbit, energy in guess.sites.items()}, **known.sites}
    saddles = dict(known.saddles)
    for kind, saddle in guess.saddles.items():
        if kind in saddles or saddle is None:
            continue
        start, end = (hops.sites[site].orbit for site in (hops.kinds[kind].start, hops.kinds[kind].end))
        climb = saddle - guess.sites[start]
        saddles[kind] = max(sites[start] + climb - margin, sites[start], sites[end])
    return Level(sites, saddles)


@dataclass(frozen=True)
class Ways:
    """The easiest ways of an ion at an interface.

    Attributes
    ----------
    passages
        By the names in `GOALS`; None where there is no way.
    kinds
        The kinds of hops on each.
    lowest
        The orbit of the lowest site that can be reached below the way's highest saddle, and the kinds of hops that
        lead there.
    edges
        All hops on any of them.
    """

    passages: dict[str, Passage | None]
    kinds: dict[str, list[int]]
    lowest: dict[str, tuple[int, list[int]]]
    edges: list[Edge]


def ways(hops: Hops, energies: Level, shores: tuple[list[int], list[int]]) -> Ways:
    """Find the easiest ways along an interface and across it.

    Parameters
    ----------
    energies
        Of all sites, and of the hops that count.
    shores
        The sites deep in the substrate, and those deep in the film.
    """
    sites = [energies.sites.get(site.orbit, np.inf) for site in hops.sites]
    used = [edge for edge in hops.edges if energies.saddles.get(edge.kind) is not None]
    links: list[Link] = [(edge.start, edge.end, edge.cell, energies.saddles[edge.kind] or 0.0) for edge in used]
    through = bottlenecks(sites, links).dimensions
    found = dict(zip(GOALS, (*through[:2], between(sites, links, *shores)), strict=True))
    chosen = {name: [used[edge] for edge in passage.edges] if passage else [] for name, passage in found.items()}
    lowest = {
        name: _lowest(hops, energies, passage.saddle, chosen[name][0].start)
        for name, passage in found.items()
        if passage
    }
    return Ways(
        found,
        {name: sorted({edge.kind for edge in edges}) for name, edges in chosen.items()},
        lowest,
        [edge for edges in chosen.values() for edge in edges],
    )


def _lowest(hops: Hops, energies: Level, saddle: float, site: int) -> tuple[int, list[int]]:
    """Give the orbit of the lowest site that can be reached from one below a saddle, and the kinds of hops to it."""
    import networkx as nx

    graph = nx.Graph()
    for edge in hops.edges:
        top = energies.saddles.get(edge.kind)
        if top is not None and top <= saddle:
            graph.add_edge(edge.start, edge.end, kind=edge.kind)
    reached = nx.single_source_shortest_path(graph, site)
    deepest = min(reached, key=lambda each: (energies.sites[hops.sites[each].orbit], len(reached[each]), each))
    return hops.sites[deepest].orbit, [graph.edges[pair]["kind"] for pair in pairwise(reached[deepest])]


def missing(hops: Hops, known: Level, found: Ways) -> tuple[list[int], list[int]]:
    """Say which kinds of hops on the ways, and which orbits of their lowest sites, are guessed only."""
    kinds = {kind for each in found.kinds.values() for kind in each}
    kinds |= {kind for _, leading in found.lowest.values() for kind in leading}
    return sorted(kinds - set(known.saddles)), sorted({orbit for orbit, _ in found.lowest.values()} - set(known.sites))
