"""The planes of atoms that a crystal is made of along a facet's normal, and the gaps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.bonds import Bonds, bonds, formula_of, molecules
from potash.structures.orbits import symmetry_of

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms (or middles of molecules) that are nearer along the normal than this lie in one plane, in Å.
PLANE = 0.1


@dataclass(frozen=True)
class Stack:
    """The planes of a repeat unit, the lowest first; gap number i lies below plane number i.

    Attributes
    ----------
    unit
        The repeat unit with whole molecules.
    groups
        Which of its atoms belong together, (n,).
    normal
        The facet's, of length 1.
    heights
        The planes', within one repeat, in Å.
    planes
        Their atoms.
    bonds
        All bonds of the unit.
    """

    unit: Atoms
    groups: np.ndarray
    normal: np.ndarray
    heights: np.ndarray
    planes: list[np.ndarray]
    bonds: Bonds

    @property
    def height(self) -> float:
        """The height of the repeat unit, in Å."""
        return float(self.unit.cell.array[2] @ self.normal)

    @property
    def gaps(self) -> np.ndarray:
        """The middle of the gap below each plane, (n,) in Å."""
        below = np.roll(self.heights, 1)
        below[0] -= self.height
        middles: np.ndarray = (self.heights + below) / 2
        return middles

    @property
    def formulas(self) -> list[str]:
        """The planes' compositions."""
        return [formula_of(self.unit[plane]) for plane in self.planes]


def planes(unit: Atoms, normal: np.ndarray, cut_molecules: bool) -> Stack:
    """Make molecules whole and sort them and the other atoms into planes."""
    groups, cells = (np.arange(len(unit)), np.zeros((len(unit), 3))) if cut_molecules else molecules(unit)
    whole = unit.copy()
    whole.positions += cells @ unit.cell.array
    height = float(unit.cell.array[2] @ normal)
    counts = np.bincount(groups)
    middles = np.bincount(groups, whole.positions @ normal) / counts
    # Each group goes into the repeat that begins at the widest gap, so that no plane is split between its ends.
    lifted = np.mod(middles, height)
    order = np.argsort(lifted)
    spaces = np.diff(lifted[order], append=lifted[order[0]] + height)
    start = order[(int(spaces.argmax()) + 1) % len(order)]
    lifted = np.mod(middles - middles[start] + PLANE, height) - PLANE + middles[start]
    whole.positions += (np.round((lifted - middles) / height)[groups])[:, None] * unit.cell.array[2]
    order = np.argsort(lifted)
    parts = np.split(order, np.flatnonzero(np.diff(lifted[order]) > PLANE) + 1)
    heights = np.array([np.average(lifted[part], weights=counts[part]) for part in parts])
    return Stack(
        whole, groups, normal, heights, [np.flatnonzero(np.isin(groups, part)) for part in parts], bonds(whole)
    )


def through(stack: Stack, gaps: np.ndarray) -> int:
    """Count the gaps between atomic planes that run through groups which are whole."""
    heights = stack.unit.positions @ stack.normal
    lowest = np.array([heights[stack.groups == group].min() for group in range(stack.groups.max() + 1)])
    highest = np.array([heights[stack.groups == group].max() for group in range(stack.groups.max() + 1)])
    inside = np.floor((highest - gaps[:, None]) / stack.height) > np.floor((lowest - gaps[:, None]) / stack.height)
    return int(inside.any(axis=1).sum())


def images(bulk: Atoms, stack: Stack) -> tuple[list[list[int]], list[list[int]]]:
    """Say to which gaps symmetry takes each gap: with the normal kept, and with it turned over."""
    symmetry = symmetry_of(bulk)
    signs = symmetry.turns @ stack.normal @ stack.normal
    shifts = symmetry.shifts @ stack.normal
    found: list[list[list[int]]] = []
    for sign in (1, -1):
        moves = shifts[np.isclose(signs, sign, atol=1e-3)]
        apart = (sign * stack.gaps[:, None] + moves)[:, :, None] - stack.gaps
        apart = np.abs(apart - np.round(apart / stack.height) * stack.height)
        found.append([sorted(set(row.argmin(axis=1).tolist())) for row in apart])
    return found[0], found[1]


def below(stack: Stack, gap: int) -> tuple[tuple[str, float], ...]:
    """Say what lies under a termination, plane by plane with its distance from the one above."""
    spaces = np.diff(stack.heights, prepend=stack.heights[-1] - stack.height)
    count = len(stack.planes)
    down = [(gap - 1 - step) % count for step in range(count)]
    return tuple((stack.formulas[plane], round(-float(spaces[(plane + 1) % count]), 2)) for plane in down)
