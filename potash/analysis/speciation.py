"""Shells and aggregates of a liquid, counted from the contacts that were kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from potash.analysis.blocks import BLOCKS, bounds
from potash.analysis.pair_distribution import Group
from potash.analysis.record import Record
from potash.analysis.residence import Residence

#: Of an anion, by the cations that it touches; see `docs/kinds/trajectory.md`.
STATES = ("free", "SSIP", "CIP", "AGG")


@dataclass
class Tally:
    """What was counted.

    Attributes
    ----------
    frames
        Of each block, (blocks,).
    atoms
        Atoms in first shells, (blocks, groups).
    molecules
        Molecules in first shells, (blocks, species).
    shells
        Of each composition, so many of each species around a cation: how often it was found, (blocks,).
    distances
        Of each composition, the sum of the mean distances of its shells' contacts, in Å.
    states
        Of each anion species, anions by `STATES`, (blocks, 4).
    sizes
        Ions in aggregates by the number of ions in it, (blocks, ions + 1); a lone ion is one of size 1.
    residence
        Who stayed how long.
    """

    frames: np.ndarray
    atoms: np.ndarray
    molecules: np.ndarray
    sizes: np.ndarray
    residence: Residence
    shells: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict)
    distances: dict[tuple[int, ...], float] = field(default_factory=dict)
    states: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """The first shells of some frames.

    Attributes
    ----------
    first, last
        The first frame, and the one behind the last.
    rows, molecules, sites, distances
        Of each molecule in a shell, once: its cation as (frame − first) · cations + cation, its number, and its nearest
        site, with the distance in Å; (contacts,) each.
    atoms
        The rows and groups of all atoms in shells, (atoms,) each.
    """

    first: int
    last: int
    rows: np.ndarray
    molecules: np.ndarray
    sites: np.ndarray
    distances: np.ndarray
    atoms: tuple[np.ndarray, np.ndarray]


def chunks(record: Record, groups: list[Group]) -> Iterator[Chunk]:
    """Go through the first shells, many frames at once."""
    around = record.sites
    assert around is not None
    cutoffs = np.array([group.cutoff if group.holds else 0.0 for group in groups], np.float32)[around.groups]
    for first, last, contacts in record.contacts():
        near = contacts[contacts["distance"] < cutoffs[contacts["site"]]]
        rows = (near["frame"] - first).astype(np.int64) * len(around.cations) + near["cation"]
        molecules = around.molecules[near["site"]]
        once = _nearest(rows * len(record.topology.kinds) + molecules, near["distance"])
        yield Chunk(
            first,
            last,
            rows[once],
            molecules[once],
            near["site"][once],
            near["distance"][once],
            (rows, around.groups[near["site"]]),
        )


def _nearest(keys: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Give of each key's entries the nearest, in the order of the keys; these come in long sorted runs."""
    order = np.argsort(keys, kind="stable")
    begins = np.diff(keys[order], prepend=-1) > 0
    if not len(order):
        return order
    run = np.cumsum(begins) - 1
    least = np.minimum.reduceat(distances[order], np.flatnonzero(begins))
    nearest = np.flatnonzero(distances[order] == least[run])
    found: np.ndarray = order[nearest[np.diff(run[nearest], prepend=-1) > 0]]
    return found


def count(record: Record, groups: list[Group]) -> Tally:
    """Count shells, ions' states and aggregates in all frames."""
    around, topology = record.sites, record.topology
    assert around is not None
    frames, many, species = len(record.times), len(around.cations), len(topology.species)
    anions = [number for number, each in enumerate(topology.species) if each.charge < 0]
    ions = many + sum(topology.species[number].count for number in anions)
    tally = Tally(
        frames=np.diff(bounds(frames)),
        atoms=np.zeros((BLOCKS, len(groups))),
        molecules=np.zeros((BLOCKS, species)),
        sizes=np.zeros((BLOCKS, ions + 1)),
        residence=Residence(many, topology.kinds, frames, record.interval, min(BLOCKS, many)),
        states={number: np.zeros((BLOCKS, len(STATES))) for number in anions},
    )
    blocks = np.repeat(np.arange(BLOCKS), tally.frames)
    second = _second(record, groups)
    for chunk in chunks(record, groups):
        inside = blocks[chunk.first : chunk.last]
        _add(tally.atoms, inside[chunk.atoms[0] // many], chunk.atoms[1])
        _add(tally.molecules, inside[chunk.rows // many], topology.kinds[chunk.molecules])
        _count_shells(tally, chunk, inside, record)
        for anion in anions:
            _count_states(tally.states[anion], chunk, inside, record, anion, second.get(anion))
        _count_sizes(tally, chunk, inside, record, anions)
        for frame in range(chunk.first, chunk.last):
            mine = slice(*np.searchsorted(chunk.rows, [(frame - chunk.first) * many, (frame - chunk.first + 1) * many]))
            tally.residence.add(frame, chunk.rows[mine] % many, chunk.molecules[mine])
    return tally


def _add(counts: np.ndarray, one: np.ndarray, other: np.ndarray) -> None:
    """Count pairs of numbers into a table."""
    counts += np.bincount(one * counts.shape[1] + other, minlength=counts.size).reshape(counts.shape)


def compositions(chunk: Chunk, record: Record) -> np.ndarray:
    """Give how many of each species surround each cation, (frames · cations, species)."""
    assert record.sites is not None
    species = len(record.topology.species)
    rows = (chunk.last - chunk.first) * len(record.sites.cations)
    places = chunk.rows * species + record.topology.kinds[chunk.molecules]
    return np.bincount(places, minlength=rows * species).reshape(rows, species)


def mean_distances(chunk: Chunk, rows: int) -> np.ndarray:
    """Give the mean distance of each shell's molecules, (rows,) in Å; 0 where there is none."""
    total = np.bincount(chunk.rows, chunk.distances, minlength=rows)
    found: np.ndarray = total / np.maximum(1, np.bincount(chunk.rows, minlength=rows))
    return found


def _count_shells(tally: Tally, chunk: Chunk, inside: np.ndarray, record: Record) -> None:
    assert record.sites is not None
    found = compositions(chunk, record)
    kinds, which = np.unique(found, axis=0, return_inverse=True)
    table = np.zeros((BLOCKS, len(kinds)))
    _add(table, np.repeat(inside, len(record.sites.cations)), which.ravel())
    sums = np.bincount(which.ravel(), mean_distances(chunk, len(found)))
    for kind, counted, total in zip(kinds.tolist(), table.T, sums.tolist(), strict=True):
        name = tuple(kind)
        tally.shells[name] = tally.shells.get(name, 0) + counted
        tally.distances[name] = tally.distances.get(name, 0.0) + total


def _second(record: Record, groups: list[Group]) -> dict[int, tuple[int, float]]:
    """Give, by anion species, the group that holds the cation nearest and where its second shell ends, in Å."""
    found: dict[int, tuple[int, float]] = {}
    for number, species in enumerate(record.topology.species):
        own = [k for k, group in enumerate(groups) if group.label.startswith(f"{species.name}.") and group.holds]
        if species.charge < 0 and own:
            best = min(own, key=lambda k: groups[k].cutoff or np.inf)
            end = groups[best].second
            if end is not None:
                found[number] = (best, end)
    return found


def _count_states(
    states: np.ndarray, chunk: Chunk, inside: np.ndarray, record: Record, anion: int, second: tuple[int, float] | None
) -> None:
    """Count one species' anions by the cations that they touch."""
    assert record.sites is not None
    own = np.flatnonzero(record.topology.kinds == anion)
    frames = chunk.last - chunk.first
    mine = record.topology.kinds[chunk.molecules] == anion
    places = chunk.rows[mine] // len(record.sites.cations) * len(own) + (chunk.molecules[mine] - own[0])
    touched = np.bincount(places, minlength=frames * len(own)).reshape(frames, len(own))
    state = np.where(touched == 0, 0, np.where(touched == 1, 2, 3))
    if second is not None:
        near = record.nearest(second[0])[chunk.first : chunk.last] < second[1]
        state = np.where((state == 0) & near, 1, state)
    _add(states, np.repeat(inside, len(own)), state.ravel())


def _count_sizes(tally: Tally, chunk: Chunk, inside: np.ndarray, record: Record, anions: list[int]) -> None:
    """Count ions by the size of the aggregate that they are in: ions that contacts of cations and anions tie together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    around, kinds = record.sites, record.topology.kinds
    assert around is not None
    many = len(around.cations)
    own = np.flatnonzero(np.isin(kinds, anions))
    place = np.zeros(len(kinds), np.int64)
    place[own] = np.arange(len(own))
    frames, ions = chunk.last - chunk.first, many + len(own)
    mine = np.isin(kinds[chunk.molecules], anions)
    frame, cation = np.divmod(chunk.rows[mine], many)
    one, other = frame * ions + cation, frame * ions + many + place[chunk.molecules[mine]]
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(frames * ions, frames * ions))
    labels = connected_components(graph, directed=False)[1]
    _add(tally.sizes, np.repeat(inside, ions), np.bincount(labels)[labels])
