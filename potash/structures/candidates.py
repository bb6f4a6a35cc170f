"""Candidates for an interface: the matches of all facets that are considered, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from potash.structures.faces import Face
from potash.structures.interfaces import Stack
from potash.structures.matching import Match, common_cell, matches, rank
from potash.structures.strain import Common


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

    @property
    def facing(self) -> str:
        """Which planes touch: the film's lowest and the substrate's highest."""
        return f"{self.film.ends[0]} | {self.substrate.ends[1]}"

    def common(self, share: float) -> Common:
        """Give the common cell, its strain shared."""
        return common_cell(self.film.cell, self.substrate.cell, self.match, share)

    def stack(self, frozen: int) -> Stack:
        """Say how its slabs are stacked."""
        return Stack(self.match.film, self.match.substrate, (self.film.repeats, self.substrate.repeats), frozen)


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
