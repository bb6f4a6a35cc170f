"""Interfaces of two crystals, or of a crystal and a layer, coherent in one cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.cuts import PLANE, VACUUM
from potash.structures.matching import Rows
from potash.structures.supercells import supercell

if TYPE_CHECKING:
    from ase import Atoms

#: The array of an interface's atoms that tells the sides, and its values.
SIDE, SUBSTRATE, FILM = "side", 1, 2
#: Two sides come no nearer than this, however their atoms interlock, in Å.
NEAREST = 0.8
#: Lateral shift of a film that goes on where the substrate ends.
AT_REST = (0.0, 0.0)


@dataclass(frozen=True)
class Stack:
    """How two cut cells, strained to fit, are stacked.

    Attributes
    ----------
    film, substrate
        The common cell in terms of each side's own, (2, 2) whole numbers.
    repeats
        How many cut cells the film and the substrate are thick (1 where a side is a layer).
    frozen
        How many of the substrate's lowest atomic planes must not move.
    """

    film: Rows
    substrate: Rows
    repeats: tuple[int, int]
    frozen: int = 0


def repeats_of(cell: Atoms, thickness: float) -> int:
    """Say how many cut cells make up a thickness (Å) at least."""
    return max(1, int(np.ceil(thickness / cell.cell.array[2, 2] - 1e-6))) if cell.pbc[2] else 1


def interface(
    film: Atoms,
    substrate: Atoms,
    stack: Stack,
    *,
    gap: float,
    shift: tuple[float, float] = AT_REST,
    periodic: bool = False,
) -> Atoms:
    """Build an interface: the substrate below, the film above it.

    Parameters
    ----------
    film, substrate
        Cut cells as `structures.cuts` gives them, strained to the common cell.
    stack
        How they are stacked.
    gap
        From the substrate's highest atom to the film's lowest one, along z, in Å.
    shift
        Of the film in the plane, in Å. Without one the film goes on where the substrate's lattice ends.
    periodic
        A superlattice with two interfaces instead of vacuum; with sides that have an inversion centre both are
        the same.

    Returns
    -------
    Atoms
        Substrate first; the array ``side`` is 1 for the substrate's atoms, 2 for the film's. Periodic in x and y,
        a superlattice in z too.
    """
    lower, upper = _grown(substrate, stack.substrate, stack.repeats[1]), _grown(film, stack.film, stack.repeats[0])
    if np.abs(lower.cell.array[:2] - upper.cell.array[:2]).max() > 1e-2:
        raise BadInput("film and substrate have no common cell; strain both to it first")
    lower.positions[:, 2] -= lower.positions[:, 2].min()
    upper.positions[:, 2] -= upper.positions[:, 2].min()
    heights = [float(side.positions[:, 2].max()) for side in (lower, upper)]
    tilt = [side.cell.array[2, :2] if side.pbc[2] else np.zeros(2) for side in (lower, upper)]
    upper.positions += [*(tilt[0] + shift), heights[0] + gap]
    lower.set_array(SIDE, np.full(len(lower), SUBSTRATE))
    upper.set_array(SIDE, np.full(len(upper), FILM))
    together: Atoms = lower + upper
    top = [*(tilt[0] + tilt[1] + 2 * np.array(shift)), sum(heights) + 2 * gap] if periodic else [0, 0, 1]
    together.set_cell([*lower.cell.array[:2], top])
    together.pbc = (True, True, periodic)
    if not periodic:
        together.center(vacuum=VACUUM, axis=2)
    together.wrap(pbc=(True, True, False))
    _freeze(together, stack.frozen)
    return together


def _grown(cell: Atoms, rows: Rows, repeats: int) -> Atoms:
    """Repeat a cut cell in the plane and upwards; molecules that reach beyond its ends stay whole."""
    (a, b), (c, d) = rows
    return supercell(cell, ((a, b, 0), (c, d, 0), (0, 0, repeats)), wrap=False)


def _freeze(atoms: Atoms, planes: int) -> None:
    from ase.constraints import FixAtoms

    heights = atoms.positions[:, 2]
    below = np.flatnonzero(atoms.arrays[SIDE] == SUBSTRATE)
    order = below[np.argsort(heights[below])]
    plane = np.cumsum(np.diff(heights[order], prepend=heights[order[0]]) > PLANE)
    atoms.set_constraint(FixAtoms(np.sort(order[plane < planes]).tolist()) if planes else None)


def alone(atoms: Atoms, side: int) -> Atoms:
    """Give one side of an interface in the interface's cell, frozen atoms included."""
    kept: Atoms = atoms[atoms.arrays[SIDE] == side]
    return kept


def touching(film: Atoms, substrate: Atoms, stack: Stack, shift: tuple[float, float] = AT_REST) -> float:
    """Give the gap (Å) at which the nearest atoms of both sides are the sum of their covalent radii apart.

    Radii: B. Cordero et al., doi:10.1039/b801115j, as ASE has them. Where the sides interlock, no gap below `NEAREST`
    is given.
    """
    from ase.data import covalent_radii
    from ase.geometry import get_distances

    start = interface(film, substrate, stack, gap=0.0, shift=shift)
    lower, upper = alone(start, SUBSTRATE), alone(start, FILM)
    depth = lower.positions[:, 2].max() - lower.positions[:, 2]
    height = upper.positions[:, 2] - upper.positions[:, 2].min()
    below, above = (side.positions * [1, 1, 0] for side in (lower, upper))
    apart = get_distances(below, above, cell=start.cell, pbc=start.pbc)[1]
    reach = covalent_radii[lower.numbers][:, None] + covalent_radii[upper.numbers]
    needed = np.sqrt(np.maximum(reach**2 - apart**2, 0.0)) - depth[:, None] - height
    return max(NEAREST, float(needed[apart < reach].max(initial=NEAREST)))
