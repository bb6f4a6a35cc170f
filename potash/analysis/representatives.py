"""The most populated shells, and one of each that stands for its kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from potash.analysis.blocks import interval
from potash.analysis.pair_distribution import Group
from potash.analysis.record import Record
from potash.analysis.speciation import Chunk, Tally, chunks, compositions, mean_distances
from potash.analysis.trajectory import Trajectory
from potash.structures.clusters import Cluster, cut
from potash.structures.encoding import encode

#: Shells are listed and cut out until so many of the cations are in one of them.
POPULATION = 0.9
#: But not more than so many kinds: in a liquid of many species, rare kinds are endlessly many.
MOST = 20
#: Of the lots by which more shells of a kind are drawn.
SEED = 0


@dataclass(frozen=True)
class Kind:
    """A composition of shells.

    Attributes
    ----------
    counts
        How many of each species surround the cation.
    label
        In words.
    population, error
        The share of cations, and half the width of its 95 % interval.
    """

    counts: tuple[int, ...]
    label: str
    population: float
    error: float


def ranked(record: Record, tally: Tally) -> list[Kind]:
    """List the most populated shells, the commonest first, up to `POPULATION`."""
    assert record.sites is not None
    totals = len(record.sites.cations) * tally.frames
    found: list[Kind] = []
    for counts, blocks in sorted(tally.shells.items(), key=lambda item: (-item[1].sum(), item[0])):
        if len(found) == MOST or sum(kind.population for kind in found) >= POPULATION:
            break
        share = blocks / totals
        found.append(Kind(counts, _label(record, counts), float(blocks.sum() / totals.sum()), float(interval(share))))
    return found


def _label(record: Record, counts: tuple[int, ...]) -> str:
    assert record.sites is not None
    species = record.topology.species
    around = [f"{many} {each.name}" for many, each in zip(counts, species, strict=True) if many]
    return " + ".join([species[record.sites.cation].name, *around])


@dataclass(frozen=True)
class _Place:
    """Where a shell is: frame, cation, its molecules and their sites next to the cation."""

    frame: int
    cation: int
    molecules: np.ndarray
    sites: np.ndarray


def representatives(
    record: Record, frames: Trajectory, groups: list[Group], tally: Tally, kinds: list[Kind], samples: int = 1
) -> tuple[Cluster, ...]:
    """Cut shells of each kind out: first the one whose mean distance of contacts is nearest to the mean of its kind.

    Parameters
    ----------
    samples
        How many of each kind; those after the first are drawn at random, with a seed of their own. There may be fewer.
    """
    typical = _nearest_to_mean(record, groups, tally, kinds)
    drawn = _drawn(record, groups, kinds, samples - 1) if samples > 1 else {}
    found = []
    for kind in kinds:
        places = {(place.frame, place.cation): place for place in (typical[kind.counts], *drawn.get(kind.counts, ()))}
        found += [_cut(record, frames, kind, place) for place in places.values()]
    return tuple(found)


def _nearest_to_mean(
    record: Record, groups: list[Group], tally: Tally, kinds: list[Kind]
) -> dict[tuple[int, ...], _Place]:
    """Give the place of each kind's best example."""
    best: dict[tuple[int, ...], _Place] = {}
    least = {kind.counts: np.inf for kind in kinds}
    for chunk in chunks(record, groups):
        found = compositions(chunk, record)
        distances = mean_distances(chunk, len(found))
        for kind in kinds:
            counts = kind.counts
            rows = np.flatnonzero((found == counts).all(axis=1))
            off = np.abs(distances[rows] - tally.distances[counts] / tally.shells[counts].sum())
            if len(rows) and off.min() < least[counts]:
                least[counts] = float(off.min())
                best[counts] = _place(record, chunk, int(rows[off.argmin()]))
    return best


def _drawn(record: Record, groups: list[Group], kinds: list[Kind], many: int) -> dict[tuple[int, ...], list[_Place]]:
    """Draw so many shells of each kind: each has a lot, and the lowest lots win."""
    random = np.random.default_rng(SEED)
    best: dict[tuple[int, ...], list[tuple[float, _Place]]] = {kind.counts: [] for kind in kinds}
    for chunk in chunks(record, groups):
        found = compositions(chunk, record)
        for counts, winners in best.items():
            rows = np.flatnonzero((found == counts).all(axis=1))
            lots = random.random(len(rows))
            winners += [(float(lots[k]), _place(record, chunk, int(rows[k]))) for k in np.argsort(lots)[:many]]
            winners.sort(key=lambda each: each[0])
            del winners[many:]
    return {counts: [place for _, place in winners] for counts, winners in best.items()}


def _place(record: Record, chunk: Chunk, row: int) -> _Place:
    assert record.sites is not None
    frame, cation = divmod(row, len(record.sites.cations))
    return _Place(chunk.first + frame, cation, *_members(chunk, row))


def _members(chunk: Chunk, row: int) -> tuple[np.ndarray, np.ndarray]:
    mine = slice(*np.searchsorted(chunk.rows, [row, row + 1]))
    return chunk.molecules[mine], chunk.sites[mine]


def _cut(record: Record, frames: Trajectory, kind: Kind, place: _Place) -> Cluster:
    around, topology = record.sites, record.topology
    assert around is not None
    moment = frames[place.frame]
    ion = int(topology.molecules[around.cations[place.cation]])
    shell, contacts = place.molecules.tolist(), around.atoms[place.sites].tolist()
    atoms = cut(moment.positions, moment.cell, topology, ion, shell, contacts)
    names = [species.name for species in topology.species]
    members = [topology.species[topology.kinds[one]] for one in (ion, *shell)]
    return Cluster(
        label=kind.label,
        composition={name: many for name, many in zip(names, kind.counts, strict=True) if many},
        population=kind.population,
        error=kind.error,
        charge=int(atoms.info["charge"]),
        frame=place.frame,
        atoms=encode(atoms),
        molecules=tuple((each.name, len(each.elements)) for each in members),
    )
