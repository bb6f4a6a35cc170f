"""Faces of an interface: a layer, or a crystal cut along a facet, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.bonds import formula_of, molecules
from potash.structures.cuts import PLANE, Cut, cut_cell, facet_cuts, layer_cell
from potash.structures.facets import Facet
from potash.structures.interfaces import repeats_of
from potash.structures.polarity import POLAR, polarity, tasker

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class Face:
    """One side of an interface.

    Attributes
    ----------
    facet
        Its Miller indices; None for a layer.
    cut
        How the primitive cell is cut; None for a layer.
    cell
        The cut cell.
    repeats
        How many of them the slab is thick.
    number, count
        Which of the facet's cuts it is, from 1, and how many there are.
    """

    facet: Facet | None
    cut: Cut | None
    cell: Atoms
    repeats: int
    number: int = 1
    count: int = 1

    @property
    def symmetric(self) -> bool:
        """Whether both surfaces of the slab are the same."""
        return self.cut is None or self.cut.symmetric

    @cached_property
    def planes(self) -> list[np.ndarray]:
        """The atoms of each plane of the cut cell, the lowest first; molecules that are whole count by their middles."""
        groups = np.arange(len(self.cell)) if self.cut and self.cut.cut_molecules else molecules(self.cell)[0]
        # The cell has its molecules whole along the normal.
        middles = np.bincount(groups, self.cell.positions[:, 2]) / np.bincount(groups)
        order = np.argsort(middles, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(middles[order]) > PLANE) + 1)
        return [np.flatnonzero(np.isin(groups, part)) for part in parts]

    @property
    def ends(self) -> tuple[str, str]:
        """The compositions of the lowest plane and of the highest one."""
        return formula_of(self.cell[self.planes[0]]), formula_of(self.cell[self.planes[-1]])

    @cached_property
    def _charges(self) -> tuple[bool | None, float | None]:
        return polarity(self.cell, self.planes, np.array([0.0, 0.0, 1.0]))

    @property
    def polar(self) -> bool | None:
        """Whether charge piles up with thickness; None where no charges can be guessed and symmetry does not tell."""
        if self.symmetric:
            return False
        dipole = self._charges[1]
        return None if dipole is None else abs(dipole) > POLAR

    @property
    def tasker(self) -> int | None:
        """Tasker's type, as of a `termination_record.Termination`."""
        return tasker(self._charges[0], self.polar)

    @property
    def words(self) -> str:
        """Say which face it is, what ends it, and whether it is polar."""
        if self.facet is None:
            return f"a layer, {self.ends[0]} below and {self.ends[1]} above."
        where = f"{formula_of(self.cell)} ({' '.join(map(str, self.facet))}), cut {self.number} of {self.count}"
        kind = f" (Tasker type {self.tasker})" if self.tasker else ""
        polar = {
            True: f"polar{kind}: its dipole grows with the thickness",
            False: f"not polar{kind}",
            None: "no formal charges can be guessed, so it is not known whether it is polar",
        }[self.polar]
        sides = "both sides alike" if self.symmetric else "its sides differ"
        return f"{where}: {self.ends[0]} below, {self.ends[1]} above; {polar}; {sides}."


def faces(
    primitive: Atoms, given: Atoms, facet: Facet | None, thickness: float, *, cut_molecules: bool = False
) -> tuple[Face, ...]:
    """List the ways to cut one side of an interface; a layer is its only one.

    Parameters
    ----------
    primitive, given
        The phase's primitive cell, and the cell that the facet's indices refer to.
    facet
        Miller indices; None for a layer.
    thickness
        At least, in Å.
    cut_molecules
        Whether molecules and polyanions may be cut.

    Returns
    -------
    tuple of Face
        In the order of `structures.cuts.facet_cuts`.

    Raises
    ------
    BadInput
        If a crystal has no facet named, or a layer has one.
    """
    name = f"{primitive.symbols.formula.reduce()[0]:metal}"
    if not primitive.pbc.all():
        if facet is not None:
            raise BadInput(f"{name} is a layer and has no facet {facet}; leave the facet out")
        return (Face(None, None, layer_cell(primitive), 1),)
    if facet is None:
        raise BadInput(f"{name} is a crystal: name its facet, [1, 1, 1] say")
    known = facet_cuts(primitive, given, facet, cut_molecules=cut_molecules)
    cells = [cut_cell(primitive, cut) for cut in known]
    return tuple(
        Face(facet, cut, cell, repeats_of(cell, thickness), number, len(known))
        for number, (cut, cell) in enumerate(zip(known, cells, strict=True), start=1)
    )


def face(
    primitive: Atoms,
    given: Atoms,
    facet: Facet | None,
    termination: int,
    thickness: float,
    *,
    cut_molecules: bool = False,
) -> Face:
    """Cut one side of an interface.

    Parameters
    ----------
    termination
        Which of `faces`, from 1; a layer has but one and needs none.
    primitive, given, facet, thickness, cut_molecules
        As for `faces`.

    Raises
    ------
    BadInput
        Also if there is no such termination.
    """
    known = faces(primitive, given, facet, thickness, cut_molecules=cut_molecules)
    if facet is None:
        return known[0]
    if termination > len(known):
        name = f"{primitive.symbols.formula.reduce()[0]:metal}"
        whole = "" if cut_molecules or not _cuts_more(primitive, given, facet, len(known)) else (
            "; more would cut molecules (cut_molecules)"
        )  # fmt: skip
        raise BadInput(f"{name} {facet} has {len(known)} terminations of its own composition, not {termination}{whole}")
    return known[termination - 1]


def _cuts_more(primitive: Atoms, given: Atoms, facet: Facet, count: int) -> bool:
    return len(facet_cuts(primitive, given, facet, cut_molecules=True)) > count
