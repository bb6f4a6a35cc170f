"""Charged planes and the dipole of a crystal's repeat unit, by formal charges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.bonds import charges

if TYPE_CHECKING:
    from ase import Atoms

#: A repeat unit with a larger dipole along the normal than this is polar, in e/Å (per area), as in pymatgen.
POLAR = 1e-3


def polarity(unit: Atoms, planes: Sequence[np.ndarray], normal: np.ndarray) -> tuple[bool, float] | tuple[None, None]:
    """Say whether planes are charged, and which dipole piles up.

    Parameters
    ----------
    unit
        One repeat unit from bottom to top.
    planes
        The atoms of each of its planes.
    normal
        Outwards, (3,), of length 1.

    Returns
    -------
    tuple
        Whether a plane carries a formal charge, and the unit's dipole along the normal in e/Å (per area); None where
        no charges can be guessed.
    """
    guess = charges(unit)
    if not guess:
        return None, None
    carried = np.array([guess[symbol] for symbol in unit.symbols])
    area = float(np.linalg.norm(np.cross(*unit.cell.array[:2])))
    charged = any(abs(carried[plane].sum()) > 1e-6 for plane in planes)
    return charged, float(carried @ unit.positions @ normal) / area


def tasker(charged: bool | None, polar: bool | None) -> int | None:
    """Give Tasker's type: 1 neutral planes, 2 charged planes without a dipole, 3 with one (doi:10.1088/0022-3719/12/22/036)."""
    if charged is None:
        return None
    return 3 if polar else 2 if charged else 1
