"""Which atoms are near to those that hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms no farther than this times the nearest one are neighbours.
NEIGHBOURS = 1.2


def shell_of(atoms: Atoms, moving: list[int], reach: Literal["ion", "neighbours"] | float) -> list[int]:
    """Choose the atoms whose vibrations a hop changes most.

    Parameters
    ----------
    atoms
        The structure at the saddle.
    moving
        Indices of the atoms that hop.
    reach
        ``ion``: these alone; ``neighbours``: with those no farther than 1.2 times the nearest one; or a radius in Å.

    Returns
    -------
    list of int
        Indices, the moving ones first; frozen atoms never.
    """
    from ase.constraints import FixAtoms

    if reach == "ion":
        return list(moving)
    frozen = {int(i) for fix in atoms.constraints if isinstance(fix, FixAtoms) for i in fix.get_indices()}
    chosen = list(moving)
    for index in moving:
        others = np.array([other for other in range(len(atoms)) if other not in moving], dtype=int)
        distances = atoms.get_distances(index, others, mic=True)
        limit = NEIGHBOURS * distances.min() if isinstance(reach, str) else reach
        chosen += [int(i) for i in others[distances < limit] if i not in frozen and i not in chosen]
    return chosen
