"""The atomic layers of an interface, counted from where both sides touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.bonds import formula_of
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms of a side that follow each other more closely than this along the normal are one layer, in Å.
LAYER = 0.5


@dataclass(frozen=True)
class Layer:
    """Atoms of one side at one distance from the interface.

    Attributes
    ----------
    side
        `structures.interfaces.FILM` or `SUBSTRATE`.
    number
        From the interface, 1 where both sides touch.
    atoms
        Their indices.
    formula
        Its composition.
    """

    side: int
    number: int
    atoms: tuple[int, ...]
    formula: str

    @property
    def elements(self) -> set[str]:
        """The symbols of its elements."""
        from ase.formula import Formula

        return set(Formula(self.formula).count())


def layers(atoms: Atoms, side: int) -> tuple[Layer, ...]:
    """Sort a side's atoms into layers, the one at the interface first.

    Parameters
    ----------
    atoms
        An interface as it was built: planes that relax apart stay one layer when layers are told before.
    side
        `structures.interfaces.FILM` or `SUBSTRATE`.
    """
    own = np.flatnonzero(atoms.arrays[SIDE] == side)
    depths = atoms.positions[own, 2] * {FILM: 1, SUBSTRATE: -1}[side]
    order = np.argsort(depths, kind="stable")
    parts = np.split(own[order], np.flatnonzero(np.diff(depths[order]) > LAYER) + 1)
    return tuple(
        Layer(side, number, tuple(sorted(part.tolist())), formula_of(atoms[part]))
        for number, part in enumerate(parts, start=1)
    )


def deeper(found: tuple[Layer, ...], repeats: int) -> Layer | None:
    """Find the layer that the crystal repeats the first one in, nearest the side's middle.

    Parameters
    ----------
    found
        A side's layers.
    repeats
        Of how many repeat units it consists.

    Returns
    -------
    Layer or None
        None where there is but one repeat unit, or the layers do not repeat with it.
    """
    period, rest = divmod(len(found), repeats)
    formulas = [layer.formula for layer in found]
    if repeats < 2 or rest or formulas[period:] != formulas[:-period]:
        return None
    middle = (len(found) - 1) / 2
    return min(found[period::period], key=lambda layer: abs(layer.number - 1 - middle))


def whole(found: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Give a side's layers from the interface on until each of its elements has been met."""
    wanted = {element for layer in found for element in layer.elements}
    met: set[str] = set()
    for count, layer in enumerate(found, start=1):
        met |= layer.elements
        if met == wanted:
            return found[:count]
    return found
