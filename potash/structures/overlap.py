"""Atoms that are too near to each other, found in little memory however they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

#: Two atoms nearer than this fraction of the sum of their covalent radii overlap.
OVERLAP = 0.6
#: So many neighbours of each atom are looked at: no more find room so near where none overlap.
NEIGHBOURS = 32


def nearest_overlap(atoms: Atoms) -> tuple[int, int, float] | None:
    """Find the two atoms that overlap and are nearest to each other.

    Returns
    -------
    tuple or None
        Their indices and their distance in Å, that of the nearest images; None where no two overlap.
    """
    from ase.data import covalent_radii
    from scipy.spatial import cKDTree

    radii = covalent_radii[atoms.numbers] * OVERLAP
    reach = 2 * float(radii.max())
    owners, places = _images(atoms, reach)
    count = min(NEIGHBOURS, len(places))
    distances, found = cKDTree(places).query(places[: len(atoms)], k=[*range(1, count + 1)], distance_upper_bound=reach)
    here = np.arange(len(atoms))[:, None]
    there = owners[np.where(np.isfinite(distances), found, 0)]
    near = np.isfinite(distances) & (found != here) & (distances < radii[here] + radii[there])
    if not near.any():
        return None
    i, column = np.unravel_index(np.argmin(np.where(near, distances, np.inf)), distances.shape)
    return int(i), int(there[i, column]), float(distances[i, column])


def _images(atoms: Atoms, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the atoms and, behind them, their images no farther than so from the cell: owners and places in Å."""
    owners, places = np.arange(len(atoms)), np.array(atoms.positions)
    if not atoms.pbc.any():
        return owners, places
    cell = atoms.cell.array
    scaled = atoms.get_scaled_positions(wrap=True)
    margins = reach * np.linalg.norm(np.linalg.inv(cell), axis=0) + 1e-9
    shifts = np.zeros((len(atoms), 3))
    for axis in np.flatnonzero(atoms.pbc):
        steps = np.arange(-int(np.ceil(margins[axis])), int(np.ceil(margins[axis])) + 1)
        moved = np.repeat(shifts, len(steps), axis=0)
        moved[:, axis] += np.tile(steps, len(shifts))
        owners = np.repeat(owners, len(steps))
        at = scaled[owners, axis] + moved[:, axis]
        kept = (at > -margins[axis]) & (at < 1 + margins[axis])
        owners, shifts = owners[kept], moved[kept]
    first = np.argsort((shifts != 0).any(axis=1), kind="stable")
    owners, shifts = owners[first], shifts[first]
    return owners, (scaled[owners] + shifts) @ cell
