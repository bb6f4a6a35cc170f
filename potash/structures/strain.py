"""Strain in the plane: of matches, and shared between two sides.

Vectors are rows: a deformation ``D`` takes a point ``x`` to ``x @ D``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms


def plane(cell: Atoms) -> np.ndarray:
    """Give a surface cell's two vectors in the plane, (2, 2) in Å."""
    vectors: np.ndarray = cell.cell.array[:2, :2]
    return vectors


def von_mises(stretches: np.ndarray) -> float:
    """Give the von Mises strain of a sheet from its two principal stretches, as pymatgen defines it.

    Of Green and Lagrange's strain ``E``, with none along the normal: ``√(2/3 Σ dev(E)²)``.
    """
    strain = np.array([*(np.asarray(stretches) ** 2 - 1) / 2, 0.0])
    return float(np.sqrt(2 / 3 * ((strain - strain.mean()) ** 2).sum()))


def rotation_of(deformation: np.ndarray) -> np.ndarray:
    """Give the rotation in a deformation, by polar decomposition."""
    left, _, right = np.linalg.svd(deformation)
    rotation: np.ndarray = left @ right
    return rotation


@dataclass(frozen=True)
class Common:
    """The cell that two sides share.

    Attributes
    ----------
    cell
        Its vectors, the first along x, (2, 2) in Å.
    film, substrate
        Deformations that take each side there, rotation included, (2, 2).
    strains
        Von Mises strain of the film and of the substrate.
    """

    cell: np.ndarray
    film: np.ndarray
    substrate: np.ndarray
    strains: tuple[float, float]


def common(film: np.ndarray, substrate: np.ndarray, share: float) -> Common:
    """Share the strain of a match between both sides.

    Parameters
    ----------
    film, substrate
        The vectors of the supercells that are laid upon each other, (2, 2) in Å.
    share
        0: the film takes all the strain; 1: the substrate does; between: the cell is the mean of both, weighted so.
    """
    turned = film @ rotation_of(np.linalg.inv(film) @ substrate)
    cell = (1 - share) * substrate + share * turned
    x, y = cell[0] / np.linalg.norm(cell[0])
    cell = cell @ np.array([[x, -y], [y, x]])
    deformations = [np.linalg.inv(side) @ cell for side in (film, substrate)]
    strains = [von_mises(np.linalg.svd(each, compute_uv=False)) for each in deformations]
    return Common(cell, deformations[0], deformations[1], (strains[0], strains[1]))


def strained(cell: Atoms, deformation: np.ndarray, height: float = 1.0) -> Atoms:
    """Strain a surface cell in the plane, and stretch it along the normal by a factor."""
    made: Atoms = cell.copy()
    whole = np.eye(3)
    whole[:2, :2] = deformation
    whole[2, 2] = height
    made.set_cell(cell.cell.array @ whole, scale_atoms=True)
    return made
