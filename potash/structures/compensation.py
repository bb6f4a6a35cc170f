"""Compensated ends of polar facets: half of the topmost plane goes to the other side, and the dipole vanishes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from potash.structures.bonds import bonds
from potash.structures.planes import Stack

#: Planes of more groups than this are halved in no way: there would be thousands.
MOST = 12


def halves(stack: Stack, gap: int) -> tuple[Stack, list[np.ndarray]]:
    """Give the ways to take half of the plane below a gap away, the most evenly spread first.

    Parameters
    ----------
    stack
        The planes of a repeat unit.
    gap
        Below plane number `gap` the crystal is ended; the one under it is halved.

    Returns
    -------
    tuple
        The stack, doubled along its first vector where its own plane has no half; and for each way the atoms of
        half of the plane. Each half has half of each of the plane's elements, and molecules stay whole.
    """
    found = _halves(stack, stack.planes[gap - 1])
    if found:
        return stack, found
    twice = _doubled(stack)
    return twice, _halves(twice, twice.planes[gap - 1])


def _halves(stack: Stack, plane: np.ndarray) -> list[np.ndarray]:
    groups = np.unique(stack.groups[plane])
    if len(groups) % 2 or len(groups) > MOST:
        return []
    found = []
    for chosen in combinations(groups, len(groups) // 2):
        half = plane[np.isin(stack.groups[plane], chosen)]
        rest = np.setdiff1d(plane, half)
        if sorted(stack.unit.numbers[half]) == sorted(stack.unit.numbers[rest]):
            found.append(half)
    return sorted(found, key=lambda half: (-_spread(stack, half), half.tolist()))


def _spread(stack: Stack, half: np.ndarray) -> float:
    """Give the least distance between two atoms of a half (Å), images in the plane included."""
    from ase.geometry import get_distances

    places = stack.unit.positions[half]
    apart = get_distances(places, places, cell=stack.unit.cell, pbc=(True, True, False))[1]
    return round(float((apart + np.where(np.eye(len(half)), np.inf, 0)).min(initial=np.inf)), 2)


def _doubled(stack: Stack) -> Stack:
    """Repeat a stack along its first vector; its planes keep their numbers."""
    unit = stack.unit.repeat((2, 1, 1))
    count = len(stack.unit)
    return replace(
        stack,
        unit=unit,
        groups=np.concatenate([stack.groups, stack.groups + stack.groups.max() + 1]),
        planes=[np.concatenate([plane, plane + count]) for plane in stack.planes],
        bonds=bonds(unit),
    )
