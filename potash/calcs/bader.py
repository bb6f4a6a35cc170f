"""Bader's partition of a density on a grid by the weight method of Yu and Trinkle (doi:10.1063/1.3553716).

Every voxel hands its electrons on to its denser neighbours, in proportion to the density's slope times the facet that
the two voxels' Voronoi cells share; what arrives at a maximum belongs to it. With ``J[X, Y]`` the share that ``X`` hands
to ``Y``, the electrons that pass through all voxels solve ``q = ρ + Jᵀ q``: sorted by density, a triangular system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.calls import Recorder

if TYPE_CHECKING:
    from ase import Atoms
    from ase.cell import Cell
    from scipy.sparse import csr_matrix

    from potash.calcs.engine import Engine

#: Below this density is vacuum, in e/Å³: what noise makes of maxima there means nothing.
VACUUM = 1e-4
#: A maximum farther than this from every nucleus is nobody's own, in Å.
OWN = 0.6


@dataclass(frozen=True)
class Basins:
    """How the electrons of a density fall to the atoms.

    Attributes
    ----------
    electrons
        Of each atom, (n,); a maximum away from all atoms is counted to the nearest one.
    astray
        Electrons of maxima farther than `OWN` from every atom.
    vacuum
        Electrons that are too thin to fall to anybody.
    """

    electrons: np.ndarray
    astray: float
    vacuum: float


def bader(atoms: Atoms, engine: Engine, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Compute the Bader charges of a structure as it is.

    Parameters
    ----------
    options
        ``voxel``: how far apart the points of the density are, in Å.

    Returns
    -------
    dict
        ``charges`` (n,), the nuclei's less the electrons, and the electrons ``astray`` and in the ``vacuum``, all in e.
        Empty in all processes but the first, which alone has the density.
    """
    atoms.calc = recorder
    atoms.get_potential_energy()
    density = engine.density(atoms, recorder.live(atoms), options["voxel"])
    if density is None:
        return {}
    seen = atoms.copy()
    seen.positions += recorder.shift
    found = partition(density, seen)
    charges = atoms.numbers - found.electrons
    return {"charges": charges.tolist(), "astray": found.astray, "vacuum": found.vacuum}


def partition(density: np.ndarray, atoms: Atoms) -> Basins:
    """Give the electrons of a density to the atoms.

    Parameters
    ----------
    density
        (l, m, n), in e/Å³, at the fractions ``i / l``, ``j / m``, ``k / n`` of the cell's vectors; periodic.
    atoms
        The nuclei, in the same cell, which need not be orthogonal.
    """
    electrons = density * abs(atoms.cell.volume) / density.size
    maxima, fallen = _maxima(density, electrons, atoms.cell)
    nearest, far = _nearest(maxima / density.shape, atoms)
    return Basins(
        electrons=np.bincount(nearest, fallen, minlength=len(atoms)),
        astray=float(fallen[far].sum()),
        vacuum=float(electrons[density <= VACUUM].sum()),
    )


def facets(cell: np.ndarray) -> list[tuple[tuple[int, ...], float]]:
    """List the neighbours of a lattice point whose Voronoi cells share a facet with its own.

    Parameters
    ----------
    cell
        (3, 3) vectors of the lattice, in Å.

    Returns
    -------
    list
        Steps along the three vectors, and the facet's area over the neighbour's distance, in Å.
    """
    from ase.geometry import minkowski_reduce
    from scipy.spatial import Voronoi

    reduced, turned = minkowski_reduce(cell)
    near = np.array(np.meshgrid(*[(-2, -1, 0, 1, 2)] * 3)).reshape(3, -1).T
    centre = int(np.flatnonzero((near == 0).all(axis=1))[0])
    voronoi = Voronoi(near @ reduced)
    found = []
    for pair, corners in zip(voronoi.ridge_points, voronoi.ridge_vertices, strict=True):
        if centre in pair:
            other = int(pair.sum()) - centre
            steps = near[other] @ turned
            found.append(
                (tuple(map(int, steps)), _area(voronoi.vertices[corners]) / np.linalg.norm(near[other] @ reduced))
            )
    widest = max(weight for _, weight in found)
    return [(steps, float(weight)) for steps, weight in found if weight > 1e-9 * widest]


def _area(corners: np.ndarray) -> float:
    """Give the area of a plane polygon, (n, 3) in the order of its rim."""
    spokes = corners[1:] - corners[0]
    return float(np.linalg.norm(np.cross(spokes[:-1], spokes[1:]).sum(axis=0)) / 2)


def _maxima(density: np.ndarray, electrons: np.ndarray, cell: Cell) -> tuple[np.ndarray, np.ndarray]:
    """Let the electrons run uphill; give the maxima's places on the grid, (m, 3), and what arrives there, (m,)."""
    from scipy.sparse import identity
    from scipy.sparse.linalg import spsolve_triangular

    seen = np.flatnonzero(density > VACUUM)
    seen = seen[np.argsort(-density.ravel()[seen], kind="stable")]
    shares = _shares(density, seen, cell.array / np.array(density.shape)[:, None])
    system = (identity(len(seen), format="csr") - shares).tocsr()
    passed = spsolve_triangular(system, electrons.ravel()[seen], lower=False, unit_diagonal=True)
    handed = np.bincount(shares.indices, minlength=len(seen))
    top = np.flatnonzero(handed == 0)
    return np.array(np.unravel_index(seen[top], density.shape)).T, passed[top]


def _shares(density: np.ndarray, seen: np.ndarray, lattice: np.ndarray) -> csr_matrix:
    """Say which share of a voxel's electrons (column) each denser neighbour (row) gets.

    Parameters
    ----------
    seen
        The voxels that take part, from the densest down: their order in the matrix.
    """
    from scipy.sparse import csr_matrix

    place = np.zeros(density.shape, dtype=np.int32)
    place.ravel()[seen] = np.arange(len(seen), dtype=np.int32)
    givers, takers, flows = [], [], []
    for steps, weight in facets(lattice):
        back = tuple(-step for step in steps)
        rise = np.roll(density, back, axis=(0, 1, 2)).ravel()[seen] - density.ravel()[seen]
        uphill = np.flatnonzero(rise > 0)
        givers.append(uphill.astype(np.int32))
        takers.append(np.roll(place, back, axis=(0, 1, 2)).ravel()[seen[uphill]])
        flows.append(weight * rise[uphill])
    giver, taker, flow = map(np.concatenate, (givers, takers, flows))
    flow /= np.bincount(giver, flow, minlength=len(seen))[giver]
    return csr_matrix((flow, (taker, giver)), shape=(len(seen), len(seen)))


def _nearest(fractions: np.ndarray, atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Name the nearest atom of each place, (m, 3) in fractions of the cell, and say which are far from all."""
    from ase.geometry import get_distances

    distances = get_distances(fractions @ atoms.cell.array, atoms.positions, cell=atoms.cell, pbc=True)[1]
    return distances.argmin(axis=1), distances.min(axis=1) > OWN
