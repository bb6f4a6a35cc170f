"""What is kept of each frame of a liquid, so that its trajectory is gone through once and memory stays flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from potash.analysis.trajectory import Frame, Trajectory
from potash.errors import BadInput
from potash.structures.periodic import heights, near_pairs, shortest, volume, whole
from potash.structures.topology import Species, Topology

#: g(r) is read up to here, or nearly to half the first cell's least height, in Å, in steps of `STEP`: cells change a little.
REACH, STEP = 10.0, 0.05
#: No first shell reaches farther than this, in Å: contacts beyond it are not kept.
NEAR = 5.0
#: Elements with a lone pair as long as they are bonded to no more than so many atoms: molecules hold a cation by them.
#: All but carbon and hydrogen have their g(r).
DONORS = {"N": 3, "O": 2, "F": 1, "S": 2, "Cl": 1, "Br": 1, "I": 1}
CONTACT = np.dtype([("frame", "i4"), ("cation", "i4"), ("site", "i4"), ("distance", "f4")])
Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]
#: Contacts that are read back at once.
MANY = 1_000_000


@dataclass(frozen=True)
class Sites:
    """Atoms around which shells are read, and those that the shells are made of.

    Attributes
    ----------
    cation
        The number of the cation's species.
    cations
        Its atoms, (cations,).
    atoms, groups, molecules
        The other species' atoms that have a g(r), the number of the group that each is in, its molecule; (sites,) each.
    labels
        The groups' names, species and element: ``DME.O``.
    donors
        Whether the atoms of each group have lone pairs.
    anions
        By group of a donor in anions: the first of the molecules, and how many there are.
    """

    cation: int
    cations: np.ndarray
    atoms: np.ndarray
    groups: np.ndarray
    molecules: np.ndarray
    labels: tuple[str, ...]
    donors: tuple[bool, ...]
    anions: dict[int, tuple[int, int]]


def sites(topology: Topology, cation: str) -> Sites:
    """Find the atoms that have a g(r) around a cation.

    Raises
    ------
    BadInput
        If there is no such species, it is no monatomic cation, or nothing surrounds it.
    """
    names = [species.name for species in topology.species]
    if cation not in names:
        raise BadInput(f"no species is called '{cation}'; there are {', '.join(names)}")
    number = names.index(cation)
    own = topology.species[number]
    if len(own.elements) != 1 or own.charge <= 0:
        raise BadInput(
            f"{cation} has {len(own.elements)} atoms and charge {own.charge:+d}; shells are those of an atom with a positive charge"
        )
    found: dict[str, np.ndarray] = {}
    donors: list[bool] = []
    anions: dict[int, tuple[int, int]] = {}
    for other, species in enumerate(topology.species):
        for element in dict.fromkeys(species.elements):
            if other == number or element in ("C", "H"):
                continue
            donors.append(_donates(species, element))
            if species.charge < 0 and donors[-1]:
                anions[len(found)] = (int(np.argmax(topology.kinds == other)), species.count)
            found[f"{species.name}.{element}"] = topology.atoms(other, element)
    if not found:
        raise BadInput(f"nothing around {cation} has an atom other than carbon and hydrogen")
    atoms = np.concatenate(list(found.values()))
    groups = np.repeat(np.arange(len(found)), [len(each) for each in found.values()])
    return Sites(
        number, topology.atoms(number), atoms, groups, topology.molecules[atoms], tuple(found), tuple(donors), anions
    )


def _donates(species: Species, element: str) -> bool:
    """Say whether some atom of an element in a species has a lone pair."""
    bonds = Counter(atom for bond in species.bonds for atom in bond)
    return any(bonds[k] <= DONORS.get(element, -1) for k, each in enumerate(species.elements) if each == element)


@dataclass(frozen=True)
class Record:
    """What is kept of a trajectory; the large parts lie in files.

    Attributes
    ----------
    topology
        The molecules.
    times, volumes, cells
        (frames,) in ps, (frames,) in Å³, and the first cell, (3, 3) in Å.
    sites
        None where no shells are read.
    edges, g, ideal
        Of the bins of g(r), (bins + 1,) in Å; g(r), and how many pairs an ideal gas would have had, (groups, bins) each.
    molecular
        By group of a donor in anions, the pair distribution of cations and anions, each anion at its atom of that group
        that is nearest to the cation, (bins,); and how many pairs an ideal gas would have had, (bins,).
    densities
        Of the sites of each group, mean of the frames, (groups,) in 1/Å³.
    folder
        Where contacts and centres of mass lie.
    starts
        Where the contacts of each frame begin in their file, (frames + 1,).
    """

    topology: Topology
    times: np.ndarray
    volumes: np.ndarray
    cell: np.ndarray
    sites: Sites | None
    edges: np.ndarray
    g: np.ndarray
    ideal: np.ndarray
    molecular: dict[int, tuple[np.ndarray, np.ndarray]]
    densities: np.ndarray
    folder: Path
    starts: np.ndarray

    @property
    def interval(self) -> float:
        """The time between two frames, in ps."""
        return float(self.times[-1] - self.times[0]) / (len(self.times) - 1)

    def contacts(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Go through the contacts: the first frame, the one behind the last, and what `CONTACT` tells of each contact."""
        frames, first = len(self.times), 0
        while first < frames:
            last = int(np.searchsorted(self.starts, self.starts[first] + MANY, side="right")) - 1
            last = min(max(last, first + 1), frames)
            count = int(self.starts[last] - self.starts[first])
            offset = int(self.starts[first]) * CONTACT.itemsize
            yield first, last, np.fromfile(self.folder / "contacts", CONTACT, count, offset=offset)
            first = last

    def nearest(self, group: int) -> np.ndarray:
        """Give the distance from each anion to the nearest cation, by one group's atoms, (frames, anions) in Å.

        Beyond the reach of g(r) it is infinite.
        """
        assert self.sites is not None
        shape = (len(self.times), self.sites.anions[group][1])
        return np.memmap(self.folder / f"nearest-{group}", np.float32, "r", shape=shape)

    @cached_property
    def centres(self) -> np.ndarray:
        """Centres of mass of all molecules, never wrapped, on disk: (frames, molecules, 3) in Å."""
        shape = (len(self.times), len(self.topology.kinds), 3)
        return np.memmap(self.folder / "centres", np.float32, "r", shape=shape)


def record(frames: Trajectory, topology: Topology, cation: str | None, folder: Path) -> Record:
    """Go through a trajectory once and keep what structure and transport are read from.

    Parameters
    ----------
    frames, topology, cation
        As in `liquid_reading.read`.
    folder
        Where the large parts are written.

    Returns
    -------
    Record
        Of all frames.
    """
    around = sites(topology, cation) if cation is not None else None
    first = frames[0]
    bins = int(min(REACH, 0.95 * float(heights(first.cell).min()) / 2) / STEP)
    counted = np.zeros((len(around.labels) if around else 0, bins))
    molecular = {group: np.zeros(bins) for group in (around.anions if around else ())}
    times, volumes, kept = [], [], [0]
    path = _Path(topology)
    with ExitStack() as stack:
        contacts, centres = (stack.enter_context((folder / name).open("wb")) for name in ("contacts", "centres"))
        nearest = {
            group: stack.enter_context((folder / f"nearest-{group}").open("wb"))
            for group in (around.anions if around else ())
        }
        for number, frame in enumerate(frames):
            times.append(frame.time)
            volumes.append(volume(frame.cell))
            path.centres(frame).astype(np.float32).tofile(centres)
            if around is not None:
                pairs = _pairs(frame, around, bins)
                groups = around.groups[pairs[1]]
                _count(groups, pairs[2], counted)
                found = _contacts(pairs, number)
                found.tofile(contacts)
                kept.append(kept[-1] + len(found))
                for group, file in nearest.items():
                    _nearest(pairs, groups == group, around, group, molecular[group]).tofile(file)
    edges = STEP * np.arange(bins + 1)
    inverse = float(np.mean(1 / np.array(volumes)))
    counts = np.bincount(around.groups) if around else np.zeros(0)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    ideal = len(times) * (len(around.cations) if around else 0) * inverse * counts[:, None] * shells
    apart = {
        group: (each / (of := shells * len(times) * len(around.cations) * inverse * around.anions[group][1]), of)
        for group, each in molecular.items()
        if around
    }
    return Record(
        topology,
        _ascending(np.array(times)),
        np.array(volumes),
        first.cell,
        around,
        edges,
        counted / ideal,
        ideal,
        apart,
        counts * inverse,
        folder,
        np.array(kept),
    )


def _ascending(times: np.ndarray) -> np.ndarray:
    """Refuse times that do not go on: pieces that were joined, or a format that has none."""
    steps = np.diff(times)
    if not (steps > 0).all():
        raise BadInput(
            f"the trajectory's times do not ascend (frame {int(np.argmin(steps > 0)) + 2} is at {times[int(np.argmin(steps > 0)) + 1]:g} ps); give the key interval, in ps"
        )
    if steps.max() > 1.01 * steps.min() + 1e-6:
        raise BadInput(
            f"the trajectory's frames are between {steps.min():g} and {steps.max():g} ps apart; they must be equally far"
        )
    return times


def _pairs(frame: Frame, around: Sites, bins: int) -> Pairs:
    """Find a frame's pairs of cations and sites."""
    reach = min(bins * STEP, float(heights(frame.cell).min()) / 2)
    return near_pairs(frame.positions[around.cations], frame.positions[around.atoms], frame.cell, reach)


def _count(groups: np.ndarray, distances: np.ndarray, counted: np.ndarray) -> None:
    """Count pairs into the histograms of g(r), (groups, bins)."""
    bins = counted.shape[1]
    place = groups * bins + np.minimum((distances / STEP).astype(np.intp), bins - 1)
    counted += np.bincount(place, minlength=counted.size).reshape(counted.shape)


def _contacts(pairs: Pairs, number: int) -> np.ndarray:
    """Give the near ones of a frame's pairs."""
    rows, columns, distances = pairs
    near = distances < NEAR
    found = np.empty(int(near.sum()), CONTACT)
    found["frame"], found["cation"], found["site"] = number, rows[near], columns[near]
    found["distance"] = distances[near]
    return found


def _nearest(pairs: Pairs, own: np.ndarray, around: Sites, group: int, counted: np.ndarray) -> np.ndarray:
    """Give the distance from each of a group's anions to the nearest cation, (anions,) in Å.

    The pairs of the group are its `own`, (pairs,). Each pair of cation and anion is counted into a histogram, (bins,), by its
    shortest distance.
    """
    first, many = around.anions[group]
    found = np.full(many, np.inf, np.float32)
    mine = np.flatnonzero(own)
    if not len(mine):
        return found
    molecules = around.molecules[pairs[1][mine]] - first
    starts = np.flatnonzero(np.diff(pairs[0][mine] * many + molecules, prepend=-1))  # pairs come sorted by both
    least = np.minimum.reduceat(pairs[2][mine], starts)
    counted += np.bincount(np.minimum((least / STEP).astype(np.intp), len(counted) - 1), minlength=len(counted))
    np.minimum.at(found, molecules[starts], least)
    return found


class _Path:
    """Follows molecules over the edges: each atom goes on by its shortest step.

    Steps, not positions, are added up: with a cell that changes, positions would drift (von Bülow, Bullerjahn and Hummer,
    J. Chem. Phys. 153, 021101 (2020), doi:10.1063/5.0008316).
    """

    def __init__(self, topology: Topology) -> None:
        from ase.data import atomic_masses, atomic_numbers

        self.topology = topology
        self.masses = np.array([atomic_masses[atomic_numbers[element]] for element in topology.elements])[:, None]
        self.totals = np.add.reduceat(self.masses, topology.first)
        self.last: np.ndarray | None = None
        self.now = np.zeros(0)

    def centres(self, frame: Frame) -> np.ndarray:
        """Give the centres of mass of all molecules, (molecules, 3) in Å."""
        if self.last is None:
            self.now = whole(frame.positions, frame.cell, self.topology)
        else:
            self.now = self.now + shortest(frame.positions - self.last, frame.cell)
        self.last = frame.positions
        found: np.ndarray = np.add.reduceat(self.masses * self.now, self.topology.first) / self.totals
        return found
