"""Places of an ion: in the host's lattice, between its atoms, or on a surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.adsorption import SiteAt, height_over, sites
from potash.structures.orbits import Points, Symmetry, symmetry_of

if TYPE_CHECKING:
    from ase import Atoms

#: Empty places nearer to each other than this are one place, in Å.
MERGE = 0.4
#: An ion fits where every atom is farther away than this fraction of the sum of their covalent radii.
WIDE = 0.55
#: Atoms this much farther from an empty place than the nearest one are its neighbours still, in Å.
SHELL = 0.3
#: Directions to neighbours have at least this as their smallest singular value; those in one plane have zero.
FLAT = 0.1


@dataclass(frozen=True)
class Site:
    """A place where an ion sits or may sit.

    Attributes
    ----------
    position
        Fractions of the crystal's cell.
    orbit
        Sites that symmetry relates share it; numbered from 0.
    name
        The ion's symbol or ``i`` (interstitial) with the number of the orbit from 1, as ``K1``; on a surface
        ``top``, ``bridge``, ``hollow-1`` as `structures.adsorption` names them.
    """

    position: tuple[float, float, float]
    orbit: int
    name: str


def lattice_sites(host: Atoms, ion: str) -> tuple[Site, ...]:
    """Find where the ion sits in its host, in the order of the host's atoms.

    Raises
    ------
    BadInput
        If the host has no such ion.
    """
    atoms = [index for index, symbol in enumerate(host.symbols) if symbol == ion]
    if not atoms:
        raise BadInput(f"the host {formula(host)} has no ion {ion} that could hop")
    orbits = Points(symmetry_of(host), host.positions[atoms]).orbits
    scaled = host.get_scaled_positions(wrap=False)[atoms]
    return tuple(
        _site(position, orbit, f"{ion}{orbit + 1}") for position, orbit in zip(scaled, orbits.tolist(), strict=True)
    )


def interstitial_sites(host: Atoms, ion: str) -> tuple[Site, ...]:
    """Find the empty places of a crystal that are wide enough for an ion, the widest first.

    They are the vertices of the atoms' Voronoi cells that have atoms all around, so that every step away leads
    nearer to one. Vertices within `MERGE` of a wider one, or of an image of their own, are one place with it.

    Parameters
    ----------
    host
        A crystal's cell.
    ion
        The element whose radius is taken: it fits where every atom is farther than `WIDE` of the sum of the radii.

    Returns
    -------
    tuple of Site
        All of them in the cell.

    Raises
    ------
    BadInput
        If the host is not periodic in all directions, or has no such place.
    """
    if not host.pbc.all():
        raise BadInput(f"{formula(host)} is not periodic in all three directions; interstitials need a crystal")
    symmetry = symmetry_of(host)
    around = _around(host, symmetry)
    taken = np.empty((0, 3))
    found: list[Site] = []
    for vertex in _vertices(around.positions, symmetry):
        place = _special(vertex, symmetry)
        if (np.linalg.norm(symmetry.steps(place, taken), axis=1) < MERGE).any():
            continue
        taken = np.vstack([taken, symmetry.images(place)])
        if _fits(place, around, ion):
            orbit = len({site.orbit for site in found})
            found += [_site(position, orbit, f"i{orbit + 1}") for position in symmetry.orbit(place, host)]
    if not found:
        raise BadInput(f"{formula(host)} has no empty place that is wide enough for {ion}")
    return tuple(found)


def _around(host: Atoms, symmetry: Symmetry) -> Atoms:
    """Repeat a crystal over a ball in which the Voronoi vertices of the primitive cell in its middle are right.

    No point is farther from an atom than half the sum of the primitive vectors' lengths, and the cell's own
    points are no farther than that from its middle.
    """
    cell = host.cell.array
    radius = float(np.linalg.norm(symmetry.basis, axis=1).sum())
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    most = np.ceil(radius / heights).astype(int) + 1
    steps = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in most], indexing="ij"), axis=-1).reshape(-1, 3)
    wrapped = host.copy()
    wrapped.wrap()
    everywhere = (wrapped.positions[None] + (steps @ cell)[:, None]).reshape(-1, 3)
    near = np.linalg.norm(everywhere - symmetry.basis.sum(axis=0) / 2, axis=1) < radius + 0.1
    from ase import Atoms as Make

    return Make(np.tile(host.numbers, len(steps))[near], everywhere[near])


def _vertices(points: np.ndarray, symmetry: Symmetry) -> np.ndarray:
    """Give the Voronoi vertices in the primitive cell, the widest first."""
    from scipy.spatial import Voronoi, cKDTree

    vertices = Voronoi(points).vertices
    scaled = vertices @ np.linalg.inv(symmetry.basis)
    inside = vertices[((scaled > -0.01) & (scaled < 1.01)).all(axis=1)]
    widths = np.round(cKDTree(points).query(inside)[0], 2)
    order = np.lexsort([*np.round(inside.T, 3), -widths])
    ordered: np.ndarray = inside[order]
    return ordered


def _special(vertex: np.ndarray, symmetry: Symmetry) -> np.ndarray:
    """Move a point onto the symmetry element that it is near to: to the middle of the images around it."""
    steps = symmetry.steps(vertex, symmetry.images(vertex))
    near = np.linalg.norm(steps, axis=1) < MERGE
    middle: np.ndarray = vertex + steps[near].mean(axis=0)
    return middle


def _fits(place: np.ndarray, around: Atoms, ion: str) -> bool:
    """Say whether a place has atoms all around, none of them too near."""
    from ase.data import covalent_radii
    from scipy.optimize import nnls

    ways = around.positions - place
    distances = np.linalg.norm(ways, axis=1)
    radii = covalent_radii[around.numbers] + covalent_radii[number_of(ion)]
    near = distances < distances.min() + SHELL
    directions = (ways[near] / distances[near, None]).T
    # The place is in the midst of its neighbours if weights make their directions cancel, and these are not of one plane:
    # Voronoi diagrams have such places where more than four atoms are as near and rounding parts them.
    missed = nnls(np.vstack([directions, np.ones(near.sum())]), np.array([0.0, 0, 0, 1]))[1]
    spread = np.linalg.svd(directions, compute_uv=False)[-1]
    return bool((distances > WIDE * radii).all() and missed < 0.1 and spread > FLAT)


def surface_sites(layer: Atoms, ion: str) -> tuple[Site, ...]:
    """Find all adsorption sites of a layer or slab in its cell, with the height of the ion over them.

    Parameters
    ----------
    layer
        Periodic in x and y; its upper side counts.
    ion
        The element that adsorbs, at the height that `structures.adsorption.adsorb` gives it.

    Raises
    ------
    BadInput
        If it is not periodic in x and y alone.
    """
    if layer.pbc.tolist() != [True, True, False]:
        raise BadInput(
            f"{formula(layer)} is no layer: adatoms need one that is periodic in its first two vectors alone"
        )
    number_of(ion)
    symmetry = symmetry_of(layer, upright=True)
    found: list[Site] = []
    for orbit, kind in enumerate(sites(layer)):
        found += [_site(position, orbit, kind.name) for position in _over(layer, symmetry, kind, ion)]
    return tuple(found)


def _over(layer: Atoms, symmetry: Symmetry, kind: SiteAt, ion: str) -> np.ndarray:
    inverse = np.linalg.inv(layer.cell.array)
    top = layer.positions[:, 2].max()
    height = np.array([0, 0, top + height_over(layer, kind.position, ion)]) @ inverse
    images = symmetry.orbit(np.array([*kind.position, 0.0]), layer)
    images[:, 2] = 0
    lifted: np.ndarray = images + height
    return lifted


def number_of(ion: str) -> int:
    """Give an element's atomic number.

    Raises
    ------
    BadInput
        If there is no such element.
    """
    from ase.data import atomic_numbers

    if ion not in atomic_numbers:
        raise BadInput(f"there is no element '{ion}'; give a symbol such as K")
    return int(atomic_numbers[ion])


def formula(host: Atoms) -> str:
    """Give a structure's formula, metals first."""
    return str(host.symbols.formula.reduce()[0].format("metal"))


def _site(position: np.ndarray, orbit: int, name: str) -> Site:
    return Site((float(position[0]), float(position[1]), float(position[2])), orbit, name)
