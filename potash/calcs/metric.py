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
POWER = 4
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
        Structures along which the average is taken.
    free
        Indices of the atoms that may move, (n,).

    Returns
    -------
    tuple of ndarray
        The symmetric map from Cartesian coordinates (3n, 3n), and its inverse. The mean stiffness is 1.
    """
    count = len(free)
    metric = sum(_metric(atoms, free) for atoms in path)
    metric *= 3 * count / np.trace(metric)
    metric = (metric + FLOOR * np.eye(3 * count)) / (1 + FLOOR)
    values, vectors = np.linalg.eigh(metric)
    roots = np.sqrt(values)
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T


def _metric(atoms: Atoms, free: Array) -> Array:
    """Give the sum over pairs of the outer product of the gradient of the inverse distance, (3n, 3n)."""
    from ase.neighborlist import neighbor_list

    place = np.full(len(atoms), -1)
    place[free] = np.arange(len(free))
    first, second, distance, vector = neighbor_list("ijdD", atoms, CUTOFF)
    unit = vector / distance[:, None]
    pairs = unit[:, :, None] * unit[:, None, :] / distance[:, None, None] ** (2 * POWER + 2)
    blocks = np.zeros((len(free), len(free), 3, 3))
    for sign, other in ((1, first), (-1, second)):
        kept = (place[first] >= 0) & (place[other] >= 0)
        np.add.at(blocks, (place[first[kept]], place[other[kept]]), sign * pairs[kept])
    return blocks.transpose(0, 2, 1, 3).reshape(3 * len(free), 3 * len(free))
