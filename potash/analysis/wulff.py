"""The equilibrium shape of a crystal from its surface energies: Wulff's construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Corners nearer than this fraction of the shape's size are one corner.
SAME = 1e-6


@dataclass(frozen=True)
class Face:
    """One face of the shape.

    Attributes
    ----------
    kind
        The number of its facet.
    corners
        In order around the face, (n, 3), in units of the surface energies; none where the facet does not appear.
    area
        In the square of that unit.
    """

    kind: int
    corners: np.ndarray
    area: float


def wulff(normals: list[np.ndarray], energies: list[float]) -> list[Face] | None:
    """Construct the shape in which each face is as far from the middle as its surface energy is high.

    The symmetry is that of the normals given: pymatgen's construction takes that of the lattice, which may be higher
    than the crystal's.

    Parameters
    ----------
    normals
        For each facet the normals of all faces that symmetry makes of it, (n, 3), of length 1.
    energies
        For each facet its surface energy, all above zero.

    Returns
    -------
    list of Face
        One for each normal, None where the faces do not close a shape.
    """
    from scipy.spatial import ConvexHull, QhullError

    every = np.vstack(normals)
    kinds = np.repeat(np.arange(len(normals)), [len(rows) for rows in normals])
    distances = np.array(energies)[kinds]
    # Faces are points of the dual body; where its hull has a side, faces of the shape meet in a corner.
    try:
        sides = ConvexHull(every / distances[:, None]).equations
    except (QhullError, ValueError):  # all in one plane, or fewer than four
        return None
    if (sides[:, 3] > -1e-9).any():
        return None
    corners = -sides[:, :3] / sides[:, 3:]
    faces = []
    for normal, kind, distance in zip(every, kinds.tolist(), distances, strict=True):
        on = corners[np.abs(corners @ normal - distance) < SAME * distances.max()]
        faces.append(Face(kind, *_polygon(on, normal, SAME * float(distances.max()))))
    return faces


def _polygon(points: np.ndarray, normal: np.ndarray, same: float) -> tuple[np.ndarray, float]:
    """Put the corners of a face in order, and give its area; neither where they span none."""
    distinct: list[np.ndarray] = []
    for point in points:
        if not distinct or np.linalg.norm(np.array(distinct) - point, axis=1).min() > same:
            distinct.append(point)
    if len(distinct) < 3:
        return np.empty((0, 3)), 0.0
    corners = np.array(distinct)
    outwards = corners - corners.mean(axis=0)
    along = outwards[0] / np.linalg.norm(outwards[0])
    angles = np.arctan2(outwards @ np.cross(normal, along), outwards @ along)
    corners = corners[np.argsort(angles)]
    crossed = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return corners, float(abs(crossed @ normal)) / 2
