"""Hops of an ion: which are distinct by symmetry, and which atoms stand where at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.symmetry import operations

if TYPE_CHECKING:
    from ase import Atoms

#: Positions that agree within this are the same site, in Å.
SAME = 1e-2
#: How far a symmetry operation may miss an atom, in Å: files give fractions with four digits.
SYMMETRY = 5e-3


@dataclass(frozen=True)
class Hop:
    """An ion's hop into a neighbouring vacancy, in a host's cell.

    Attributes
    ----------
    vacancy
        Index of the site that is empty before the hop.
    ion
        Index of the ion that hops into it (its site is empty afterwards).
    vector
        From the vacancy to the ion, in Å.
    multiplicity
        How many hops of this kind leave one vacancy.
    """

    vacancy: int
    ion: int
    vector: tuple[float, float, float]
    multiplicity: int

    @property
    def distance(self) -> float:
        """The length of the hop, in Å."""
        return float(np.linalg.norm(self.vector))


def vacancy_hops(host: Atoms, ion: str, cutoff: float) -> list[Hop]:
    """Find the hops of an ion into a vacancy that symmetry keeps apart, the shortest first.

    Parameters
    ----------
    host
        The host's cell. In a small cell a site and its own image are no hop.
    ion
        The element that hops.
    cutoff
        The longest hop, in Å.

    Returns
    -------
    list of Hop
        One of each kind.

    Raises
    ------
    BadInput
        If the host lacks the ion, or no two sites are within the cutoff.
    """
    from ase.neighborlist import neighbor_list

    sites = [index for index, symbol in enumerate(host.symbols) if symbol == ion]
    if not sites:
        raise BadInput(f"the host {_formula(host)} has no ion {ion} that could hop")
    pairs = [
        (float(distance), int(i), int(j), vector)
        for i, j, distance, vector in zip(*neighbor_list("ijdD", host, cutoff), strict=True)
        if i != j and host.symbols[i] == ion == host.symbols[j]
    ]
    if not pairs:
        raise BadInput(f"no two {ion} sites of {_formula(host)} are within {cutoff:g} Å of each other")
    label = _Labels(host)
    # One vacancy of each orbit is enough: every other hop is an image of one of theirs.
    starts = {int(orbit.min()) for orbit in label.moved.T}
    kinds: dict[tuple[int, ...], list[tuple[float, int, int, np.ndarray]]] = {}
    for pair in sorted((pair for pair in pairs if pair[1] in starts), key=lambda pair: (round(pair[0], 4), *pair[1:3])):
        kinds.setdefault(label(*pair[1:]), []).append(pair)
    return [
        Hop(i, j, (float(vector[0]), float(vector[1]), float(vector[2])), sum(pair[1] == i for pair in same))
        for same in kinds.values()
        for _, i, j, vector in same[:1]
    ]


def _formula(host: Atoms) -> str:
    return str(host.symbols.formula.reduce()[0].format("metal"))


class _Labels:
    """Label pairs of sites so that pairs related by symmetry, or by going back, have one label.

    A pair is two atoms and the cell that the second one lies in, whole numbers all: coordinates that a file
    gives with few digits make no new labels.
    """

    def __init__(self, host: Atoms) -> None:
        self.rotations, self.moved, self.cells = _mapped(host)
        self.scaled = host.get_scaled_positions(wrap=False)
        self.inverse = np.linalg.inv(host.cell.array)

    def __call__(self, start: int, end: int, vector: np.ndarray) -> tuple[int, ...]:
        cell = np.round(vector @ self.inverse - self.scaled[end] + self.scaled[start]).astype(int)
        step = self.rotations @ cell + self.cells[:, end] - self.cells[:, start]
        there = np.column_stack([self.moved[:, start], self.moved[:, end], step])
        back = np.column_stack([self.moved[:, end], self.moved[:, start], -step])
        images = np.concatenate([there, back])
        first = images[np.lexsort(images.T[::-1])[0]]
        return tuple(int(number) for number in first)


def _mapped(host: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the symmetry operations of a cell with what they do to its atoms.

    Returns
    -------
    tuple of ndarray
        The rotations in fractions, (n, 3, 3); where each operation takes each atom, (n, atoms); and into which
        neighbouring cell, (n, atoms, 3).
    """
    from scipy.spatial import cKDTree

    scaled = host.get_scaled_positions(wrap=False)
    rotations, translations = operations(host, SYMMETRY)
    images = np.einsum("oij,aj->oai", rotations, scaled) + translations[:, None, :]
    # An atom's image falls on an atom, so that fractions serve as well as lengths.
    _, moved = cKDTree(_wrapped(scaled), boxsize=1.0).query(_wrapped(images))
    return rotations, moved, np.round(images - scaled[moved]).astype(int)


def _wrapped(scaled: np.ndarray) -> np.ndarray:
    inside: np.ndarray = scaled - np.floor(scaled)
    inside[inside >= 1.0] = 0.0
    return inside


def is_shortest(host: Atoms, hop: Hop) -> bool:
    """Say whether the straight way between a hop's ends, by the nearest image, is that hop and no other.

    In a small cell the nearest image of a far site may be another, shorter hop: a band would follow that one.
    """
    from ase.geometry import find_mic

    label = _Labels(host)
    vector = np.array(hop.vector)
    nearest = find_mic(vector[None, :], host.cell, host.pbc)[0][0]
    return label(hop.vacancy, hop.ion, nearest) == label(hop.vacancy, hop.ion, vector)


def end_points(host: Atoms, hop: Hop) -> tuple[Atoms, Atoms]:
    """Build the unrelaxed end points of a vacancy hop, atom by atom in the same order.

    Returns
    -------
    tuple of Atoms
        Before: the vacancy at the hop's empty site. After: the ion there, and its own site empty.
    """
    before = host.copy()
    after = host.copy()
    after.positions[hop.ion] -= hop.vector
    del before[hop.vacancy]
    del after[hop.vacancy]
    return before, after


def image_of(relaxed: Atoms, ideal: Atoms, other: Atoms, host: Atoms) -> Atoms | None:
    """Carry a relaxed end point over to the other end of a hop, where a symmetry of the host relates the two.

    Parameters
    ----------
    relaxed
        The relaxed end point.
    ideal, other
        Both end points before relaxation, atom by atom in the same order.
    host
        The perfect host, whose operations are tried.

    Returns
    -------
    Atoms or None
        The relaxed other end point, in `other`'s order; None where no operation relates them.
    """
    from ase.geometry import find_mic
    from scipy.spatial import cKDTree

    cell = host.cell.array
    shifts = find_mic(relaxed.positions - ideal.positions, cell)[0]
    start = ideal.get_scaled_positions(wrap=False)
    target = other.get_scaled_positions(wrap=False)
    tree = cKDTree(_wrapped(target), boxsize=1.0)
    best: Atoms | None = None
    smallest = np.inf
    for rotation, translation in zip(*operations(host, SYMMETRY), strict=True):
        moved = start @ rotation.T + translation
        order = _match(moved, target, tree.query(_wrapped(moved))[1], cell, ideal.numbers)
        if order is None:
            continue
        turned = (shifts @ np.linalg.inv(cell)) @ rotation.T @ cell
        candidate = other.copy()
        candidate.positions = other.positions + turned[order]
        # Of the operations that serve, the one that moves least keeps the path straight.
        travel = float(np.linalg.norm(find_mic(candidate.positions - relaxed.positions, cell)[0]))
        if travel < smallest - 1e-6:
            best, smallest = candidate, travel
    return best


def _match(
    moved: np.ndarray, target: np.ndarray, nearest: np.ndarray, cell: np.ndarray, numbers: np.ndarray
) -> np.ndarray | None:
    """Find for each target site the moved site that falls on it; None where one is left empty."""
    if len(set(nearest)) < len(nearest) or (numbers[nearest] != numbers).any():
        return None
    difference = moved - target[nearest]
    difference -= np.round(difference)
    if np.linalg.norm(difference @ cell, axis=1).max() > SAME:
        return None
    return np.argsort(nearest)
