"""Barriers of an ion in matter without order: their distribution, and how far the ion comes."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.landscape import level
from potash.analysis.network import kind_of
from potash.analysis.result import Quantity
from potash.structures.encoding import Plain, decode
from potash.structures.hops import Hops, find_hops
from potash.structures.network import Passage, bottlenecks


def summarise(
    samples: list[Plain], walks: list[dict[str, Any]], limits: dict[str, float]
) -> tuple[dict[str, Quantity], dict[str, Any], tuple[str, ...]]:
    """Put the hops that were drawn in several samples together.

    Each hop counts there and back: whoever hops back climbs that side.

    Parameters
    ----------
    samples
        The relaxed samples.
    walks
        Of each sample, what `workflows.walker.Walker.told` gives, with ``ion``, ``mechanism`` and ``cutoff``.
    limits
        The protocol's.

    Returns
    -------
    tuple
        Quantities, the data of the figure, and notes.
    """
    barriers: list[float] = []
    one, refused, through = 0, 0, []
    for sample, walk in zip(samples, walks, strict=True):
        hops = find_hops(decode(sample), walk["ion"], walk["mechanism"], walk["cutoff"])
        for kind, found in zip(walk["kinds"], walk["found"], strict=True):
            if found is None:
                one += 1
                continue
            told = kind_of(hops, kind, found, limits)
            if told["forward"] is None:
                refused += 1
            else:
                barriers += [told["forward"], told["backward"]]
        if len(walk["kinds"]) == len(hops.kinds):
            through.append(_through(hops, walk, limits))
    drawn = sum(len(walk["kinds"]) for walk in walks)
    notes = [f"{drawn} hops were drawn: {len(barriers) // 2} are barriers, on {one} both ends relax into one state."]
    if refused:
        notes.append(f"{refused} hops failed a check and are left out of the distribution.")
    quantities = _spread(barriers)
    if len(through) == len(walks):
        known = [passage.barrier for passage in through if passage]
        quantities["percolating barrier"] = Quantity(
            value=float(np.mean(known)) if len(known) == len(through) else None,
            unit="eV",
            says="highest saddle on the easiest way on for ever, mean of the samples"
            if len(known) == len(through)
            else "a sample has no way on for ever",
        )
    return quantities, {"barriers": sorted(barriers)} if barriers else {}, tuple(notes)


def _spread(barriers: list[float]) -> dict[str, Quantity]:
    """Give the median and the quartiles."""
    low, median, high = np.quantile(barriers, [0.25, 0.5, 0.75]).tolist() if barriers else (None, None, None)
    count = f"of {len(barriers)} barriers, there and back" if barriers else "no hop is a barrier"
    return {
        "median barrier": Quantity(value=median, unit="eV", says=count, answers="diffusion barrier"),
        "lower quartile": Quantity(value=low, unit="eV", says="a quarter of the barriers is lower"),
        "upper quartile": Quantity(value=high, unit="eV", says="a quarter of the barriers is higher"),
    }


def _through(hops: Hops, walk: dict[str, Any], limits: dict[str, float]) -> Passage | None:
    """Find the easiest way on for ever through a sample whose hops are all known."""
    known = level(hops, walk, limits)
    sites = [known.sites.get(site.orbit, np.inf) for site in hops.sites]
    links = [
        (edge.start, edge.end, edge.cell, saddle)
        for edge in hops.edges
        if (saddle := known.saddles[edge.kind]) is not None
    ]
    return bottlenecks(sites, links).dimensions[0]
