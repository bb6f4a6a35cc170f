"""Hessians read: curvatures, vibrations, and whether a saddle's negative mode runs along its path."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase.units import second

from potash.errors import BadInput

#: Curvatures nearer to zero than this are neither up nor down, in eV/Å²: forces are not more exact.
FLAT = 0.01


def curvatures(hessian: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the curvatures of the energy along its principal directions.

    Parameters
    ----------
    hessian
        (3n, 3n) in eV/Å².

    Returns
    -------
    tuple of ndarray
        Curvatures (3n,) in eV/Å², the lowest first, and their directions (3n, n, 3) of length 1.
    """
    values, vectors = np.linalg.eigh(_square(hessian))
    return values, vectors.T.reshape(len(values), -1, 3)


def modes(hessian: Any, masses: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the harmonic vibrations: the eigenvectors of the mass-weighted Hessian.

    Parameters
    ----------
    hessian
        (3n, 3n) in eV/Å².
    masses
        (n,) in atomic mass units.

    Returns
    -------
    tuple of ndarray
        Frequencies (3n,) in THz, the lowest first, imaginary ones as negative numbers; and how the atoms move
        (3n, n, 3), each mode of length 1.
    """
    matrix = _square(hessian)
    weights = np.repeat(np.asarray(masses, dtype=float), 3) ** -0.5
    if len(weights) != len(matrix):
        raise BadInput(f"a Hessian of {len(matrix) // 3} atoms needs as many masses, not {len(weights) // 3}")
    values, vectors = np.linalg.eigh(matrix * np.outer(weights, weights))
    moves = (weights[:, None] * vectors).T
    moves /= np.linalg.norm(moves, axis=1, keepdims=True)
    # In ASE's units of time the square root is an angular frequency; second is one second in them.
    frequencies = np.sign(values) * np.sqrt(np.abs(values)) / (2 * np.pi) * second * 1e-12
    return frequencies, moves.reshape(len(values), -1, 3)


def negative(values: Any, tolerance: float = FLAT) -> int:
    """Count the curvatures that go down: those below minus the tolerance (both in eV/Å²)."""
    return int((np.asarray(values) < -tolerance).sum())


def overlap(mode: Any, tangent: Any, chosen: Any) -> float:
    """Say how far a mode runs along a path: 1 along it, 0 across it.

    Parameters
    ----------
    mode
        How the chosen atoms move, (n, 3).
    tangent
        The direction of the path at the saddle, for all atoms, (N, 3).
    chosen
        Which of the N atoms the mode has.

    Returns
    -------
    float
        The cosine of the angle between the two over the chosen atoms, without its sign.
    """
    along, across = np.ravel(np.asarray(tangent)[list(chosen)]), np.ravel(mode)
    if not (along.any() and across.any()):
        raise BadInput("the path does not move the chosen atoms; choose those that hop")
    return float(abs(along @ across) / (np.linalg.norm(along) * np.linalg.norm(across)))


def _square(hessian: Any) -> np.ndarray:
    matrix = np.asarray(hessian, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) % 3 or not len(matrix):
        raise BadInput(f"a Hessian has 3n rows and 3n columns, not {' × '.join(map(str, matrix.shape))}")
    return matrix
