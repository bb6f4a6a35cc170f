"""Hops of a carrier (vacancy, interstitial or adatom): the kinds that symmetry keeps apart, and their network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput, near
from potash.structures.carry import carry
from potash.structures.ends import Ends, carrier_at, end_points
from potash.structures.hop_record import Cell, Edge, Hop, Hops, Mechanism
from potash.structures.orbits import Points, least, symmetry_of
from potash.structures.sites import Site, formula, interstitial_sites, lattice_sites, number_of, surface_sites
from potash.structures.ways import Ways, pushed, straight

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Edge", "Ends", "Hop", "Hops", "Mechanism", "carrier_at", "carry", "end_points", "find_hops", "hops_among"]

#: Hops longer than the cutoff by no more than this count: files have few digits, in Å.
MARGIN = 1e-2

_SITES = {
    "vacancy": lattice_sites,
    "interstitial": interstitial_sites,
    "interstitialcy": interstitial_sites,
    "adatom": surface_sites,
}


def find_hops(host: Atoms, ion: str, mechanism: Mechanism, cutoff: float, named: tuple[str, ...] = ()) -> Hops:
    """Find a carrier's hops in a host, and which of them are one kind by symmetry, forwards or backwards.

    The symmetry is that of the crystal, whichever cell it is given in (of a surface: in its plane alone). A hop
    that passes a third site of the network within `ways.PASS` is left out: it is two hops. So is one right through
    an atom, of vacancies too. Of adatoms the distance in the plane counts. An interstitialcy pushes an ion of the
    lattice on, by less than a right angle from the way it is pushed.

    Parameters
    ----------
    host
        The crystal's own cell; for adatoms a layer or slab, periodic in its first two vectors.
    ion
        The element that hops.
    mechanism
        ``vacancy``, ``interstitial``, ``interstitialcy`` or ``adatom``.
    cutoff
        The longest hop of the carrier, in Å; included.
    named
        Names of the sites that count (``hollow``, or ``hollow-1`` for one of several kinds); all of them where empty.

    Raises
    ------
    BadInput
        If there are no sites, or no hop within the cutoff.
    """
    sites = _named(_SITES[mechanism](host, ion), named)
    return hops_among(host, ion, mechanism, sites, cutoff, upright=mechanism == "adatom")


def hops_among(
    host: Atoms, ion: str, mechanism: Mechanism, sites: tuple[Site, ...], cutoff: float, *, upright: bool
) -> Hops:
    """Find a carrier's hops among given sites of a host.

    Parameters
    ----------
    host, ion, mechanism, cutoff
        As for `find_hops`.
    sites
        The sites that count; what symmetry makes of one of them is among them.
    upright
        Only operations that leave z alone make hops one kind: those of a surface, or of a part between two heights.

    Raises
    ------
    BadInput
        If there is no hop within the cutoff.
    """
    atoms = _obstacles(host, ion, mechanism)
    positions = np.vstack([np.array([site.position for site in sites]) @ host.cell.array, host.positions[atoms]])
    ways = _ways(host, ion, mechanism, positions, len(sites), cutoff + 2 * MARGIN)
    symmetry = symmetry_of(host, upright=upright)
    groups = _alike(Points(symmetry, positions), ways, cutoff) if len(ways.points) else []
    if not groups:
        raise BadInput(f"{formula(host)} has no {mechanism} hop of {ion} within {cutoff:g} Å; give a longer cutoff")
    cells = _cells(ways, host, positions)
    kinds: list[Hop] = []
    edges: list[Edge] = []
    for members, reverse in groups:
        first = members[0]
        start, *between, end = ways.points[first].tolist()
        via = (int(atoms[between[0] - len(sites)]), _cell(cells[first, 1])) if between else None
        x, y, z = ways.vectors[first, -1].tolist()
        count = int((ways.points[members, 0] == start).sum())
        edges += [
            Edge(int(ways.points[way, 0]), int(ways.points[way, -1]), _cell(cells[way, -1]), len(kinds), bool(back))
            for way, back in zip(members, reverse, strict=True)
        ]
        kinds.append(Hop(start, end, _cell(cells[first, -1]), (x, y, z), count, via))
    return Hops(host, ion, mechanism, sites, tuple(kinds), tuple(edges))


def _named(sites: tuple[Site, ...], named: tuple[str, ...]) -> tuple[Site, ...]:
    """Keep the sites that were asked for."""
    names = {site.name for site in sites}
    known = names | {name.split("-")[0] for name in names}
    for name in named:
        if name not in known:
            raise BadInput(f"there is no site '{name}'{near(name, sorted(known))}")
    return tuple(site for site in sites if not named or {site.name, site.name.split("-")[0]} & set(named))


def _obstacles(host: Atoms, ion: str, mechanism: Mechanism) -> np.ndarray:
    """Give the atoms that may be in a carrier's way and are no sites themselves; an adatom passes over them."""
    if mechanism == "adatom":
        return np.empty(0, dtype=int)
    return np.flatnonzero((mechanism != "vacancy") | (host.numbers != number_of(ion)))


def _ways(host: Atoms, ion: str, mechanism: Mechanism, positions: np.ndarray, sites: int, cutoff: float) -> Ways:
    """Find the ways from site to site, in order: by where they start, by how few cells they cross, by their ends."""
    ways = straight(host, positions, cutoff, flat=mechanism == "adatom")
    if mechanism == "interstitialcy":
        ions = np.flatnonzero(host.numbers == number_of(ion))
        if not len(ions):
            raise BadInput(f"the host {formula(host)} has no ion {ion} that could be pushed on")
        ways = pushed(ways, sites, sites + ions, cutoff)
    else:
        ways = ways.chosen(ways.points.max(axis=1, initial=0) < sites)
    cells = _cells(ways, host, positions)
    flat = cells.reshape(len(cells), 3 * cells.shape[1])
    keys = np.column_stack([ways.points[:, 0], np.abs(flat).sum(axis=1), ways.points, flat])
    return ways.chosen(np.lexsort(keys.T[::-1]))


def _alike(points: Points, ways: Ways, cutoff: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sort ways into kinds, the shortest first: which ways each kind has, and which of them run backwards.

    The first way of a kind is the pattern; its start is the first site of an orbit, for every site of the orbit
    has ways of that kind.
    """
    there = points.labels(ways)
    unique, kind = np.unique(least([there, points.labels(ways.backwards())]), axis=0, return_inverse=True)
    groups = [np.flatnonzero(kind == number) for number in range(len(unique))]
    lengths = ways.lengths
    kept = [members for members in groups if lengths[members].min() < cutoff + MARGIN]
    kept.sort(key=lambda members: (round(float(lengths[members].min()), 3), len(members), int(members[0])))
    return [(members, (there[members] != there[members[0]]).any(axis=1)) for members in kept]


def _cells(ways: Ways, host: Atoms, positions: np.ndarray) -> np.ndarray:
    """Say which cell of the host each point on a way lies in, (n, m, 3)."""
    steps = positions[ways.points[:, :1]] + ways.vectors - positions[ways.points]
    cells: np.ndarray = np.round(steps @ np.linalg.inv(host.cell.array)).astype(int)
    return cells


def _cell(cell: np.ndarray) -> Cell:
    a, b, c = cell.tolist()
    return a, b, c
