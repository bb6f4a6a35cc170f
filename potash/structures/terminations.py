"""All distinct terminations of a facet, and what each of them is: polar, symmetric, how many bonds it cuts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.bonds import charges, formula_of, ordered
from potash.structures.facets import Facet, normal_of, oriented
from potash.structures.planes import Stack, below, images, planes, through

if TYPE_CHECKING:
    from ase import Atoms

#: A repeat unit with a larger dipole along the normal than this is polar, in e/Å (per area), as in pymatgen.
POLAR = 1e-3


@dataclass(frozen=True)
class Termination:
    """One way to end a crystal at a facet: whole planes, whole molecules.

    Attributes
    ----------
    name
        The composition of the topmost plane, numbered where several have the same, as ``K``, ``Sb-1``.
    facet
        Miller indices.
    unit
        One repeat unit from bottom to top: two vectors in the facet, the third to the next unit. Its atoms are
        where they are in the bulk, up to lattice vectors.
    normal
        Outwards, of length 1.
    bonds
        Cut bonds in 1/nm² by kind, as ``{"K–Se": 9.1}``.
    charged
        Whether planes carry a formal charge; None where no charges can be guessed.
    dipole
        Of the repeat unit along the normal, by formal charges, in e/Å (per area); None where none can be guessed.
    bottom
        The name of the termination that the slab's lower side has; None where no symmetry turns the crystal over.
    """

    name: str
    facet: Facet
    unit: Atoms = field(repr=False)
    normal: np.ndarray = field(repr=False)
    bonds: dict[str, float]
    charged: bool | None
    dipole: float | None
    bottom: str | None

    @property
    def symmetric(self) -> bool:
        """Whether symmetry makes the lower side the same as the upper one."""
        return self.bottom == self.name

    @property
    def polar(self) -> bool | None:
        """Whether charge piles up with thickness; None where no charges can be guessed and symmetry does not tell."""
        if self.symmetric:
            return False
        return None if self.dipole is None else abs(self.dipole) > POLAR

    @property
    def tasker(self) -> int | None:
        """Tasker's type: 1 neutral planes, 2 charged planes without a dipole, 3 with one (doi:10.1088/0022-3719/12/22/036)."""
        if self.charged is None:
            return None
        return 3 if self.polar else 2 if self.charged else 1

    @property
    def height(self) -> float:
        """The height of a repeat unit, in Å."""
        return float(self.unit.cell.array[2] @ self.normal)

    @property
    def area(self) -> float:
        """The area of the repeat unit's face, in Å²."""
        return float(np.linalg.norm(np.cross(*self.unit.cell.array[:2])))

    @property
    def cut(self) -> float:
        """Cut bonds of all kinds in 1/nm²."""
        return sum(self.bonds.values())


@dataclass(frozen=True)
class Terminations:
    """The distinct terminations of a facet, the fewest cut bonds first.

    Attributes
    ----------
    known
        By name.
    through
        How many gaps between planes of atoms are no terminations because they run through molecules.
    """

    facet: Facet
    formula: str
    known: dict[str, Termination]
    through: int

    def choose(self, name: str | None = None) -> Termination:
        """Give the termination of a name; without one, that which is not polar and cuts the fewest bonds.

        Raises
        ------
        BadInput
            If there is none of that name, or all are polar.
        """
        where = f"{self.formula} ({' '.join(map(str, self.facet))})"
        listed = ", ".join(self.known)
        if name is not None:
            if name not in self.known:
                raise BadInput(f"{where} has no termination '{name}' (it has: {listed})")
            return self.known[name]
        for state in (False, None):
            for termination in self.known.values():
                if termination.polar is state:
                    return termination
        raise BadInput(f"every termination of {where} is polar; name the one that you mean (it has: {listed})")


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
        name: replace(found[gap], name=name, bottom=named[lower[gap]] if lower[gap] >= 0 else None)
        for gap, name in named.items()
    }
    return Terminations(facet, formula_of(bulk), known, through(stack, planes(unit, stack.normal, True).gaps))


def _cut(stack: Stack, facet: Facet, gap: int) -> Termination:
    """End the crystal below a plane: the planes under it go to the top of the repeat unit."""
    unit = stack.unit.copy()
    lifts = np.zeros(len(unit), dtype=int)
    lifts[[atom for plane in stack.planes[:gap] for atom in plane]] = 1
    unit.positions += lifts[:, None] * unit.cell.array[2]
    area = float(np.linalg.norm(np.cross(*unit.cell.array[:2])))
    crossing = stack.bonds.steps[:, 2] + lifts[stack.bonds.first] - lifts[stack.bonds.second]
    counted: dict[str, float] = {}
    for bond in np.flatnonzero(crossing > 0):
        pair = unit.symbols[[stack.bonds.first[bond], stack.bonds.second[bond]]]
        kind = "–".join(ordered(pair) * (2 if pair[0] == pair[1] else 1))
        counted[kind] = counted.get(kind, 0.0) + 100 * int(crossing[bond]) / area
    guess = charges(unit)
    carried = np.array([guess[symbol] for symbol in unit.symbols]) if guess else None
    return Termination(
        name="",
        facet=facet,
        unit=unit,
        normal=stack.normal,
        bonds=dict(sorted(counted.items())),
        charged=None if carried is None else any(abs(carried[plane].sum()) > 1e-6 for plane in stack.planes),
        dipole=None if carried is None else float(carried @ unit.positions @ stack.normal) / area,
        bottom=None,
    )


def _names(formulas: list[str]) -> list[str]:
    """Give names to terminations by their topmost planes, numbered where several have one composition."""
    numbered = []
    for place, formula in enumerate(formulas):
        alone = formulas.count(formula) == 1
        numbered.append(formula if alone else f"{formula}-{formulas[: place + 1].count(formula)}")
    return numbered
