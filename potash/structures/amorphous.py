"""Amorphous matter before it is melted: atoms at random in a cell of given density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

#: One g/cm³ in atomic mass units per Å³ (CODATA 2018).
DENSITY = 0.602214076
#: Atoms are put no nearer than this part of the sum of their covalent radii, where there is room.
APART = 0.9
#: How often a place is tried before atoms may lie so much nearer.
TRIES, NEARER = 500, 0.95


def symbols_of(formula: str, count: int) -> list[str]:
    """Give so many atoms' symbols in the proportions of a formula.

    Raises
    ------
    BadInput
        If it is no formula, or so many atoms are no whole number of its units.
    """
    from ase.data import atomic_numbers
    from ase.formula import Formula

    try:
        unit = list(Formula(formula))
    except ValueError:
        unit = []
    if not unit or any(symbol not in atomic_numbers for symbol in unit):
        raise BadInput(f"'{formula}' is no formula; give one such as Bi or K3Sb")
    if count % len(unit):
        raise BadInput(f"{count} atoms are no whole number of {formula}: take a multiple of {len(unit)}")
    return sorted(unit * (count // len(unit)))


def packed(symbols: list[str], plane: np.ndarray, density: float, seed: int) -> Atoms:
    """Put atoms at random into a cell, none too near to another.

    Parameters
    ----------
    symbols
        Of the atoms.
    plane
        The first two vectors of the cell, (2, 3) in Å, in the plane z = 0; the third stands upright on them.
    density
        In g/cm³: it gives the height.
    seed
        Of the random numbers: the same gives the same atoms.
    """
    from ase import Atoms as Make
    from ase.data import covalent_radii
    from ase.geometry import get_distances

    made = Make(symbols, pbc=True)
    area = float(np.linalg.norm(np.cross(*plane)))
    made.set_cell([*plane, [0, 0, made.get_masses().sum() / (DENSITY * density * area)]])
    numbers = np.random.default_rng(seed)
    radii = covalent_radii[made.numbers]
    placed = np.empty((0, 3))
    part = APART
    while len(placed) < len(symbols):
        for _ in range(TRIES):
            place = numbers.random(3) @ made.cell.array
            least = part * (radii[: len(placed)] + radii[len(placed)])
            apart = get_distances(place[None], placed, made.cell, made.pbc)[1][0] if len(placed) else least
            if (apart >= least).all():
                placed = np.vstack([placed, place])
                break
        else:
            part *= NEARER
    made.positions = placed
    return made


def opened(sample: Atoms) -> Atoms:
    """Turn a periodic sample so that its widest gap between atomic heights lies at the cell's face: there it is cut."""
    heights = np.sort(sample.positions[:, 2] % sample.cell.array[2, 2])
    gaps = np.diff([*heights, heights[0] + sample.cell.array[2, 2]])
    widest = int(gaps.argmax())
    made: Atoms = sample.copy()
    made.positions[:, 2] -= heights[widest] + gaps[widest] / 2
    made.wrap()
    return made
