"""Crystals cut along a facet: the cell that, stacked, is the slab."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.bonds import molecules
from potash.structures.symmetry import operations

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms nearer to each other than this along the normal are one atomic plane, in Å.
PLANE = 0.2
#: How far the vacuum reaches on each side of a slab, in Å.
VACUUM = 8.0


@dataclass(frozen=True)
class Cut:
    """A way to cut a crystal.

    Attributes
    ----------
    rows
        The vectors of the cut cell in terms of the crystal's, (3, 3) whole numbers; the first two lie in the facet,
        the third leads to the next lattice plane.
    level
        Where between two planes the crystal is cut, as a fraction of the distance of lattice planes.
    symmetric
        Whether a slab that is cut so has the same surface on both sides.
    cut_molecules
        Whether molecules and polyanions may be cut; else each goes whole to the side where its middle is.
    """

    rows: tuple[tuple[int, int, int], ...]
    level: float
    symmetric: bool
    cut_molecules: bool = False


def cuts(crystal: Atoms, normal: np.ndarray, *, cut_molecules: bool = False) -> tuple[Cut, ...]:
    """List the ways to cut a crystal across a direction into slabs of its own composition.

    Parameters
    ----------
    crystal
        Its cell; the smallest one gives the smallest slabs.
    normal
        The normal of the facet, (3,); of any length.
    cut_molecules
        Whether planes may run through molecules and polyanions (`bonds.molecules`); else these stay whole, and their
        middles make the planes, as in `terminations.terminations`.

    Returns
    -------
    tuple of Cut
        One between each two planes: those with the same surface on both sides first, then those that part
        the planes that are farthest from each other.

    Raises
    ------
    BadInput
        If the crystal has no lattice plane there.
    """
    rows = _rows(crystal.cell.array, normal)
    pieces = _pieces(crystal, rows, cut_molecules)
    heights = np.sort(pieces[1] % 1.0)
    thickness = _thickness(rows @ crystal.cell.array)
    gaps = np.diff([*heights, heights[0] + 1.0])
    found = []
    for height, gap in zip(heights, gaps, strict=True):
        if gap * thickness > PLANE or gap == gaps.max():  # planes may lie denser than PLANE: then the widest gap
            level = float((height + gap / 2) % 1.0)
            cell = _opened(crystal, rows, pieces, level)
            cut = Cut(_plain(rows), level, _symmetric(cell), cut_molecules)
            found.append(((not cut.symmetric, -round(float(gap), 3), _upwards(cell)), cut))
    return tuple(cut for _, cut in sorted(found, key=lambda pair: pair[0]))


def facet_cuts(
    crystal: Atoms, given: Atoms, facet: tuple[int, int, int], *, cut_molecules: bool = False
) -> tuple[Cut, ...]:
    """List the ways to cut a facet: see `cuts`.

    Parameters
    ----------
    crystal
        The crystal's primitive cell.
    given
        The cell that the facet's indices refer to, in the same orientation.
    facet
        Miller indices.
    cut_molecules
        As for `cuts`.

    Raises
    ------
    BadInput
        If all indices are 0, or the crystal is not periodic in all directions.
    """
    if not crystal.pbc.all():
        raise BadInput(f"{crystal.symbols.formula:metal} is no crystal and has no facets")
    if not any(facet):
        raise BadInput("(0, 0, 0) is no plane; at least one Miller index must differ from 0")
    return cuts(crystal, np.linalg.inv(given.cell.array) @ facet, cut_molecules=cut_molecules)


def cut_cell(crystal: Atoms, cut: Cut) -> Atoms:
    """Give the cell of a cut crystal: its first vector along x, its second in the plane, its atoms above z = 0.

    Stacked along its third vector it is the slab, without vacuum. Molecules that stay whole may reach beyond the cell's
    ends: it must not be wrapped along z.

    Parameters
    ----------
    crystal
        The cell that `cuts` was given, or the same after relaxation.
    cut
        One of them.
    """
    rows = np.array(cut.rows)
    return _opened(crystal, rows, _pieces(crystal, rows, cut.cut_molecules), cut.level)


def layer_cell(layer: Atoms) -> Atoms:
    """Give a layer's cell as `cut_cell` gives a crystal's.

    Raises
    ------
    BadInput
        If it is not periodic in its first two vectors alone.
    """
    if layer.pbc.tolist() != [True, True, False]:
        raise BadInput(f"{layer.symbols.formula:metal} is no layer: it is not periodic in x and y alone")
    made: Atoms = layer.copy()
    made.set_cell(_laid(layer.cell.array), scale_atoms=True)
    return made


def slab(cell: Atoms, repeats: int = 1, vacuum: float = VACUUM) -> Atoms:
    """Stack a cut cell, and put vacuum (Å) below and above."""
    stacked: Atoms = cell.repeat((1, 1, repeats if cell.pbc[2] else 1))
    stacked.pbc = (True, True, False)
    box = stacked.cell.array.copy()
    box[2] = (0, 0, 1)
    stacked.set_cell(box)
    stacked.center(vacuum=vacuum, axis=2)
    return stacked


def _rows(cell: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Choose the shortest lattice vectors in a plane, and the shortest that leads to the next one."""
    indices = cell @ normal
    indices = indices / np.abs(indices).max()
    whole = next((n for n in range(1, 200) if np.abs(n * indices - np.round(n * indices)).max() < 1e-4 * n), None)
    if whole is None:
        raise BadInput("the crystal has no lattice plane with these indices; the cell must be the one they refer to")
    miller = np.round(whole * indices).astype(int)
    miller //= np.gcd.reduce(miller)
    reach = int(np.abs(miller).max()) + 1
    steps = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    vectors = steps @ cell
    # Of vectors of one length always the same is taken, whatever the noise of arithmetic.
    order = np.lexsort([*np.round(-vectors.T, 3), np.round(np.linalg.norm(vectors, axis=1), 3)])
    steps, vectors, planes = steps[order], vectors[order], (steps @ miller)[order]
    inside = np.flatnonzero(planes == 0)[1:]
    first = inside[0]
    across = np.cross(vectors[first], vectors[inside]) @ normal
    second = inside[np.abs(across) > 1e-6][0]
    sign = np.sign(np.cross(vectors[first], vectors[second]) @ normal).astype(int)
    return np.array([steps[first], sign * steps[second], steps[planes == 1][0]])


def _pieces(crystal: Atoms, rows: np.ndarray, cut_molecules: bool) -> tuple[np.ndarray, np.ndarray]:
    """Give places (n, 3) in terms of the cut cell, with whole molecules, and the height (n,) of what each belongs to."""
    inverse = np.linalg.inv(rows @ crystal.cell.array)
    if cut_molecules:
        scaled: np.ndarray = crystal.positions @ inverse
        return scaled, scaled[:, 2]
    groups, cells = molecules(crystal)
    scaled = (crystal.positions + cells @ crystal.cell.array) @ inverse
    return scaled, (np.bincount(groups, scaled[:, 2]) / np.bincount(groups))[groups]


def _opened(crystal: Atoms, rows: np.ndarray, pieces: tuple[np.ndarray, np.ndarray], level: float) -> Atoms:
    from ase import Atoms as Make

    scaled = pieces[0] - [0, 0, level]
    cells = np.floor(scaled + 1e-6)
    cells[:, 2] = np.floor(pieces[1] - level + 1e-6)
    made: Atoms = Make(
        crystal.numbers, scaled_positions=scaled - cells, cell=_laid(rows @ crystal.cell.array), pbc=True
    )
    if (moments := crystal.get_initial_magnetic_moments()).any():
        made.set_initial_magnetic_moments(moments)
    return made


def _thickness(cell: np.ndarray) -> float:
    normal = np.cross(cell[0], cell[1])
    return float(abs(cell[2] @ normal) / np.linalg.norm(normal))


def _laid(cell: np.ndarray) -> np.ndarray:
    """Turn a cell so that its first vector points along x, its second lies in the plane and its third points up."""
    normal = np.cross(cell[0], cell[1])
    along = np.array([cell[0], np.cross(normal, cell[0]), normal])
    laid: np.ndarray = cell @ (along / np.linalg.norm(along, axis=1)[:, None]).T
    return laid


def _symmetric(cell: Atoms) -> bool:
    rotations, _ = operations(slab(cell), 1e-2)
    return bool((rotations[:, 2, 2] == -1).any())


def _upwards(cell: Atoms) -> list[tuple[float, int]]:
    """Give the heights and atomic numbers of a cut cell from below: they tell cuts apart, whatever the origin."""
    heights = (cell.positions[:, 2] - cell.positions[:, 2].min()).round(2)
    return sorted(zip(heights.tolist(), cell.numbers.tolist(), strict=True))


def _plain(rows: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    return tuple((int(a), int(b), int(c)) for a, b, c in rows)
