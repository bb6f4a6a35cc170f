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


def representatives(
    record: Record, frames: Trajectory, groups: list[Group], tally: Tally, kinds: list[Kind]
) -> tuple[Cluster, ...]:
    """Cut one shell of each kind out: the one whose mean distance of contacts is nearest to the mean of its kind."""
    best = _nearest_to_mean(record, groups, tally, kinds)
    return tuple(_cut(record, frames, kind, *best[kind.counts]) for kind in kinds)


def _nearest_to_mean(
    record: Record, groups: list[Group], tally: Tally, kinds: list[Kind]
) -> dict[tuple[int, ...], tuple[int, int, np.ndarray, np.ndarray]]:
    """Give frame, cation, molecules and their sites of each kind's best example."""
    assert record.sites is not None
    many = len(record.sites.cations)
    best: dict[tuple[int, ...], tuple[int, int, np.ndarray, np.ndarray]] = {}
    least = {kind.counts: np.inf for kind in kinds}
    for chunk in chunks(record, groups):
        found = compositions(chunk, record)
        distances = mean_distances(chunk, len(found))
        for kind in kinds:
            counts = kind.counts
            rows = np.flatnonzero((found == counts).all(axis=1))
            off = np.abs(distances[rows] - tally.distances[counts] / tally.shells[counts].sum())
            if len(rows) and off.min() < least[counts]:
                least[counts], row = float(off.min()), int(rows[off.argmin()])
                best[counts] = (chunk.first + row // many, row % many, *_members(chunk, row))
    return best


def _members(chunk: Chunk, row: int) -> tuple[np.ndarray, np.ndarray]:
    mine = slice(*np.searchsorted(chunk.rows, [row, row + 1]))
    return chunk.molecules[mine], chunk.sites[mine]


def _cut(record: Record, frames: Trajectory, kind: Kind, frame: int, cation: int, *shell: np.ndarray) -> Cluster:
    around, topology = record.sites, record.topology
    assert around is not None
    molecules, contacts = shell
    moment = frames[frame]
    ion = int(topology.molecules[around.cations[cation]])
    atoms = cut(moment.positions, moment.cell, topology, ion, molecules.tolist(), around.atoms[contacts].tolist())
    names = [species.name for species in topology.species]
    return Cluster(
        label=kind.label,
        composition={name: many for name, many in zip(names, kind.counts, strict=True) if many},
        population=kind.population,
        error=kind.error,
        charge=int(atoms.info["charge"]),
        frame=frame,
        atoms=encode(atoms),
    )
