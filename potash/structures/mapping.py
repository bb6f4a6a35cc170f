"""Which atom of one structure is which of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

#: A second mapping that costs no more than this above the best one is as good, in Å².
AMBIGUOUS = 0.05
#: An atom that moves no farther than this stays at its place, in Å.
STAYS = 1.0
#: Cells that differ by less than this are one cell, in Å.
CELL = 1e-2


def matched(initial: Atoms, final: Atoms) -> Atoms:
    """Put a structure's atoms in the order of another one's.

    Of all ways to do so the one is taken in which the atoms move least: the sum of the squared distances is
    minimal (doi:10.1109/TAES.2016.140952), each element for itself. A single atom that goes far would cost more than
    a row of atoms that each move up: where in the given order all atoms but one stay, that order is kept.

    Parameters
    ----------
    initial, final
        Two structures of the same atoms in the same cell.

    Returns
    -------
    Atoms
        `final`, its atoms in the order of `initial` and shifted by lattice vectors to the nearest image (to either one
        where an atom moves by half the cell).

    Raises
    ------
    BadInput
        If composition or cell differ; or if another mapping is as good, naming the atoms in doubt.
    """
    from ase.geometry import find_mic

    _refuse_different(initial, final)
    if (initial.numbers == final.numbers).all():
        steps, lengths = find_mic(final.positions - initial.positions, initial.cell, initial.pbc)
        if (lengths > STAYS).sum() <= 1:
            kept: Atoms = final.copy()
            kept.positions = initial.positions + steps
            return kept
    order = np.arange(len(initial))
    for element in dict.fromkeys(initial.symbols):
        ours, theirs = (np.flatnonzero(atoms.symbols == element) for atoms in (initial, final))
        order[ours] = theirs[_assigned(initial, final, ours, theirs)]
    found: Atoms = final[order]
    found.positions = initial.positions + find_mic(found.positions - initial.positions, initial.cell, initial.pbc)[0]
    return found


def _refuse_different(initial: Atoms, final: Atoms) -> None:
    one, other = initial.symbols.formula.count(), final.symbols.formula.count()
    differing = [element for element in {**one, **other} if one.get(element, 0) != other.get(element, 0)]
    if differing:
        counts = ", ".join(f"{one.get(element, 0)} and {other.get(element, 0)} {element}" for element in differing)
        raise BadInput(f"the initial and the final structure have {counts}; both ends of a path need the same atoms")
    if (initial.pbc != final.pbc).any():
        raise BadInput(
            f"the initial structure is periodic as {initial.pbc.tolist()}, the final one as {final.pbc.tolist()}"
        )
    difference = float(np.abs(initial.cell.array - final.cell.array).max())
    if difference > CELL:
        raise BadInput(
            f"the cells of the initial and the final structure differ by up to {difference:.3f} Å; give both one cell"
        )


def _assigned(initial: Atoms, final: Atoms, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Give for each of our atoms which of theirs it becomes."""
    from ase.geometry import get_distances
    from scipy.optimize import linear_sum_assignment

    distances = get_distances(initial.positions[ours], final.positions[theirs], initial.cell, initial.pbc)[1]
    cost = distances**2
    assigned: np.ndarray = linear_sum_assignment(cost)[1]
    doubtful = np.flatnonzero(_extra(cost, assigned) < AMBIGUOUS)
    if len(doubtful):
        raise BadInput(
            f"which {initial.symbols[ours[0]]} atom becomes which is ambiguous: atoms {_listed(ours[doubtful])} of the initial "
            f"structure become atoms {_listed(theirs[assigned[doubtful]])} of the final one as well in another order; "
            "give the final structure's atoms in the order of the initial one's"
        )
    return assigned


def _extra(cost: np.ndarray, assigned: np.ndarray) -> np.ndarray:
    """Give for each row what the best assignment costs more if the row must not keep its column, (n,).

    In an optimal assignment that is the cheapest cycle through the row in which each row takes the column of the
    next: a shortest path (Floyd and Warshall), since no cycle has a negative cost.
    """
    taken = cost[:, assigned]
    paths = taken - np.diagonal(taken)[:, None]
    np.fill_diagonal(paths, np.inf)
    for between in range(len(paths)):
        np.minimum(paths, paths[:, between, None] + paths[None, between, :], out=paths)
    return np.diagonal(paths)


def _listed(indices: np.ndarray) -> str:
    numbers = [str(index + 1) for index in indices]
    return ", ".join(numbers[:8]) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
