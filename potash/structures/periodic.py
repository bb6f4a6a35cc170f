"""Geometry across the edges of a periodic cell of any shape: nearest images, molecules made whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from potash.structures.topology import Topology

#: Distances that are computed at once: more would fall out of the processor's cache.
BLOCK = 400_000


def heights(cell: np.ndarray) -> np.ndarray:
    """Give a cell's heights over its three faces, (3,) in Å: spheres of half the least one meet no image of themselves."""
    found: np.ndarray = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return found


def volume(cell: np.ndarray) -> float:
    """Give a cell's volume, in Å³."""
    return float(abs(np.linalg.det(cell)))


def shortest(vectors: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Replace vectors by those to the nearest image.

    Parameters
    ----------
    vectors
        (n, 3) in Å.
    cell
        Its vectors are the rows, (3, 3) in Å.

    Returns
    -------
    numpy.ndarray
        (n, 3) in Å. Exact for images nearer than half the cell's least height.
    """
    edges = np.diagonal(cell)
    if not (cell - np.diag(edges)).any():
        straight: np.ndarray = vectors - np.rint(vectors / edges) * edges
        return straight
    found: np.ndarray = vectors - np.rint(vectors @ np.linalg.inv(cell)) @ cell
    return found


def near_pairs(
    first: np.ndarray, second: np.ndarray, cell: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find pairs of points of two sets that are near each other.

    All distances are computed, in single precision and blocks that fit the cache: up to some 10⁶ pairs that is faster than
    a tree or a grid (`benchmarks/solvation`).

    Parameters
    ----------
    first, second
        (n, 3) and (m, 3) in Å, wrapped into the cell or not.
    cell
        (3, 3) in Å.
    reach
        In Å, at most half the cell's least height.

    Returns
    -------
    tuple of numpy.ndarray
        Numbers in the first set, numbers in the second, and distances in Å, (pairs,) each.
    """
    inverse = np.linalg.inv(cell)
    one, other = ((points @ inverse) % 1.0 for points in (first, second))
    parts = list(_blocks(one.astype(np.float32), other.astype(np.float32), cell.astype(np.float32), np.float32(reach)))
    rows, columns, squares = (np.concatenate([part[k] for part in parts]) for k in range(3))
    distances: np.ndarray = np.sqrt(squares)
    return rows, columns, distances


def _blocks(
    one: np.ndarray, other: np.ndarray, cell: np.ndarray, reach: np.float32
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Find near pairs of fractional coordinates, so many rows at once."""
    many = max(1, BLOCK // max(1, len(other)))
    columns = [np.ascontiguousarray(other[:, axis]) for axis in range(3)]
    for start in range(0, max(1, len(one)), many):
        steps = []
        for axis in range(3):
            step = columns[axis][None, :] - one[start : start + many, axis, None]
            step -= np.rint(step)
            steps.append(step)
        squares = sum(_component(steps, cell[:, axis]) ** 2 for axis in range(3))
        near = np.flatnonzero(np.asarray(squares).ravel() < reach * reach)
        rows, found = np.divmod(near, len(other))
        yield rows + start, found, np.asarray(squares).ravel()[near]


def _component(steps: list[np.ndarray], along: np.ndarray) -> np.ndarray:
    """Give one Cartesian component of fractional steps; most cells are straight, and most terms are none."""
    terms = [step * factor for step, factor in zip(steps, along, strict=True) if factor]
    found: np.ndarray = sum(terms[1:], terms[0])
    return found


def whole(
    positions: np.ndarray, cell: np.ndarray, topology: Topology, molecules: list[int] | None = None
) -> np.ndarray:
    """Make molecules whole that lie across the cell's edges.

    Bonds are followed from the first atom of each molecule, all molecules of a species at once; a molecule that reaches
    around the cell is put together as well.

    Parameters
    ----------
    positions
        (atoms, 3) in Å, in the topology's order.
    cell
        (3, 3) in Å.
    topology
        The molecules and their bonds.
    molecules
        Those that are made whole; None: all.

    Returns
    -------
    numpy.ndarray
        (atoms, 3) in Å; the first atom of every molecule stays where it is.
    """
    made = np.array(positions, float)
    chosen = np.arange(len(topology.kinds)) if molecules is None else np.array(molecules, int)
    for number, species in enumerate(topology.species):
        starts = topology.first[chosen[topology.kinds[chosen] == number]]
        for one, other in ways(len(species.elements), species.bonds):
            made[starts + other] = made[starts + one] + shortest(made[starts + other] - made[starts + one], cell)
    return made


def ways(atoms: int, bonds: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Order a molecule's bonds so that each leads from an atom that was reached to one that was not.

    An atom that no bond leads to is reached from the first one.
    """
    neighbours: dict[int, list[int]] = {atom: [] for atom in range(atoms)}
    for one, other in bonds:
        neighbours[one].append(other)
        neighbours[other].append(one)
    reached, found = {0}, []
    for start in range(atoms):
        if start not in reached:
            found.append((0, start))
            reached.add(start)
        queue = [start]
        while queue:
            one = queue.pop()
            for other in neighbours[one]:
                if other not in reached:
                    reached.add(other)
                    found.append((one, other))
                    queue.append(other)
    return found
