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
#: So many voxels are solved at once.
BLOCK = 2**17
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
    """Let the electrons run uphill; give the maxima's places on the grid, (m, 3), and what arrives there, (m,).

    Voxels are taken from the thinnest up, a block at a time: what leaves a block goes to denser ones alone, so that no
    more than a block's share of the matrix is ever kept.
    """
    from scipy.sparse.linalg import spsolve_triangular

    flat = density.ravel()
    seen = np.flatnonzero(flat > VACUUM)
    seen = seen[np.argsort(flat[seen], kind="stable")]
    rank = np.full(flat.shape, -1, dtype=np.int32)
    rank[seen] = np.arange(len(seen), dtype=np.int32)
    neighbours = facets(cell.array / np.array(density.shape)[:, None])
    passed = electrons.ravel()[seen]
    tops = []
    for start in range(0, len(seen), BLOCK):
        voxels = seen[start : start + BLOCK]
        end = start + len(voxels)
        giver, taker, share = _shares(density, voxels, rank, neighbours)
        within = taker < end
        system = _system(giver[within], taker[within] - start, share[within], len(voxels))
        passed[start:end] = spsolve_triangular(system, passed[start:end], lower=True, unit_diagonal=True)
        np.add.at(passed, taker[~within], share[~within] * passed[start + giver[~within]])
        tops.append(start + np.flatnonzero(np.bincount(giver, minlength=len(voxels)) == 0))
    top = np.concatenate([np.empty(0, dtype=int), *tops])
    return np.array(np.unravel_index(seen[top], density.shape)).T, passed[top]


def _shares(
    density: np.ndarray, voxels: np.ndarray, rank: np.ndarray, neighbours: list[tuple[tuple[int, ...], float]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say which share of a voxel's electrons each denser neighbour gets: the voxel's place in the block, the other's rank."""
    flat = density.ravel()
    places = np.unravel_index(voxels, density.shape)
    givers, takers, flows = [], [], []
    for steps, weight in neighbours:
        moved = tuple(place + step for place, step in zip(places, steps, strict=True))
        other = np.ravel_multi_index(moved, density.shape, mode="wrap")
        rise = flat[other] - flat[voxels]
        uphill = np.flatnonzero(rise > 0)
        givers.append(uphill)
        takers.append(rank[other[uphill]])
        flows.append(weight * rise[uphill])
    giver, taker, flow = map(np.concatenate, (givers, takers, flows))
    flow /= np.bincount(giver, flow, minlength=len(voxels))[giver]
    return giver, taker, flow


def _system(giver: np.ndarray, taker: np.ndarray, share: np.ndarray, size: int) -> csr_matrix:
    """Make the matrix of ``q − Jᵀ q`` within a block."""
    from scipy.sparse import csr_matrix

    own = np.arange(size)
    entries = np.concatenate([np.ones(size), -share])
    return csr_matrix((entries, (np.concatenate([own, taker]), np.concatenate([own, giver]))), shape=(size, size))


def _nearest(fractions: np.ndarray, atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Name the nearest atom of each place, (m, 3) in fractions of the cell, and say which are far from all."""
    from ase.geometry import minkowski_reduce
    from scipy.spatial import cKDTree

    # Within a reduced cell the nearest image lies no more than one cell away.
    cell = minkowski_reduce(atoms.cell.array)[0]
    back = np.linalg.inv(cell)
    images = np.array(np.meshgrid(*[(-1, 0, 1)] * 3)).reshape(3, -1).T
    everywhere = ((atoms.positions @ back) % 1.0)[:, None] + images
    distances, found = cKDTree(everywhere.reshape(-1, 3) @ cell).query(
        ((fractions @ atoms.cell.array @ back) % 1.0) @ cell
    )
    return found // len(images), distances > OWN
