"""Adsorption sites on layers and facets: top, bridge and hollow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.orbits import symmetry_of

if TYPE_CHECKING:
    from ase import Atoms

#: Atoms within this of the highest one make up the surface, in Å.
SURFACE = 0.6
#: Sites of one name that are no farther apart are one, in Å: an adsorbate relaxes from one to the other.
ONE = 0.3
#: An adsorbate starts no lower than this above the highest atom, in Å.
ABOVE = 1.0
#: Sites as near to an atom are told apart by the atoms within this, in Å.
SEEN = 6.0
#: How far from the rim of a disc of atoms its Voronoi cells are those of the whole surface, in Å.
RIM = 20.0


@dataclass(frozen=True)
class SiteAt:
    """A place for an adsorbate.

    Attributes
    ----------
    name
        ``top``, ``bridge`` or ``hollow``, numbered where symmetry keeps several apart.
    position
        In the surface plane, x and y in Å.
    distance
        To the nearest surface atom in the plane, in Å.
    """

    name: str
    position: tuple[float, float]
    distance: float


def sites(surface: Atoms) -> list[SiteAt]:
    """Find the adsorption sites of a surface that symmetry keeps apart.

    Top sites lie over the surface's atoms; hollow sites are the points of the plane that are farthest from them
    (the vertices of their Voronoi cells); bridge sites lie midway between neighbours that share a Voronoi edge.

    Parameters
    ----------
    surface
        A layer or slab, periodic in x and y; its highest atoms count.

    Returns
    -------
    list of SiteAt
        Top sites first, then bridges, then hollows; of each the nearest to an atom first, and of those as near the one with
        the nearest atoms beneath (on fcc (111) the hollow over an atom of the second layer), so that a name means the same
        on crystals that are alike.
    """
    from scipy.spatial import Voronoi

    height = surface.positions[:, 2]
    top = surface.positions[height > height.max() - SURFACE, :2]
    plane = surface.cell.array[:2, :2]
    points = _around(top, plane)
    diagram = Voronoi(points)
    bridges = [
        (points[i] + points[j]) / 2
        for (i, j), edge in zip(diagram.ridge_points, diagram.ridge_vertices, strict=True)
        if -1 not in edge and np.linalg.norm(diagram.vertices[edge[0]] - diagram.vertices[edge[1]]) > 0.1
    ]
    # At the rim of the disc of atoms the diagram is not that of the surface.
    reach = np.linalg.norm(points - top.mean(axis=0), axis=1).max() - RIM
    found: list[SiteAt] = []
    for name, everywhere in (("top", top), ("bridge", np.array(bridges)), ("hollow", diagram.vertices)):
        places = everywhere[np.linalg.norm(everywhere - top.mean(axis=0), axis=1) < reach]
        kinds = _distinct(surface, places, points)
        for number, (position, distance) in enumerate(kinds, start=1):
            label = name if len(kinds) == 1 else f"{name}-{number}"
            found.append(SiteAt(label, (float(position[0]), float(position[1])), distance))
    return found


def _around(top: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Repeat the surface's atoms over a disc that is wide against the cell, however skewed the cell is."""
    lengths = np.linalg.norm(plane, axis=1)
    radius = 2 * lengths.max() + RIM
    heights = abs(np.linalg.det(plane)) / lengths[::-1]
    most = np.ceil(radius / heights).astype(int) + 1
    steps = np.array([[i, j] for i in range(-most[0], most[0] + 1) for j in range(-most[1], most[1] + 1)])
    everywhere = (top[:, None, :] + (steps @ plane)[None, :, :]).reshape(-1, 2)
    points: np.ndarray = everywhere[np.linalg.norm(everywhere - top.mean(axis=0), axis=1) < radius]
    return points


def _distinct(surface: Atoms, places: np.ndarray, points: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Keep one of the places inside the cell that a symmetry of the surface maps onto each other, or nearly does.

    Of places that are nearly one that is kept which lies farthest from the atoms.
    """
    symmetry = symmetry_of(surface, upright=True)
    plane = surface.cell.array[:2, :2]
    kept: list[tuple[np.ndarray, float]] = []
    images = np.empty((0, 3))
    distance = [round(float(np.linalg.norm(points - place, axis=1).min()), 6) for place in places]
    for place in places[np.argsort(np.negative(distance), kind="stable")]:
        scaled = place @ np.linalg.inv(plane)
        position = (scaled - np.floor(scaled + 1e-6)) @ plane
        point = np.array([*position, 0.0])
        if (np.linalg.norm(symmetry.steps(point, images), axis=1) < ONE).any():
            continue
        images = np.vstack([images, symmetry.images(point)])
        kept.append((position, float(np.linalg.norm(points - position, axis=1).min())))
    return sorted(kept, key=lambda place: (round(place[1], 3), _around_in_space(surface, place[0])))


def _around_in_space(surface: Atoms, place: np.ndarray) -> list[float]:
    """Give the distances (Å) of the atoms within `SEEN` from a place at the height of the highest one, the nearest first."""
    from ase import Atoms as Make
    from ase.neighborlist import neighbor_list

    point = Make("X", [[*place, surface.positions[:, 2].max()]])
    first, second, distances = neighbor_list("ijd", surface + point, SEEN)
    of_point = (first == len(surface)) & (second != len(surface))
    return [round(float(each), 3) for each in np.sort(distances[of_point])]


def height_over(surface: Atoms, position: tuple[float, float], ion: str) -> float:
    """Give how far above the highest atom (Å) an atom comes down upon the surface's, spheres of their covalent radii.

    It stays `ABOVE` over the highest atom even where a gap between the atoms is wide enough for it.
    """
    from ase.data import atomic_numbers, covalent_radii
    from ase.geometry import get_distances

    flat = surface.positions * (1, 1, 0)
    distance = get_distances([(*position, 0.0)], flat, surface.cell, (True, True, False))[1][0]
    reach = covalent_radii[atomic_numbers[ion]] + covalent_radii[surface.numbers]
    met = distance < reach
    height = surface.positions[met, 2] + np.sqrt(reach[met] ** 2 - distance[met] ** 2)
    return float(max([ABOVE, *(height - surface.positions[:, 2].max())]))


def adsorb(surface: Atoms, position: tuple[float, float], ion: str, bare: Atoms | None = None) -> Atoms:
    """Put an atom over a place (x and y, Å), where it touches the surface: see `height_over`.

    Parameters
    ----------
    bare
        The surface before it relaxed, in its own cell or a larger one: the height is taken over its atoms.

    Returns
    -------
    Atoms
        The surface with the adsorbate as its last atom.
    """
    from ase import Atoms as Make

    height = surface.positions[:, 2].max() + height_over(surface if bare is None else bare, position, ion)
    together: Atoms = surface + Make(ion, [[*position, height]])
    together.set_constraint(surface.constraints)
    return together
