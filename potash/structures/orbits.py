"""Points of a crystal, and where its symmetry takes them: the crystal's own, whichever cell it is given in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import spglib

from potash.errors import BadInput
from potash.structures.symmetry import cell_of, operations

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.ways import Ways

#: How far a symmetry operation may miss an atom, in Å: files give fractions with four digits.
SYMMETRY = 5e-3
#: Points that agree within this are the same point, in Å.
SAME = 0.05


@dataclass(frozen=True)
class Symmetry:
    """A crystal's symmetry in its primitive lattice.

    Attributes
    ----------
    basis
        The primitive vectors, as short as can be, (3, 3) in Å.
    rotations, translations
        The operations in fractions of the basis, (n, 3, 3) and (n, 3).
    """

    basis: np.ndarray
    rotations: np.ndarray
    translations: np.ndarray

    @property
    def turns(self) -> np.ndarray:
        """The rotations in space, (n, 3, 3): an operation takes a point x to ``turn @ x + shift``."""
        turned: np.ndarray = self.basis.T @ self.rotations @ np.linalg.inv(self.basis.T)
        return turned

    @property
    def shifts(self) -> np.ndarray:
        """The translations in Å, (n, 3)."""
        shifted: np.ndarray = self.translations @ self.basis
        return shifted

    def images(self, point: np.ndarray) -> np.ndarray:
        """Give what the operations make of a point (Å): (n, 3) in Å, some of them the same point."""
        scaled = point @ np.linalg.inv(self.basis)
        images: np.ndarray = (self.rotations @ scaled + self.translations) @ self.basis
        return images

    def steps(self, point: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Give the ways from a point to others (Å), up to primitive vectors: to near ones, the shortest."""
        scaled = (others - point) @ np.linalg.inv(self.basis)
        steps: np.ndarray = (scaled - np.round(scaled)) @ self.basis
        return steps

    def orbit(self, point: np.ndarray, atoms: Atoms) -> np.ndarray:
        """Give all images of a point (Å) in a cell of the crystal, in fractions of that cell and their order, (n, 3)."""
        from ase.build.supercells import lattice_points_in_supercell

        distinct: list[np.ndarray] = []
        for image in self.images(point):
            if not distinct or np.linalg.norm(self.steps(image, np.array(distinct)), axis=1).min() > SAME:
                distinct.append(image)
        inverse = np.linalg.inv(atoms.cell.array)
        tiling = np.round(atoms.cell.array @ np.linalg.inv(self.basis)).astype(int)
        scaled = ((np.array(distinct) @ inverse)[:, None] + lattice_points_in_supercell(tiling)).reshape(-1, 3)
        inside: np.ndarray = np.round(scaled - np.floor(scaled + 1e-6), 9) + 0.0  # no -0
        ordered: np.ndarray = inside[np.lexsort(np.round(inside, 4).T[::-1])]
        return ordered


def primitive_of(atoms: Atoms) -> Atoms:
    """Give the primitive cell of a crystal with the shortest vectors; its atoms stay where they are in space.

    Raises
    ------
    BadInput
        If spglib finds no symmetry.
    """
    from ase import Atoms as Make
    from ase.geometry import minkowski_reduce

    found = spglib.get_symmetry_dataset(cell_of(atoms), symprec=SYMMETRY)
    if found is None:
        raise BadInput(f"spglib finds no symmetry of {atoms.symbols.formula:metal}; are there atoms upon each other?")
    basis, _ = minkowski_reduce(np.asarray(found.primitive_lattice))
    _, first = np.unique(found.mapping_to_primitive, return_index=True)
    moments = atoms.get_initial_magnetic_moments()
    return Make(
        atoms.numbers[first],
        atoms.positions[first],
        cell=basis,
        pbc=True,
        magmoms=moments[first] if moments.any() else None,
    )


def symmetry_of(atoms: Atoms, *, upright: bool = False) -> Symmetry:
    """Find the symmetry of a crystal, whichever cell it is given in.

    Parameters
    ----------
    atoms
        A cell of the crystal; one that breaks its symmetry (2×1×1 of a cubic one) serves as well.
    upright
        Only the operations that leave the direction z alone: those of a surface.

    Raises
    ------
    BadInput
        If spglib finds none.
    """
    primitive = primitive_of(atoms)
    symmetry = Symmetry(primitive.cell.array, *operations(primitive, SYMMETRY))
    if upright:
        lifted = symmetry.shifts[:, 2] / atoms.cell.array[2, 2]
        kept = np.isclose(symmetry.turns[:, 2, 2], 1, atol=1e-3) & (np.abs(lifted - np.round(lifted)) < 1e-3)
        return Symmetry(symmetry.basis, symmetry.rotations[kept], symmetry.translations[kept])
    return symmetry


class Points:
    """Points of a crystal that symmetry maps onto each other, and labels of paths among them.

    Labels are whole numbers: points by index, primitive cells by steps. Coordinates that a file gives with few
    digits make no new labels.

    Attributes
    ----------
    orbits
        For each point the number of its orbit, in the order of the points, (n,).
    """

    def __init__(self, symmetry: Symmetry, positions: np.ndarray) -> None:
        self.symmetry = symmetry
        self._inverse = np.linalg.inv(symmetry.basis)
        owners: list[int] = []
        for position in positions:
            same = np.linalg.norm(symmetry.steps(position, positions[: len(owners) + 1]), axis=1) < SAME
            owners.append(int(same.argmax()))
        # Points that primitive vectors relate share one representative: the first of them.
        first, self._owners = np.unique(owners, return_inverse=True)
        self._own = positions @ self._inverse
        self._scaled = self._own[first]
        self._moved, self._shifts = self._mapped()
        self.orbits = _numbered(self._moved.min(axis=0)[self._owners])

    def _mapped(self) -> tuple[np.ndarray, np.ndarray]:
        """Say which representative each operation takes each one to, (n, points), and into which cell."""
        moved, shifts = [], []
        for rotation, translation in zip(self.symmetry.rotations, self.symmetry.translations, strict=True):
            difference = (self._scaled @ rotation.T + translation)[:, None] - self._scaled[None]
            cells = np.round(difference)
            nearest = np.linalg.norm((difference - cells) @ self.symmetry.basis, axis=2).argmin(axis=1)
            moved.append(nearest)
            shifts.append(cells[np.arange(len(nearest)), nearest].astype(int))
        return np.array(moved), np.array(shifts)

    def labels(self, ways: Ways) -> np.ndarray:
        """Label ways among the points so that those related by symmetry have one label: whole numbers, a row a way."""
        points = self._owners[ways.points]
        reached = self._own[ways.points[:, :1]] + ways.vectors @ self._inverse
        cells = np.round(reached - self._scaled[points]).astype(int)
        images = []
        for rotation, moved, shift in zip(self.symmetry.rotations, self._moved, self._shifts, strict=True):
            there = cells @ rotation.T + shift[points]
            there -= there[:, :1]
            images.append(np.hstack([moved[points], there.reshape(len(points), -1)]))
        return least(images)


def least(labels: Sequence[np.ndarray]) -> np.ndarray:
    """Take, row by row, the label that comes first in the order of a dictionary."""
    best = labels[0]
    for other in labels[1:]:
        difference = other - best
        first = difference[np.arange(len(difference)), (difference != 0).argmax(axis=1)]
        best = np.where(first[:, None] < 0, other, best)
    return best


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Count labels off in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
