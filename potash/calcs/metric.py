"""How stiff each direction is likely to be, from distances alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.gaussian import Array

#: Pairs of atoms farther apart than this do not count, in Å.
CUTOFF = 6.0
#: The power of the inverse distances whose changes measure how different two structures are.
POWER = 3
#: How stiff a bond is against bending, as a part of its stiffness against stretching.
BEND = 0.1
#: The least stiffness of a direction, as a part of the mean one.
FLOOR = 0.05


def stiffness(path: list[Atoms], free: Array) -> tuple[Array, Array]:
    """Give the linear map to coordinates in which every direction is about as stiff as any other.

    Distances between structures are measured by the change of inverse distances between atoms, after Koistinen et
    al. (doi:10.1021/acs.jctc.9b00692), but to first order and averaged over a path: what is left is linear, so that
    a Gaussian process in these coordinates keeps its cheap exact form.

    Parameters
    ----------
    path
        Structures along which the average is taken; no atom jumps over the cell from one to the next.
    free
        Indices of the atoms that may move, (n,).

    Returns
    -------
    tuple of ndarray
        The symmetric map from Cartesian coordinates (3n, 3n), and its inverse. The mean stiffness, the mean
        eigenvalue of the map's square, is 1.
    """
    count = len(free)
    metric = _metric(path, free)
    # A lone atom has no neighbours: nothing is stiffer than anything else.
    metric *= 3 * count / (np.trace(metric) or 1.0)
    metric = (metric + FLOOR * np.eye(3 * count)) / (1 + FLOOR)
    values, vectors = np.linalg.eigh(metric)
    roots = np.sqrt(values)
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T


def _metric(path: list[Atoms], free: Array) -> Array:
    """Sum the outer products of the gradients of the inverse distances of all pairs, (3n, 3n), over the path."""
    from ase.neighborlist import neighbor_list

    middle = path[len(path) // 2]
    place = np.full(len(middle), -1)
    place[free] = np.arange(len(free))
    # Searching neighbours is slow: the pairs are found once, with room around each atom for how far it moves.
    moves = np.max([np.linalg.norm(atoms.positions - middle.positions, axis=1) for atoms in path], axis=0)
    first, second, shifts = neighbor_list("ijS", middle, list(CUTOFF / 2 + moves))
    met = place[first] >= 0
    first, second, shifts = first[met], second[met], shifts[met] @ middle.cell.array
    blocks = np.zeros((len(free), len(free), 3, 3))
    for atoms in path:
        vector = atoms.positions[second] - atoms.positions[first] + shifts
        distance = np.linalg.norm(vector, axis=1)
        near = distance < CUTOFF
        one, other, vector, distance = place[first[near]], place[second[near]], vector[near], distance[near]
        along = vector / distance[:, None]
        pairs = (1 - BEND) * along[:, :, None] * along[:, None, :] + BEND * np.eye(3)
        pairs /= distance[:, None, None] ** (2 * POWER + 2)
        np.add.at(blocks, (one, one), pairs)
        free_too = other >= 0
        np.subtract.at(blocks, (one[free_too], other[free_too]), pairs[free_too])
    return blocks.transpose(0, 2, 1, 3).reshape(3 * len(free), 3 * len(free))
