"""Which atoms carry an orbital."""

from __future__ import annotations

import numpy as np

#: Points whose distances to all atoms are in memory at once.
MANY = 20_000


def shares(points: np.ndarray, density: np.ndarray, positions: np.ndarray, numbers: np.ndarray) -> list[float]:
    """Divide an orbital's density among atoms: each point belongs to the atom that is nearest in units of its radius.

    No basis enters, so that diffuse functions do not blur it as they do populations of Mulliken's or Löwdin's kind.

    Parameters
    ----------
    points
        (points, 3) in Å.
    density
        At each point, times its volume, in any unit.
    positions, numbers
        The atoms: (atoms, 3) in Å, and their atomic numbers.

    Returns
    -------
    list of float
        One an atom; they add up to one. Radii are covalent ones (Cordero et al., doi:10.1039/b801115j).
    """
    from ase.data import covalent_radii

    radii = covalent_radii[numbers]
    found = np.zeros(len(positions))
    for first in range(0, len(points), MANY):
        part = slice(first, first + MANY)
        apart = np.linalg.norm(points[part, None] - positions, axis=2) / radii
        found += np.bincount(apart.argmin(axis=1), density[part], minlength=len(positions))
    return [float(f"{share:.6g}") for share in found / found.sum()]
