"""Phonons from forces: bands, the lowest frequency, and whether a crystal is a minimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.analysis.bulk import cell_checks
from potash.analysis.result import Quantity, at_most
from potash.errors import BadInput, near
from potash.structures.encoding import decode
from potash.structures.lattice import force_constants, tiled

if TYPE_CHECKING:
    from ase.dft.kpoints import BandPath
    from phonopy import Phonopy

#: A frequency below minus this is a way down, in THz.
IMAGINARY = 0.1
#: Moved all together the atoms must feel nothing: the largest frequency that they may show at Γ, in THz.
ACOUSTIC = 0.5
#: Points along a path through the Brillouin zone.
POINTS = 200

Labels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Harmonic:
    """A harmonic crystal.

    Attributes
    ----------
    crystal
        Phonopy's, with force constants that keep the acoustic sum rule.
    violation
        By how much the sum rule was broken before, in eV/Å².
    acoustic
        The largest of the three frequencies at Γ that should vanish, before, in THz.
    """

    crystal: Phonopy
    violation: float
    acoustic: float


def harmonic(found: dict[str, Any]) -> Harmonic:
    """Turn forces into force constants.

    Parameters
    ----------
    found
        A result of `calcs.phonons`.
    """
    crystal = tiled(decode(found["atoms"]), decode(found["supercell"]))
    constants = force_constants(crystal, found["sets"])
    violation = float(np.abs(constants.sum(axis=1)).max())
    acoustic = float(np.sort(np.abs(frequencies(crystal, np.zeros((1, 3)))[0]))[2])
    crystal.symmetrize_force_constants(show_drift=False)
    return Harmonic(crystal, violation, acoustic)


def frequencies(crystal: Phonopy, points: np.ndarray) -> np.ndarray:
    """Give the frequencies at q-points.

    Parameters
    ----------
    crystal
        With force constants.
    points
        (m, 3), in fractions of the primitive cell's reciprocal vectors.

    Returns
    -------
    ndarray
        (m, 3n) in THz, the lowest first, imaginary ones as negative numbers.
    """
    return np.asarray(crystal.run_qpoints(points).frequencies)


def commensurate(crystal: Phonopy) -> np.ndarray:
    """Give the q-points whose waves fit into the supercell: there nothing is interpolated."""
    from phonopy.harmonic.dynmat_to_fc import get_commensurate_points

    matrix = np.rint(crystal.supercell.cell @ np.linalg.inv(crystal.primitive.cell)).astype(int)
    return np.asarray(get_commensurate_points(matrix.T))


def band_path(crystal: Phonopy, labels: Labels | None) -> BandPath:
    """Lay a path through the Brillouin zone of the primitive cell.

    Parameters
    ----------
    crystal
        Phonopy's.
    labels
        Pieces of the path, each by its special points; the lattice's standard path where None
        (W. Setyawan, S. Curtarolo, doi:10.1016/j.commatsci.2010.05.010).

    Raises
    ------
    BadInput
        If the lattice has no such point.
    """
    from ase.cell import Cell

    cell = Cell(crystal.primitive.cell)
    bravais = cell.get_bravais_lattice()
    known = bravais.special_point_names
    for label in (label for piece in labels or () for label in piece):
        if label not in known:
            raise BadInput(f"a {bravais.longname} lattice has no point '{label}'{near(label, known)}")
    path: BandPath = cell.bandpath(",".join(map("".join, labels)) if labels else None, npoints=POINTS)
    return path


def summarise(
    found: dict[str, Any], cell: dict[str, Any], limits: dict[str, float], labels: Labels | None
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    """Turn forces into quantities.

    Parameters
    ----------
    found
        A result of `calcs.phonons`.
    cell
        That of the task ``cell`` which relaxed the crystal.
    limits
        The protocol's.
    labels
        Of the path, as `band_path` takes them.

    Returns
    -------
    tuple
        The quantities, and the data of the figure: ``distances`` along the path (1/Å, with 2π), ``frequencies`` (THz)
        at them, ``ticks`` with their ``labels``, and the ``lowest`` frequency with its q-point.
    """
    solved = harmonic(found)
    path = band_path(solved.crystal, labels)
    bands = frequencies(solved.crystal, path.kpts)
    own = commensurate(solved.crystal)
    exact = frequencies(solved.crystal, own)
    lowest, point, where = _lowest(own, exact, path)
    checks = (
        at_most("force on the atoms at rest", found["force"], limits["force"], "eV/Å"),
        at_most("acoustic modes at Γ before the sum rule", solved.acoustic, ACOUSTIC, "THz"),
        *cell_checks([cell], limits),
    )
    quantities = {
        "lowest frequency": Quantity(
            value=lowest, unit="THz", says=_verdict(lowest, where, float(bands.min())), checks=checks
        ),
        "highest frequency": Quantity(
            value=float(max(bands.max(), exact.max())), unit="THz", says="highest vibration of the supercell or along the path", checks=checks
        ),
        "sum rule": Quantity(
            value=solved.violation, unit="eV/Å2", says="largest force constant of all atoms moved together, before it was set to zero"
        ),
    }  # fmt: skip
    distances, places, names = path.get_linear_kpoint_axis()
    ticks: dict[float, str] = {}
    for place, name in zip(places.tolist(), names, strict=True):  # two letters stand where the path jumps
        ticks[place] = f"{ticks[place]}|{name}" if place in ticks else name
    data = {
        "distances": distances.tolist(),
        "frequencies": bands.tolist(),
        "ticks": list(ticks),
        "labels": list(ticks.values()),
        "lowest": {"frequency": lowest, "q": point.tolist(), "name": where},
    }
    return quantities, data


def _lowest(points: np.ndarray, values: np.ndarray, path: BandPath) -> tuple[float, np.ndarray, str]:
    """Find the lowest vibration with its q-point, of equivalent ones that with a letter; translations are none."""
    found = []
    for point, row in zip(points - np.rint(points), values, strict=True):
        own = row if point.any() else row[np.argsort(np.abs(row))[3:]]
        if len(own):
            found.append((float(own.min()), point, _named(point, path)))
    return min(found, key=lambda one: (round(one[0], 4), "=" in one[2]))


def _named(point: np.ndarray, path: BandPath) -> str:
    """Name a q-point by its letter where it has one."""
    for name, special in path.special_points.items():
        if np.allclose(special - point, np.rint(special - point), atol=1e-6):
            return "Γ" if name == "G" else name
    return "q = (" + ", ".join(f"{value:.3g}" for value in point) + ")"


def _verdict(lowest: float, where: str, along: float) -> str:
    if lowest < -IMAGINARY:
        return f"no minimum: dynamically unstable at {where}; imaginary frequencies are negative"
    if along < -IMAGINARY:
        return (
            f"lowest vibration of the supercell, at {where}: a minimum in it; between the waves that fit the interpolation "
            f"falls to {along:.2f} THz, which a larger supercell must confirm"
        )
    return f"lowest vibration of the supercell, at {where}: a minimum as far as waves fit into it"
