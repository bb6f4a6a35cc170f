"""Hessians read: curvatures, vibrations, and whether a saddle's negative mode runs along its path."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase.units import second

from potash.errors import BadInput

#: Curvatures nearer to zero than this are neither up nor down, in eV/Å²: forces are not more exact.
FLAT = 0.01


def curvatures(hessian: Any, *, floating: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Give the curvatures of the energy along its principal directions.

    Parameters
    ----------
    hessian
        (3n, 3n) in eV/Å².
    floating
        Whether these are all atoms and nothing holds them: the three motions of all together are left out, whose
        curvature is zero but for the noise of forces (`drift`).

    Returns
    -------
    tuple of ndarray
        Curvatures (m,) in eV/Å², the lowest first, and their directions (m, n, 3) of length 1; m is 3n, or 3n − 3
        of floating atoms.
    """
    matrix = _square(hessian)
    basis = inner(np.ones(len(matrix) // 3), floating=floating)
    values, vectors = np.linalg.eigh(basis.T @ matrix @ basis)
    return values, (basis @ vectors).T.reshape(len(values), -1, 3)


def inner(masses: Any, *, floating: bool) -> np.ndarray:
    """Give an orthonormal basis of the motions of atoms against each other, in mass-weighted coordinates.

    Parameters
    ----------
    masses
        (n,); all one for coordinates without weights.
    floating
        As for `curvatures`: where the atoms are held, every motion is one.

    Returns
    -------
    ndarray
        (3n, 3n − 3), or the unit matrix (3n, 3n).
    """
    from scipy.linalg import null_space

    whole = _together(masses)
    return np.asarray(null_space(whole.T)) if floating else np.eye(len(whole))


def drift(hessian: Any) -> float:
    """Give the largest curvature that all atoms feel when moved together, in eV/Å²: zero where forces are exact."""
    matrix = _square(hessian)
    whole = _together(np.ones(len(matrix) // 3))
    return float(np.abs(np.linalg.eigvalsh(whole.T @ matrix @ whole)).max())


def _together(masses: Any) -> np.ndarray:
    """Give the motions of all atoms together along x, y, z, each of length 1 in mass-weighted coordinates, (3n, 3)."""
    weights = np.sqrt(np.asarray(masses, dtype=float))
    return np.asarray(np.kron(weights[:, None], np.eye(3)) / np.linalg.norm(weights))


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


def widened(bent: dict[str, Any], tangent: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give a saddle's curvatures for its chosen atoms and, where it is known, for the path's own direction of all others.

    Parameters
    ----------
    bent
        ``hessian`` (3n, 3n) of ``atoms`` (n indices), and possibly ``row``: the whole Hessian times the unit tangent, (N, 3),
        all in eV/Å².
    tangent
        The direction of the path, (N, 3).

    Returns
    -------
    tuple of ndarray
        Curvatures, the lowest first, (3n,) or (3n + 1,), and their directions for all atoms, (…, N, 3), of length 1.
    """
    path = np.asarray(tangent, dtype=float) / np.linalg.norm(tangent)
    places = (3 * np.asarray(bent["atoms"])[:, None] + np.arange(3)).ravel()
    basis = np.eye(path.size)[:, places]
    matrix = _square(bent["hessian"])
    if "row" in bent and (rest := np.linalg.norm(np.delete(path.ravel(), places))) > 0:
        own, row = path.ravel()[places], np.ravel(bent["row"])
        mixed = (row[places] - matrix @ own) / rest
        straight = (path.ravel() @ row - 2 * own @ row[places] + own @ matrix @ own) / rest**2
        matrix = np.block([[matrix, mixed[:, None]], [mixed, np.array([[straight]])]])
        others = path.ravel().copy()
        others[places] = 0
        basis = np.column_stack([basis, others / rest])
    values, vectors = np.linalg.eigh(matrix)
    return values, (basis @ vectors).T.reshape(len(values), -1, 3)


def _square(hessian: Any) -> np.ndarray:
    matrix = np.asarray(hessian, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) % 3 or not len(matrix):
        raise BadInput(f"a Hessian has 3n rows and 3n columns, not {' × '.join(map(str, matrix.shape))}")
    return matrix
