"""Operations that a calculation keeps: its k-points fold onto few, and its atoms stay where they say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import spglib

from potash.calcs.calculation import Calculation
from potash.calcs.engine import Cost, engine
from potash.calcs.gaussian import Array
from potash.structures.encoding import decode
from potash.structures.symmetry import PRECISION, cell_of

if TYPE_CHECKING:
    from ase import Atoms

#: Tasks that keep the symmetry that they start with.
FOLDED = ("relax", "potential", "bader")
#: An operation may miss an atom by so much more than spglib lets it, in Å: errors of the origin add to those of the atoms.
ROOM = 5 * PRECISION


@dataclass(frozen=True)
class Group:
    """A group of operations about one point.

    Attributes
    ----------
    rotations
        (n, 3, 3), of columns of fractional coordinates.
    turns
        The same (n, 3, 3) in Cartesian coordinates.
    images
        (n, atoms): where each operation takes each atom.
    shift
        Added to all positions, in Å, it brings the point to the cell's origin.
    """

    rotations: Array
    turns: Array
    images: Array
    shift: Array

    def symmetric(self, moves: Array) -> Array:
        """Take from displacements (atoms, 3) what breaks the symmetry."""
        kept = np.zeros_like(moves)
        for turn, image in zip(self.turns, self.images, strict=True):
            kept[image] += moves @ turn.T
        return kept / len(self.turns)

    def irreducible(self, points: Array) -> int:
        """Count the k-points (m, 3), in fractions of the reciprocal cell, that the group and time reversal leave."""
        turned = points @ np.linalg.inv(self.rotations).round()
        return _distinct(np.concatenate([turned, -turned]))


def kept(calculation: Calculation) -> Group | None:
    """Find the group that a calculation at a fixed cell keeps; None where it folds no k-points or the engine cannot use it."""
    settings, options = calculation.settings, calculation.options
    if calculation.task not in FOLDED or options.get("cell", "fixed") != "fixed" or options.get("symmetry"):
        return None
    if not engine(calculation.engine).folds or np.prod(settings.get("kpoints", 1)) == 1:
        return None
    grid = points(settings["kpoints"], settings["gamma"])
    group = about_one_point(decode(calculation.atoms[0]), grid)
    return group if group is not None and group.irreducible(grid) < _distinct(np.stack([grid, -grid])) else None


def centred(calculation: Calculation) -> Atoms:
    """Give the atoms of a calculation whose engine looks for the symmetry itself, the point of most operations at the origin.

    An engine that folds k-points knows operations about the origin alone; a user's file may have it anywhere.
    """
    atoms = decode(calculation.atoms[0])
    if (group := _found(calculation)) is not None:
        atoms.positions += group.shift
    return atoms


def _found(calculation: Calculation) -> Group | None:
    """Find the group that the engine will find by itself, where it is asked to."""
    settings = calculation.settings
    if not (settings.get("symmetry") and engine(calculation.engine).folds):
        return None
    return about_one_point(decode(calculation.atoms[0]), points(settings["kpoints"], settings["gamma"]))


def estimate(calculation: Calculation) -> Cost:
    """Estimate a call of a calculation: the engine's own estimate, less what symmetry spares."""
    cost = engine(calculation.engine).estimate(decode(calculation.atoms[0]), calculation.settings)
    group = kept(calculation) or _found(calculation)
    if group is None:
        return cost
    grid = points(calculation.settings["kpoints"], calculation.settings["gamma"])
    count = group.irreducible(grid)
    spared = count / _distinct(np.stack([grid, -grid]))
    return Cost(cost.core_seconds * spared, cost.memory * spared, min(cost.cores, count))


def points(divisions: list[int], gamma: bool) -> Array:
    """List the k-points of a grid, in fractions of the reciprocal cell; even divisions lie off Γ unless it is asked for."""
    axes = [(np.arange(n) + (0.0 if gamma or n % 2 else 0.5)) / n for n in divisions]
    return np.array(list(product(*axes)))


def about_one_point(atoms: Atoms, grid: Array) -> Group | None:
    """Find the largest group of operations that leave a point, the frozen atoms and the grid of k-points as they are.

    Parameters
    ----------
    atoms
        The structure; along directions that are not periodic nothing turns.
    grid
        (m, 3): k-points, in fractions of the reciprocal cell.

    Returns
    -------
    Group or None
        None where nothing but the identity is left.
    """
    cell, scaled, plain = cell_of(atoms)
    frozen = np.zeros(len(atoms), dtype=bool)
    for constraint in atoms.constraints:
        frozen[constraint.get_indices()] = True
    kinds: Any = np.unique(np.column_stack([plain, frozen]), axis=0, return_inverse=True)[1].ravel()
    found = spglib.get_symmetry((cell, scaled, kinds), symprec=PRECISION)
    if found is None:
        return None
    usable = [
        (rotation, translation)
        for rotation, translation in zip(found["rotations"], found["translations"], strict=True)
        if _flat(rotation, translation, atoms.pbc) and _leaves(rotation, grid)
    ]
    point, chosen = _common_point(usable, cell, atoms.pbc)
    images = _images(scaled - point, kinds, chosen, cell)
    if len(chosen) < 2 or images is None or not _closed(chosen):
        return None
    turns = np.array([cell.T @ rotation @ np.linalg.inv(cell.T) for rotation in chosen])
    return Group(chosen, turns, images, -point @ cell)


def _flat(rotation: Array, translation: Array, pbc: Array) -> bool:
    """Say whether an operation leaves the directions alone that are not periodic."""
    unit = np.eye(3)
    return all(
        periodic
        or (
            (rotation[axis] == unit[axis]).all()
            and (rotation[:, axis] == unit[axis]).all()
            and abs(translation[axis] - round(translation[axis])) < 1e-6
        )
        for axis, periodic in enumerate(pbc)
    )


def _leaves(rotation: Array, grid: Array) -> bool:
    """Say whether a rotation takes a grid of k-points onto itself."""
    turned = grid @ np.linalg.inv(rotation).round()
    return set(_numbers(turned).tolist()) == set(_numbers(grid).tolist())


def _distinct(orbits: Array) -> int:
    """Count points (operations, m, 3) of which some are images of others: each is known by its lowest number."""
    return len(np.unique(_numbers(orbits).min(axis=0)))


def _numbers(points: Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Give each point (…, 3) a number that is the same for points that lattice vectors join: three times six digits."""
    digits = np.round((points - np.floor(points + 1e-9)) * 10**6).astype(np.int64) % 10**6
    return np.asarray(digits @ np.array([10**12, 10**6, 1]))


def _common_point(usable: list[tuple[Array, Array]], cell: Array, pbc: Array) -> tuple[Array, Array]:
    """Find the point that most operations leave where it is, in fractions of the cell, and those operations."""
    first = {rotation.tobytes(): (rotation, translation) for rotation, translation in reversed(usable)}
    around = np.array(list(product(*[(-1, 0, 1) if periodic else (0,) for periodic in pbc])))
    fixed = [
        (translation + around) @ np.linalg.pinv(np.eye(3) - rotation).T
        for rotation, translation in first.values()
        if not (rotation == np.eye(3)).all()
    ]
    candidates = np.unique(np.round(np.concatenate([np.zeros((1, 3)), *fixed]) % 1.0, 6) % 1.0, axis=0)
    rotations = np.array([rotation for rotation, _ in usable])
    translations = np.array([translation for _, translation in usable])
    best, chosen = np.zeros(3), rotations[:0]
    for candidate in candidates:
        moved = rotations @ candidate + translations - candidate
        miss = np.linalg.norm((moved - moved.round()) @ cell, axis=1)
        held = np.unique(rotations[miss < ROOM], axis=0)
        if len(held) > len(chosen):
            best, chosen = candidate, held
    return best, chosen


def _images(scaled: Array, kinds: Array, rotations: Array, cell: Array) -> Array | None:
    """Find where the rotations take each atom; None where one of them misses."""
    images = np.zeros((len(rotations), len(scaled)), dtype=int)
    for number, rotation in enumerate(rotations):
        apart = (scaled @ rotation.T)[:, None] - scaled[None]
        distances = np.linalg.norm((apart - apart.round()) @ cell, axis=2)
        distances[kinds[:, None] != kinds[None]] = np.inf
        images[number] = distances.argmin(axis=1)
        hit = distances[np.arange(len(scaled)), images[number]]
        if hit.max() > ROOM or len(set(images[number])) < len(scaled):
            return None
    return images


def _closed(rotations: Array) -> bool:
    known = {rotation.tobytes() for rotation in rotations}
    return all((one @ other).tobytes() in known for one in rotations for other in rotations)
