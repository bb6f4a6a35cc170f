"""Transverse currents of a liquid: its momentum in waves across their own direction, which its viscosity damps."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np

from potash.errors import BadInput
from potash.structures.topology import Topology

#: Waves that fit into a cubic cell, in units of 2π over its edge, (28, 3): up to √5 long, of each and its opposite the one.
WAVES = np.array([n for n in product(range(-2, 3), repeat=3) if n > (0, 0, 0) and np.dot(n, n) <= 5])
#: Two directions across each wave, at right angles, (28, 2, 3).
ACROSS = np.linalg.svd(WAVES[:, None, :].astype(float))[2][:, 1:, :]
#: ps at most between samples: molecules' centres of mass move no faster.
LOOK = 0.02
#: Currents of a sample.
COUNT = 2 * len(WAVES)


class Currents:
    """Currents on disk, sample by sample, that a run which was killed goes on with.

    The file holds single-precision complex numbers, (samples, 28, 2), in amu nm/ps: Σ m v exp(ik·r) over the molecules'
    centres of mass, along `ACROSS` for each of `WAVES`.

    Parameters
    ----------
    path
        The file.
    topology
        The molecules.
    masses
        Of the atoms, (n,) in amu.
    """

    def __init__(self, path: Path, topology: Topology, masses: np.ndarray) -> None:
        self.path = path
        self.first = topology.first
        self.masses = masses[:, None]
        self.whole = np.add.reduceat(self.masses, self.first)

    def of(self, positions: np.ndarray, velocities: np.ndarray, edge: float) -> np.ndarray:
        """Give the currents, (28, 2).

        Parameters
        ----------
        positions, velocities
            (n, 3) in nm and nm/ps; molecules whole.
        edge
            Of the cubic cell, in nm.
        """
        centres = np.add.reduceat(self.masses * positions, self.first) / self.whole
        momenta = np.add.reduceat(self.masses * velocities, self.first)
        once = np.exp(2j * np.pi / edge * centres.T)
        powers = np.array([once.conj() ** 2, once.conj(), np.ones_like(once), once, once**2])
        x, y, z = WAVES.T + 2
        waves = powers[x, 0] * powers[y, 1] * powers[z, 2]
        found: np.ndarray = np.einsum("kpx,kx->kp", ACROSS, waves @ momenta)
        return found

    def keep(self, count: int) -> None:
        """Drop the samples that were written after the last one on record.

        Raises
        ------
        BadInput
            If there are fewer than that: the file was cut.
        """
        size = count * COUNT * np.dtype(np.complex64).itemsize
        if count == 0:
            self.path.write_bytes(b"")
        elif not self.path.exists() or self.path.stat().st_size < size:
            raise BadInput(f"{self.path} was cut: {count} samples are on record; move its folder away to begin anew")
        os.truncate(self.path, size)

    def append(self, samples: list[np.ndarray]) -> None:
        """Write samples behind those that are there; on disk when this returns."""
        with self.path.open("ab") as file:
            file.write(np.array(samples, np.complex64).tobytes())
            file.flush()
            os.fsync(file.fileno())
