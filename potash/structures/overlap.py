"""Whether atoms keep their distances: the quick answer for small cells, of which campaigns read thousands."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

#: Up to so many distances are looked at one by one.
MOST = 100_000


def apart(atoms: Atoms, radii: np.ndarray) -> bool:
    """Say whether no two atoms, nor an atom and its own images, are nearer than the sum of their radii.

    Parameters
    ----------
    radii
        In Å, one an atom.

    Returns
    -------
    bool
        False also where the cell is so large or so flat that the answer would take long: another way has to find out.
    """
    cell = atoms.cell.complete()
    heights = 1.0 / np.linalg.norm(cell.reciprocal().array, axis=1)
    reach = np.where(atoms.pbc, np.floor(2 * radii.max() / heights) + 1, 0)
    if np.prod(2.0 * reach + 1.0) * len(atoms) ** 2 > MOST:
        return False
    shifts = np.array(list(product(*(range(-int(n), int(n) + 1) for n in reach))))
    places = cell.scaled_positions(atoms.positions)
    places -= np.floor(places) * atoms.pbc
    steps = (places[None, :] - places[:, None])[None] + shifts[:, None, None]
    distances = np.linalg.norm(steps @ cell.array, axis=-1)
    home = np.flatnonzero((shifts == 0).all(axis=1))[0]
    np.fill_diagonal(distances[home], np.inf)
    return bool((distances > radii[:, None] + radii[None, :]).all())
