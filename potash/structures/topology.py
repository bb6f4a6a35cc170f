"""What a liquid is made of: its molecules, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Species:
    """A kind of molecule or ion, and how many of it there are.

    Attributes
    ----------
    name
        As `structures.molecules` or the user has it.
    charge
        In e.
    elements
        Of its atoms, in their order.
    bonds
        Pairs of its atoms, counted from 0.
    count
        How many of it there are.
    """

    name: str
    charge: int
    elements: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    count: int


@dataclass(frozen=True)
class Topology:
    """The molecules of a liquid: all of the first species, then all of the second; atoms of a molecule are neighbours.

    Attributes
    ----------
    species
        In their order.
    """

    species: tuple[Species, ...]

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """The elements of all atoms."""
        return tuple(element for each in self.species for element in each.elements * each.count)

    @cached_property
    def kinds(self) -> np.ndarray:
        """The species of each molecule, (molecules,)."""
        return np.repeat(np.arange(len(self.species)), [each.count for each in self.species])

    @cached_property
    def first(self) -> np.ndarray:
        """The first atom of each molecule, (molecules,)."""
        sizes = np.array([len(each.elements) for each in self.species], int)[self.kinds]
        starts: np.ndarray = np.cumsum(sizes) - sizes
        return starts

    @cached_property
    def molecules(self) -> np.ndarray:
        """The molecule of each atom, (atoms,)."""
        sizes = [len(self.species[kind].elements) for kind in self.kinds]
        return np.repeat(np.arange(len(self.kinds)), sizes)

    def atoms(self, species: int, element: str | None = None) -> np.ndarray:
        """List a species' atoms, or those of one element, in all of its molecules."""
        each = self.species[species]
        inside = [number for number, symbol in enumerate(each.elements) if element in (None, symbol)]
        found: np.ndarray = (self.first[self.kinds == species][:, None] + np.array(inside, int)).ravel()
        return found

    def bonds(self) -> Iterator[tuple[int, int]]:
        """Go through the bonds of all molecules."""
        for first, kind in zip(self.first.tolist(), self.kinds.tolist(), strict=True):
            for one, other in self.species[kind].bonds:
                yield first + one, first + other

    def plain(self) -> list[dict[str, Any]]:
        """Write it as plain data."""
        return [asdict(each) for each in self.species]

    @classmethod
    def read(cls, plain: list[dict[str, Any]]) -> Topology:
        """Read what `plain` wrote, from JSON as well."""
        return cls(
            tuple(
                Species(
                    each["name"],
                    int(each["charge"]),
                    tuple(each["elements"]),
                    tuple((int(one), int(other)) for one, other in each["bonds"]),
                    int(each["count"]),
                )
                for each in plain
            )
        )
