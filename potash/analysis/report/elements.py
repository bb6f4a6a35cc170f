"""Colours and sizes of the elements in drawings, and which neighbours are bonded."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from ase.data.colors import jmol_colors

#: Where the usual colours are too alike or too pale for the elements of these batteries.
_COLOURS = {
    "H": "#dfe4ea", "C": "#56606e", "N": "#4a6fd4", "O": "#d9483b", "F": "#57b35f", "K": "#7e57c9", "Na": "#c99a1d",
    "Li": "#3f9d7c", "Sb": "#dd8452", "Bi": "#b8486b", "P": "#e8a33d", "S": "#e3c229", "Se": "#4f9a3f", "Sn": "#6f8fa8",
    "Ge": "#6d9a98", "Si": "#b89b6d", "Cu": "#c97b4a", "Al": "#9fa8b5",
}  # fmt: skip
#: Metals whose ions are not bonded to one another in compounds.
_ALKALI = {"Li", "Na", "K", "Rb", "Cs"}
#: More bonds an atom than this are a packing, not bonds: they would only hide the atoms.
_PACKED = 3.0
#: Atoms nearer than the sum of their covalent radii times this are bonded.
_REACH = 1.15


def colour(symbol: str) -> str:
    """Give an element's colour, ``#rrggbb``."""
    if symbol in _COLOURS:
        return _COLOURS[symbol]
    red, green, blue = (int(255 * part) for part in jmol_colors[atomic_numbers.get(symbol, 0)])
    return f"#{red:02x}{green:02x}{blue:02x}"


def radius(symbol: str) -> float:
    """Give the radius that an element is drawn with, in Å."""
    return round(0.2 + 0.28 * _covalent(symbol), 3)


def bonds(symbols: list[str], positions: np.ndarray) -> list[tuple[int, int]]:
    """Find bonded pairs by distance (Å).

    Alkali ions in a compound are bonded to others only; in a dense packing nothing is.
    """
    radii = np.array([_covalent(symbol) for symbol in symbols])
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    near = (apart < _REACH * (radii[:, None] + radii[None])) & (apart > 0.1)
    if set(symbols) - _ALKALI:
        alkali = np.array([symbol in _ALKALI for symbol in symbols])
        near &= ~(alkali[:, None] & alkali[None])
    first, second = np.nonzero(np.triu(near, 1))
    if len(first) > _PACKED * len(symbols):
        return []
    return [(int(i), int(j)) for i, j in zip(first, second, strict=True)]


def _covalent(symbol: str) -> float:
    return float(covalent_radii[atomic_numbers.get(symbol, 0)])
