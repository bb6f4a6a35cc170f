"""A molecule's electrostatic potential around it, at Merz and Kollman's points."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.errors import BadInput
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.engine import Engine, Settings

#: Radii of the surfaces, in Å (U. C. Singh, P. A. Kollman, doi:10.1002/jcc.540050204; B. H. Besler, K. M. Merz,
#: P. A. Kollman, doi:10.1002/jcc.540110404; as in GAMESS and github.com/cdsgroup/resp at a2365707).
RADII = {"H": 1.20, "B": 1.45, "C": 1.50, "N": 1.50, "O": 1.40, "F": 1.35, "Si": 1.17, "P": 1.80, "S": 1.75, "Cl": 1.70}
#: Surfaces at so many times the radii, with so many points an Å².
SHELLS, DENSITY = (1.4, 1.6, 1.8, 2.0), 1.0


def electrostatics(atoms: Atoms, engine: Engine, settings: Settings, folder: Path) -> dict[str, Any]:
    """Compute the potential around a molecule, which stays as it is.

    Returns
    -------
    dict
        ``points`` ((points, 3) in Å), ``values`` ((points,) in V), ``atoms``, ``calls`` and ``seconds``.
    """
    began = time.monotonic()
    points = surface(atoms)
    values = engine.electrostatics(atoms, settings, folder, points)
    return {
        "points": points.tolist(),
        "values": values.tolist(),
        "atoms": encode(atoms),
        "calls": 1,
        "seconds": time.monotonic() - began,
    }


def surface(atoms: Atoms) -> np.ndarray:
    """Lay points around a molecule, on spheres about its atoms where these are not within others: (points, 3) in Å.

    Raises
    ------
    BadInput
        Naming an element without a radius.
    """
    if unknown := sorted(set(atoms.symbols) - set(RADII)):
        raise BadInput(f"no Merz-Kollman radius is known for {', '.join(unknown)} (known: {', '.join(RADII)})")
    radii = np.array([RADII[symbol] for symbol in atoms.symbols])
    found = []
    for scale in SHELLS:
        for number, (place, radius) in enumerate(zip(atoms.positions, scale * radii, strict=True)):
            points = place + radius * _sphere(int(DENSITY * 4 * np.pi * radius**2))
            apart = np.linalg.norm(points[:, None] - atoms.positions[None], axis=2)
            outside = apart >= scale * radii
            outside[:, number] = True
            found.append(points[outside.all(axis=1)])
    return np.concatenate(found)


def _sphere(count: int) -> np.ndarray:
    """Lay at most so many points on the unit sphere, on circles of latitude as Connolly does."""
    around = int(np.sqrt(np.pi * count))
    circles = around // 2
    found = []
    for height in np.pi * np.arange(circles + 1) / circles:
        here = max(1, int(around * np.sin(height) + 1e-10))
        angles = 2 * np.pi * np.arange(here) / here
        ring = np.column_stack([np.cos(angles), np.sin(angles), np.full(here, 0.0)]) * np.sin(height)
        ring[:, 2] = np.cos(height)
        found.append(ring)
    return np.concatenate(found)[:count]
