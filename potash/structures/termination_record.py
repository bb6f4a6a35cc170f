"""What is known of a termination, and all of a facet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.bonds import formula_of
from potash.structures.facets import Facet
from potash.structures.polarity import POLAR, tasker

if TYPE_CHECKING:
    from ase import Atoms


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
    surplus
        The atoms of the lowest unit without which the lower side is as the upper one, at another composition where
        there are any; None where no symmetry turns the crystal over.
    """

    name: str
    facet: Facet
    unit: Atoms = field(repr=False)
    normal: np.ndarray = field(repr=False)
    bonds: dict[str, float]
    charged: bool | None
    dipole: float | None
    bottom: str | None
    surplus: tuple[int, ...] | None = None

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
        """Tasker's type: see `polarity.tasker`."""
        return tasker(self.charged, self.polar)

    @property
    def stoichiometric(self) -> bool | None:
        """Whether a slab with this termination on both sides has the bulk's composition; None where there is none."""
        if self.symmetric:
            return True
        if self.surplus is None:
            return None
        return formula_of(self.unit[list(self.surplus)]) == formula_of(self.unit)

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
    compensated
        By name: polar ones whose dipole vanishes when half of the topmost plane is taken to the slab's other side.
        None of them is chosen without its name.
    """

    facet: Facet
    formula: str
    known: dict[str, Termination]
    through: int
    compensated: dict[str, Termination]

    def choose(self, name: str | None = None) -> Termination:
        """Give the termination of a name; without one, that which is not polar and cuts the fewest bonds.

        Raises
        ------
        BadInput
            If there is none of that name, or all are polar.
        """
        where = f"{self.formula} ({' '.join(map(str, self.facet))})"
        every = {**self.known, **self.compensated}
        listed = ", ".join(every)
        if name is not None:
            if name not in every:
                raise BadInput(f"{where} has no termination '{name}' (it has: {listed})")
            return every[name]
        for state in (False, None):
            for termination in self.known.values():
                if termination.polar is state:
                    return termination
        raise BadInput(f"every termination of {where} is polar; name the one that you mean (it has: {listed})")
