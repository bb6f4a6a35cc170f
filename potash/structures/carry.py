"""Relaxed structures carried over to others by symmetry: what is relaxed once need not be relaxed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.structures.orbits import SYMMETRY
from potash.structures.symmetry import operations

if TYPE_CHECKING:
    from ase import Atoms

#: Positions that agree within this are the same site, in Å.
SAME = 1e-2


def carry(relaxed: Atoms, ideal: Atoms, other: Atoms, host: Atoms, near: Atoms | None = None) -> Atoms | None:
    """Carry a relaxed structure over to another one, where a symmetry of the host relates the two.

    Parameters
    ----------
    relaxed
        The relaxed structure: a host with a carrier in it.
    ideal, other
        That structure and the other one before relaxation; their atoms may be in different orders.
    host
        The perfect host in the same cell, whose operations are tried.
    near
        Of the operations that serve, the one is taken whose result is nearest to this, atom by atom in `other`'s
        order; without it, to `relaxed`. For the two ends of a hop that keeps the path straight.

    Returns
    -------
    Atoms or None
        The relaxed other structure, in `other`'s order; None where no operation relates them.
    """
    from ase.geometry import find_mic
    from scipy.spatial import cKDTree

    if sorted(ideal.numbers) != sorted(other.numbers):
        return None
    cell = host.cell.array
    shifts = find_mic(relaxed.positions - ideal.positions, cell)[0] @ np.linalg.inv(cell)
    aim = (relaxed if near is None else near).positions
    start, target = (atoms.get_scaled_positions(wrap=False) for atoms in (ideal, other))
    tree = cKDTree(_wrapped(target), boxsize=1.0)
    best: Atoms | None = None
    smallest = np.inf
    for rotation, translation in zip(*operations(host, SYMMETRY), strict=True):
        moved = start @ rotation.T + translation
        nearest = tree.query(_wrapped(moved))[1]
        if not _falls_on(moved, target[nearest], cell) or (ideal.numbers != other.numbers[nearest]).any():
            continue
        candidate = other.copy()
        candidate.positions[nearest] += shifts @ rotation.T @ cell
        travel = float(np.linalg.norm(find_mic(candidate.positions - aim, cell)[0]))
        if travel < smallest - 1e-6:
            best, smallest = candidate, travel
    return best


def _falls_on(moved: np.ndarray, target: np.ndarray, cell: np.ndarray) -> bool:
    """Say whether fractions fall on others, up to lattice vectors; sites are farther apart than the tolerance."""
    difference = moved - target
    difference -= np.round(difference)
    return bool(np.linalg.norm(difference @ cell, axis=1).max() < SAME)


def _wrapped(scaled: np.ndarray) -> np.ndarray:
    inside: np.ndarray = scaled - np.floor(scaled)
    inside[inside >= 1.0] = 0.0
    return inside
