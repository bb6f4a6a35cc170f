"""Which atoms are near to those that hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms no farther than this times the nearest one are neighbours.
NEIGHBOURS = 1.2


def shell_of(atoms: Atoms, moving: list[int], reach: Literal["ion", "neighbours", "cell"] | float) -> list[int]:
    """Choose the atoms whose vibrations a hop changes most.

    Parameters
    ----------
    atoms
        The structure at the saddle.
    moving
        Indices of the atoms that hop.
    reach
        ``ion``: these alone; ``neighbours``: with those no farther than 1.2 times the nearest one; a radius in Å; or
        ``cell``: all.

    Returns
    -------
    list of int
        Indices, the moving ones first (of the whole cell in its own order); frozen atoms never.
    """
    if reach == "ion":
        return list(moving)
    free = free_atoms(atoms)
    if reach == "cell":
        return free
    chosen = list(moving)
    for index in moving:
        others = np.array([other for other in range(len(atoms)) if other not in moving], dtype=int)
        distances = atoms.get_distances(index, others, mic=True)
        limit = NEIGHBOURS * distances.min() if isinstance(reach, str) else reach
        chosen += [int(i) for i in others[distances < limit] if i in free and i not in chosen]
    return chosen


def free_atoms(atoms: Atoms) -> list[int]:
    """List the atoms that are not frozen."""
    frozen = set(encode(atoms).get("frozen", ()))
    return [index for index in range(len(atoms)) if index not in frozen]
