"""Hops that are not known before other calculations have run: carriers and bands are asked for one after another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from potash.structures.encoding import Plain, decode, encode
from potash.structures.hops import Hops, carrier_at, carry, end_points
from potash.structures.region import Place, hops_near, region_of
from potash.structures.supercells import supercell
from potash.workflows.hop import PLACES, crossed, curved, first_like, relaxed_ends
from potash.workflows.jobs import perform

if TYPE_CHECKING:
    from ase import Atoms

#: End points whose atoms lie no farther apart than this are one state, in Å.
ONE = 0.3


def place_of(best: Plain, recipe: dict[str, Any]) -> Place:
    """Find sites and hops in a relaxed interface.

    Parameters
    ----------
    best
        The interface.
    recipe
        ``ion``, ``mechanism``, ``cutoff`` and ``region`` (Å), ``supercell`` (two divisions).
    """
    return _place_of(json.dumps(best), json.dumps(recipe))


@lru_cache(maxsize=4)  # several jobs ask for the same one, which takes ten seconds where there is no symmetry
def _place_of(best: str, told: str) -> Place:
    interface, recipe = decode(json.loads(best)), json.loads(told)
    region = region_of(interface, recipe["region"])
    hops = hops_near(interface, recipe["ion"], recipe["mechanism"], recipe["cutoff"], region)
    return Place(hops, region, supercell(interface, (*recipe["supercell"], 1)))


@dataclass
class Walker:
    """Computes hops, each carrier and each hop once.

    Attributes
    ----------
    hops, large
        The ion's hops, and the cell that carriers are put into.
    how
        ``recipes`` of carriers, bands and curvatures, ``reach`` of the curvatures (None: there are none), ``label``,
        ``cells``: the relaxed cells that the host is built of.
    carriers
        The relaxed carriers by the orbit of their site.
    found
        By kind what `analysis.barrier` needs; None where both ends are one state.
    """

    hops: Hops
    large: Atoms
    how: dict[str, Any]
    carriers: dict[int, dict[str, Any]] = field(default_factory=dict)
    found: dict[int, dict[str, Any] | None] = field(default_factory=dict)

    def rest(self, orbit: int) -> dict[str, Any]:
        """Relax a carrier on the first site of an orbit."""
        if orbit not in self.carriers:
            hops = self.hops
            site = next(index for index, each in enumerate(hops.sites) if each.orbit == orbit)
            start = encode(carrier_at(hops, site, self.large))
            self.carriers[orbit] = self._relaxed(start, f"end point {hops.sites[site].name}")
        return self.carriers[orbit]

    def hop(self, kind: int) -> None:
        """Compute a hop: both end points, the band between them, and its curvatures."""
        hops, large = self.hops, self.large
        hop = hops.kinds[kind]
        first, last = self.rest(hops.sites[hop.start].orbit), first_like(hops, hop.end)
        second = self.rest(hops.sites[last].orbit)
        same = _related(hops, kind, last, large)
        ends = relaxed_ends(hops, large, kind, first, second if same else None, last)
        label = f"hop {kind + 1}"
        if not same:
            second = self._relaxed(ends["after"], f"{label}: other end point")
            ends["after"] = second["atoms"]
        if _one_state(ends["before"], ends["after"]):
            self.found[kind] = None
            return
        prefix = f"{self.how['label']}: {label}"
        crossing = crossed(self.how["recipes"], ends["before"], ends["after"], prefix)
        reach = self.how["reach"]
        bent = [
            curved(self.how["recipes"]["curvature"], crossing, place, ends, reach, prefix)
            for place in (PLACES if reach is not None else ())
        ]
        own = [first] if ends["related"] else [first, second]
        self.found[kind] = {
            "crossing": crossing, "bent": bent, "shifts": [], "hop": ends, "ends": own,
            "cells": self.how["cells"],
        }  # fmt: skip

    def _relaxed(self, start: Plain, words: str) -> dict[str, Any]:
        return perform(self.how["recipes"]["relax"], [start], f"{self.how['label']}: {words}")

    def told(self) -> dict[str, Any]:
        """Give all that is known in plain data."""
        return {
            "orbits": list(self.carriers),
            "carriers": list(self.carriers.values()),
            "kinds": list(self.found),
            "found": list(self.found.values()),
        }


def _related(hops: Hops, kind: int, like: int, large: Atoms) -> bool:
    """Say whether a symmetry of the large cell carries the carrier at the first site like the end over to the end."""
    ideal = carrier_at(hops, like, large)
    return carry(ideal, ideal, end_points(hops, kind, large).after, large) is not None


def _one_state(before: Plain, after: Plain) -> bool:
    """Say whether two relaxed structures are one: a carrier that was put on one site has moved to the other."""
    from ase.geometry import find_mic

    start, end = decode(before), decode(after)
    return bool(find_mic(end.positions - start.positions, start.cell, start.pbc)[1].max() < ONE)
