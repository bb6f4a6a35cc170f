"""All distinct terminations of a facet, and what each of them is: polar, symmetric, how many bonds it cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.bonds import formula_of, ordered
from potash.structures.compensation import halves
from potash.structures.facets import Facet, normal_of, oriented
from potash.structures.planes import Stack, below, images, planes, through
from potash.structures.polarity import POLAR, polarity
from potash.structures.symmetry import operations
from potash.structures.termination_record import Termination, Terminations

if TYPE_CHECKING:
    from ase import Atoms


def terminations(bulk: Atoms, facet: Facet, *, cut_molecules: bool = False) -> Terminations:
    """Find all terminations of a facet that symmetry keeps apart.

    Planes are atoms, or middles of molecules, of one height; between any two neighbouring planes the crystal can be
    ended. Terminations count as what is on top: the two sides of one slab are two of them where they differ.

    Parameters
    ----------
    bulk
        The crystal's cell that the indices refer to.
    facet
        Miller indices.
    cut_molecules
        Whether planes may run through molecules and polyanions; else these stay whole, on either side.
    """
    unit = oriented(bulk, facet)
    stack = planes(unit, normal_of(bulk.cell.array, facet), cut_molecules)
    up, down = images(bulk, stack)
    orbits = [min(reached) for reached in up]
    found: dict[int, Termination] = {}
    for gap in sorted(set(orbits)):
        found[gap] = _cut(stack, facet, gap)
    lower = {gap: orbits[down[gap][0]] if down[gap] else -1 for gap in found}
    # At equal numbers of cut bonds the symmetric ones come first.
    rank = sorted(found, key=lambda gap: (round(found[gap].cut, 2), lower[gap] != gap, below(stack, gap)))
    named = dict(zip(rank, _names([stack.formulas[gap - 1] for gap in rank]), strict=True))
    known = {
        name: replace(
            found[gap],
            name=name,
            bottom=named[lower[gap]] if lower[gap] >= 0 else None,
            surplus=_surplus(stack, gap, down[gap]),
        )
        for gap, name in named.items()
    }
    compensated = [
        half for gap, name in named.items() if known[name].polar and (half := _compensated(stack, facet, gap, name))
    ]
    return Terminations(
        facet,
        formula_of(bulk),
        known,
        through(stack, planes(unit, stack.normal, True).gaps),
        {one.name: one for one in sorted(compensated, key=lambda one: round(one.cut, 2))},
    )


def _compensated(stack: Stack, facet: Facet, gap: int, name: str) -> Termination | None:
    """Take half of a polar termination's topmost plane to the other side: Tasker's cure where it cancels the dipole.

    Stacked, a unit whose atoms are taken from its top to below its bottom is the slab with these atoms moved over.
    """
    wider, ways = halves(stack, gap)
    made = [_cut(wider, facet, gap, half) for half in ways]
    flat = [one for one in made if one.dipole is not None and abs(one.dipole) <= POLAR]
    both = [one for one in flat if _turns_over(one, 2) and _turns_over(one, 3)]
    if not flat:
        return None
    named = f"{name}-half"
    if not both:
        return replace(flat[0], name=named)
    return replace(both[0], name=named, bottom=named, surplus=())


def _turns_over(termination: Termination, layers: int) -> bool:
    """Say whether an operation takes a slab's upper side to its lower one."""
    slab = termination.unit.repeat((1, 1, layers))
    slab.set_cell([*slab.cell.array[:2], (layers + 2) * termination.height * termination.normal])
    rotations, _ = operations(slab, 1e-2)
    return bool((rotations[:, 2, 2] == -1).any())


def _surplus(stack: Stack, gap: int, over: list[int]) -> tuple[int, ...] | None:
    """Say which planes at the bottom of a unit must go so that its lower side is the upper one turned over."""
    if not over:
        return None
    count = len(stack.planes)
    fewest = min((other - gap) % count for other in over)
    return tuple(int(atom) for step in range(fewest) for atom in stack.planes[(gap + step) % count])


def _cut(stack: Stack, facet: Facet, gap: int, moved: Sequence[int] | np.ndarray = ()) -> Termination:
    """End the crystal below a plane: the planes under it go to the top of the repeat unit, and some atoms down again."""
    unit = stack.unit.copy()
    lifts = np.zeros(len(unit), dtype=int)
    lifts[[atom for plane in stack.planes[:gap] for atom in plane]] = 1
    lifts[list(moved)] -= 1
    unit.positions += lifts[:, None] * unit.cell.array[2]
    area = float(np.linalg.norm(np.cross(*unit.cell.array[:2])))
    crossing = stack.bonds.steps[:, 2] + lifts[stack.bonds.first] - lifts[stack.bonds.second]
    counted: dict[str, float] = {}
    for bond in np.flatnonzero(crossing > 0):
        pair = unit.symbols[[stack.bonds.first[bond], stack.bonds.second[bond]]]
        kind = "–".join(ordered(pair) * (2 if pair[0] == pair[1] else 1))
        counted[kind] = counted.get(kind, 0.0) + 100 * int(crossing[bond]) / area
    charged, dipole = polarity(unit, stack.planes, stack.normal)
    return Termination(
        name="",
        facet=facet,
        unit=unit,
        normal=stack.normal,
        bonds=dict(sorted(counted.items())),
        charged=charged,
        dipole=dipole,
        bottom=None,
    )


def _names(formulas: list[str]) -> list[str]:
    """Give names to terminations by their topmost planes, numbered where several have one composition."""
    numbered = []
    for place, formula in enumerate(formulas):
        alone = formulas.count(formula) == 1
        numbered.append(formula if alone else f"{formula}-{formulas[: place + 1].count(formula)}")
    return numbered
