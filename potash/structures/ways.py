"""Ways from point to point of a crystal: straight ones, and those of an ion that pushes another one on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

#: A way that passes a third point nearer than this is two ways, in Å.
PASS = 0.3
#: What the cosine between the moves of both ions must exceed: the second is pushed on, not aside.
ONWARD = 0.01


@dataclass(frozen=True)
class Ways:
    """Ways as arrays.

    Attributes
    ----------
    points
        The points on each way, (n, m).
    vectors
        From each way's first point to its points, (n, m, 3) in Å.
    """

    points: np.ndarray
    vectors: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """From the first point to the last, (n,) in Å."""
        lengths: np.ndarray = np.linalg.norm(self.vectors[:, -1], axis=1)
        return lengths

    def chosen(self, which: np.ndarray) -> Ways:
        """Give some of them."""
        return Ways(self.points[which], self.vectors[which])

    def backwards(self) -> Ways:
        """Give the same ways from the last point to the first."""
        return Ways(self.points[:, ::-1], self.vectors[:, ::-1] - self.vectors[:, -1:])


def straight(atoms: Atoms, positions: np.ndarray, cutoff: float, *, flat: bool) -> Ways:
    """Find the straight ways between points that pass no third one.

    Parameters
    ----------
    atoms
        Whose cell and periodic directions count.
    positions
        The points in that cell, (n, 3) in Å.
    cutoff
        The longest way, in Å.
    flat
        Whether a way passes a point is judged from above, along z.
    """
    from ase import Atoms as Make
    from ase.neighborlist import neighbor_list

    points = Make(f"X{len(positions)}", positions, cell=atoms.cell, pbc=atoms.pbc)
    start, end, vectors = neighbor_list("ijD", points, cutoff)
    seen = vectors * [1, 1, 0] if flat else vectors
    free = np.ones(len(start), dtype=bool)
    for point in np.unique(start):
        leaving = np.flatnonzero(start == point)
        free[leaving] = ~_passes(seen[leaving])
    both = np.column_stack([start, end])[free]
    return Ways(both, np.stack([np.zeros_like(vectors), vectors], axis=1)[free])


def _passes(vectors: np.ndarray) -> np.ndarray:
    """Say which of the ways (n, 3) from one point pass the end of another one on their way."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
    along = vectors @ (vectors / lengths[:, None]).T
    across = np.sqrt(np.maximum((vectors**2).sum(axis=1)[:, None] - along**2, 0))
    between = (along > PASS) & (along < lengths - PASS)
    passes: np.ndarray = (between & (across < PASS)).any(axis=0)
    return passes


def pushed(ways: Ways, sites: int, ions: np.ndarray, cutoff: float) -> Ways:
    """Join straight ways to those of an ion that pushes another one on.

    Parameters
    ----------
    ways
        Among sites and, numbered after them, atoms of the lattice.
    sites
        How many sites there are.
    ions
        The numbers of the atoms that can be pushed on.
    cutoff
        The longest way from site to site, in Å.

    Returns
    -------
    Ways
        From a site by an ion of the lattice to a site. The ion is pushed on by less than a right angle, so that
        both moves are shorter than the way from site to site.
    """
    here, there = (ways.points < sites).T
    arriving = ways.chosen(here & np.isin(ways.points[:, 1], ions))
    leaving = ways.chosen(np.isin(ways.points[:, 0], ions) & there)
    points, vectors = [np.empty((0, 3), dtype=int)], [np.empty((0, 3, 3))]
    for (site, ion), push in zip(arriving.points, arriving.vectors[:, 1], strict=True):
        of_ion = leaving.points[:, 0] == ion
        ends, moves = leaving.points[of_ion, 1], leaving.vectors[of_ion, 1]
        onward = moves @ push > ONWARD * np.linalg.norm(moves, axis=1) * np.linalg.norm(push)
        near = onward & (np.linalg.norm(push + moves, axis=1) < cutoff)
        way = np.stack([np.zeros_like(moves), np.tile(push, (len(moves), 1)), push + moves], axis=1)[near]
        points.append(np.column_stack([np.full(near.sum(), site), np.full(near.sum(), ion), ends[near]]))
        vectors.append(way)
    return Ways(np.concatenate(points), np.concatenate(vectors))
