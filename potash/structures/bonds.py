"""Bonds of a crystal, the molecules that they make, and formal charges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.symmetry import PRECISION

if TYPE_CHECKING:
    from ase import Atoms

#: Neighbours this much farther away than the nearest one are bonded still: less than the second shell of bcc (1.155).
NEIGHBOURS = 1.12
#: Two nonmetals or metalloids are bound covalently where they are nearer than this times the sum of their radii.
COVALENT = 1.2
#: Metals whose electronegativities differ by less than this are an alloy, on Pauling's scale.
ALLOY = 0.5


@dataclass(frozen=True)
class Bonds:
    """Bonds of a crystal, each in both directions.

    Attributes
    ----------
    first, second
        The atoms, (n,).
    steps
        Into which cell the bond leads from the first atom's, (n, 3) whole numbers.
    """

    first: np.ndarray
    second: np.ndarray
    steps: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Bonds:
        return Bonds(self.first[chosen], self.second[chosen], self.steps[chosen])


def bonds(crystal: Atoms) -> Bonds:
    """Find the bonds: pairs that are, for one of the two, within `NEIGHBOURS` of its nearest neighbour.

    No radii enter: what is a bond does not change as the crystal is strained. Cations are not bonded to each other.
    """
    reach = _nearest(crystal) * NEIGHBOURS
    found, lengths = _pairs(crystal, float(reach.max()))
    cation = np.array([(charges(crystal) or {}).get(symbol, 0.0) > 0 for symbol in crystal.symbols], dtype=bool)
    near = lengths <= np.maximum(reach[found.first], reach[found.second])
    return found[near & ~(cation[found.first] & cation[found.second])]


def _nearest(crystal: Atoms) -> np.ndarray:
    """Give each atom's distance to its nearest neighbour, in Å."""
    cutoff = 2.0 * (crystal.get_volume() / len(crystal)) ** (1 / 3)
    while True:
        found, lengths = _pairs(crystal, cutoff)
        if len(np.unique(found.first)) == len(crystal):
            nearest = np.full(len(crystal), np.inf)
            np.minimum.at(nearest, found.first, lengths)
            return nearest + PRECISION
        cutoff *= 1.5


def _pairs(crystal: Atoms, cutoff: float) -> tuple[Bonds, np.ndarray]:
    from ase.neighborlist import neighbor_list

    first, second, steps, lengths = neighbor_list("ijSd", crystal, cutoff)
    return Bonds(first, second, steps), lengths


def ordered(symbols: Iterable[str]) -> list[str]:
    """List the elements among symbols, electropositive ones first."""
    from pymatgen.core import Element

    return sorted(set(symbols), key=lambda symbol: (Element(symbol).X, symbol))


def formula_of(atoms: Atoms) -> str:
    """Give the reduced formula with electropositive elements first: ``LiPO4``."""
    counts = atoms.symbols.formula.reduce()[0].count()
    return "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in ordered(counts))


@cache
def _oxidation(formula: str) -> dict[str, float] | None:
    from pymatgen.core import Composition, Element

    for rare in (False, True):  # that of Bi in K3Bi is rare
        for guess in Composition(formula).oxi_state_guesses(all_oxi_states=rare):
            if all(state >= 0 or Element(element).group >= 14 for element, state in guess.items()):
                return {element: float(state) for element, state in guess.items()}
    return None


def charges(crystal: Atoms) -> dict[str, float] | None:
    """Guess the formal charge of each element from the composition (pymatgen), the mean where it has several.

    Returns
    -------
    dict
        Charges in e by symbol: zero in an element and in an alloy. None where no usual charges add up to zero, as in
        many Zintl phases.
    """
    reduced = crystal.symbols.formula.reduce()[0]
    if _alloy(frozenset(reduced.count())):
        return dict.fromkeys(reduced.count(), 0.0)
    return _oxidation(str(reduced.format("hill")))


@cache
def _alloy(symbols: frozenset[str]) -> bool:
    """Say whether one element, or metals of like electronegativity, hold together without charges."""
    from pymatgen.core import Element

    elements = [Element(symbol) for symbol in symbols]
    values = [element.X for element in elements]
    return len(elements) == 1 or (all(each.is_metal for each in elements) and max(values) - min(values) < ALLOY)


def molecules(crystal: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Say which atoms belong together: molecules and polyanions, finite clusters of covalent bonds.

    Covalent bonds are those between nonmetals or metalloids that are nearer than `COVALENT` times the sum of their
    covalent radii. Atoms of endless chains, sheets and frameworks stand for themselves, as ions do.

    Returns
    -------
    tuple of ndarray
        For each atom the number of its group, (n,), and the cell in which it is whole with the group's first atom,
        (n, 3) whole numbers.
    """
    from ase.data import covalent_radii
    from pymatgen.core import Element

    covalent = np.array([not Element(symbol).is_metal for symbol in crystal.symbols], dtype=bool)
    radii = covalent_radii[crystal.numbers]
    found, lengths = _pairs(crystal, 2 * COVALENT * float(radii.max()))
    bound = lengths < COVALENT * (radii[found.first] + radii[found.second])
    found = found[bound & covalent[found.first] & covalent[found.second]]
    groups = np.full(len(crystal), -1)
    cells = np.zeros((len(crystal), 3), dtype=int)
    for start in range(len(crystal)):
        if groups[start] < 0:
            whole = _spread(start, found)
            for atom, cell in (whole or {start: np.zeros(3, dtype=int)}).items():
                groups[atom], cells[atom] = start, cell
    return np.unique(groups, return_inverse=True)[1], cells


def _spread(start: int, found: Bonds) -> dict[int, np.ndarray] | None:
    """Follow bonds from an atom to all that they reach; None where they come to its own images."""
    cells = {start: np.zeros(3, dtype=int)}
    waiting = [start]
    while waiting:
        atom = waiting.pop()
        for bond in np.flatnonzero(found.first == atom):
            other, cell = int(found.second[bond]), cells[atom] + found.steps[bond]
            if other not in cells:
                cells[other] = cell
                waiting.append(other)
            elif (cells[other] != cell).any():
                return None
    return cells
