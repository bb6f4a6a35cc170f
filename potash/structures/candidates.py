"""Candidates for an interface: the matches of all facets that are considered, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from potash.errors import BadInput
from potash.structures.cuts import Cut, cut_cell, facet_cuts, layer_cell
from potash.structures.interfaces import Stack, repeats_of
from potash.structures.matching import Match, common_cell, matches, rank
from potash.structures.strain import Common

if TYPE_CHECKING:
    from ase import Atoms

Facet = tuple[int, int, int]


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
    """

    facet: Facet | None
    cut: Cut | None
    cell: Atoms
    repeats: int

    @property
    def symmetric(self) -> bool:
        """Whether both surfaces of the slab are the same."""
        return self.cut is None or self.cut.symmetric


@dataclass(frozen=True)
class Candidate:
    """An interface that could be built: two faces and their match."""

    film: Face
    substrate: Face
    match: Match

    @property
    def atoms(self) -> int:
        """The number of atoms of the interface."""
        times = self.match.multiples
        return sum(
            n * face.repeats * len(face.cell) for n, face in zip(times, (self.film, self.substrate), strict=True)
        )

    def common(self, share: float) -> Common:
        """Give the common cell, its strain shared."""
        return common_cell(self.film.cell, self.substrate.cell, self.match, share)

    def stack(self, frozen: int) -> Stack:
        """Say how its slabs are stacked."""
        return Stack(self.match.film, self.match.substrate, (self.film.repeats, self.substrate.repeats), frozen)


def face(primitive: Atoms, given: Atoms, facet: Facet | None, termination: int, thickness: float) -> Face:
    """Cut one side of an interface.

    Parameters
    ----------
    primitive, given
        The phase's primitive cell, and the cell that the facet's indices refer to.
    facet
        Miller indices; None for a layer.
    termination
        Which of `structures.cuts.facet_cuts`, from 1.
    thickness
        At least, in Å.

    Raises
    ------
    BadInput
        If a crystal has no facet named, a layer has one, or there is no such termination.
    """
    name = f"{primitive.symbols.formula.reduce()[0]:metal}"
    if not primitive.pbc.all():
        if facet is not None:
            raise BadInput(f"{name} is a layer and has no facet {facet}; leave the facet out")
        return Face(None, None, layer_cell(primitive), 1)
    if facet is None:
        raise BadInput(f"{name} is a crystal: name its facet, [1, 1, 1] say")
    known = facet_cuts(primitive, given, facet)
    if termination > len(known):
        raise BadInput(f"{name} {facet} has {len(known)} terminations of its own composition, not {termination}")
    cut = known[termination - 1]
    cell = cut_cell(primitive, cut)
    return Face(facet, cut, cell, repeats_of(cell, thickness))


def candidates(
    films: Sequence[Face], substrates: Sequence[Face], max_area: float, max_strain: float
) -> tuple[Candidate, ...]:
    """Rank the matches of all pairs of faces: the least strained first, then the smaller area, then fewer atoms.

    Parameters
    ----------
    films, substrates
        The faces of both sides.
    max_area, max_strain
        As for `structures.matching.matches`.
    """
    found = [
        Candidate(film, substrate, match)
        for film in films
        for substrate in substrates
        for match in matches(film.cell, substrate.cell, max_area=max_area, max_strain=max_strain)
    ]
    return tuple(sorted(found, key=lambda each: (*rank(each.match.strain, each.match.area), each.atoms)))
