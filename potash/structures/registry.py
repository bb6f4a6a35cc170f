"""How a film may lie on its substrate: the lateral shifts that neither lattices nor symmetry make one."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.interfaces import FILM, SUBSTRATE, alone
from potash.structures.orbits import Symmetry, symmetry_of

if TYPE_CHECKING:
    from ase import Atoms

#: Shifts that agree within this are one, in Å.
SAME = 0.02


@dataclass(frozen=True)
class Registry:
    """A grid of lateral shifts.

    Attributes
    ----------
    basis
        The cell of distinct shifts, spanned by the translations of film and substrate together, (2, 2) in Å.
    origin
        Of the grid, where symmetry is highest, (2,) in Å.
    orbits
        For each point of the grid the number of its orbit, (n, n); points of one orbit make the same interface.
    shifts
        The first point of each orbit, (m, 2) in Å.
    """

    basis: np.ndarray
    origin: np.ndarray
    orbits: np.ndarray
    shifts: np.ndarray


def registry(start: Atoms, grid: int) -> Registry:
    """Find the distinct shifts of a film over its substrate.

    A shift by a translation of either side changes nothing, so distinct shifts lie in a cell that is smaller than
    the interface's. An operation ``x → G x + s`` of the substrate and ``x → G x + f`` of the film with the same ``G``
    makes the shifts ``t`` and ``G t + s − f`` one.

    Parameters
    ----------
    start
        The interface (with vacuum) without a shift.
    grid
        How many points along each vector of the cell of distinct shifts.
    """
    film, substrate = (symmetry_of(alone(start, side), upright=True) for side in (FILM, SUBSTRATE))
    basis = shift_cell(start.cell.array[:2, :2], _plane(film), _plane(substrate))
    turns, moves = _shared(film, substrate)
    origin = _origin(turns, moves, basis)
    steps = np.stack(np.meshgrid(np.arange(grid), np.arange(grid), indexing="ij"), axis=-1).reshape(-1, 2)
    points = origin + steps / grid @ basis
    images = np.einsum("gij,pj->gpi", turns, points) + moves[:, None]
    owners = np.arange(len(points))
    for image in images:
        apart = np.linalg.norm(_nearest(image[:, None] - points[None], basis), axis=2)
        partner = apart.argmin(axis=1)
        for point in np.flatnonzero(apart.min(axis=1) < SAME):
            pair = owners[point], owners[partner[point]]
            owners[np.isin(owners, pair)] = min(pair)
    first, orbits = np.unique(owners, return_inverse=True)
    return Registry(basis, origin, orbits.reshape(grid, grid), points[first])


def shift_cell(common: np.ndarray, film: np.ndarray, substrate: np.ndarray) -> np.ndarray:
    """Give the cell of the lattice that the translations of both sides span together, (2, 2) in Å.

    Parameters
    ----------
    common, film, substrate
        Vectors of the interface's cell and of both sides' primitive cells in the plane, (2, 2) in Å.
    """
    inverses = [np.linalg.inv(np.round(common @ np.linalg.inv(side))) for side in (film, substrate)]
    parts = round(np.prod([1 / abs(np.linalg.det(inverse)) for inverse in inverses]))
    rows = np.round(parts * np.vstack(inverses)).astype(int)
    return _short(_spanned(rows) @ common / parts)


def _spanned(rows: np.ndarray) -> np.ndarray:
    """Reduce whole-numbered vectors (n, 2) to two that span the same lattice (Hermite's normal form)."""
    first, second = (0, 0), 0
    for a, b in rows.tolist():
        row = (a, b)
        while row[0]:  # Euclid's algorithm on the first column
            quotient = first[0] // row[0]
            first, row = row, (first[0] - quotient * row[0], first[1] - quotient * row[1])
        second = gcd(second, row[1])
    return np.array([first, (0, second)])


def _short(basis: np.ndarray) -> np.ndarray:
    """Give a lattice's shortest basis, right-handed."""
    from ase.geometry import minkowski_reduce

    whole = np.eye(3)
    whole[:2, :2] = basis
    reduced: np.ndarray = minkowski_reduce(whole, pbc=(True, True, False))[0][:2, :2]
    return reduced if np.linalg.det(reduced) > 0 else reduced * [[1], [-1]]


def _plane(symmetry: Symmetry) -> np.ndarray:
    """Give the primitive vectors that lie in the plane."""
    flat: np.ndarray = symmetry.basis[np.abs(symmetry.basis[:, 2]) < 1e-3][:, :2]
    return flat


def _shared(film: Symmetry, substrate: Symmetry) -> tuple[np.ndarray, np.ndarray]:
    """Give the turns that both sides have, and how each moves the film over the substrate: (n, 2, 2), (n, 2)."""
    turns, moves = [], []
    for turn, shift in zip(substrate.turns, substrate.shifts, strict=True):
        for other, own in zip(film.turns, film.shifts, strict=True):
            if np.abs(turn - other).max() < 1e-3:
                turns.append(turn[:2, :2])
                moves.append((shift - own)[:2])
    return np.array(turns), np.array(moves)


def _origin(turns: np.ndarray, moves: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Choose the shift that the most operations leave where it is: no shift, or what a rotation leaves in place."""
    places = [np.zeros(2)]
    for turn, move in zip(turns, moves, strict=True):
        if abs(np.linalg.det(np.eye(2) - turn)) > 1e-3:
            places.append(np.linalg.solve(np.eye(2) - turn, move))
    kept = [(np.linalg.norm(_nearest(turns @ place + moves - place, basis), axis=1) < SAME).sum() for place in places]
    return places[int(np.argmax(kept))]


def _nearest(ways: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Take shift vectors to near zero by the lattice of shifts."""
    scaled = ways @ np.linalg.inv(basis)
    near: np.ndarray = (scaled - np.round(scaled)) @ basis
    return near
