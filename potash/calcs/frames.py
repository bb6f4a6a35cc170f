"""A trajectory on disk (DCD), that a run which was killed goes on with: no frame lost, none written twice."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

from potash.errors import BadInput

#: CHARMM's unit of time in its own files, in ps.
AKMA = 0.04888821
HEADER = 276


class Frames:
    """A DCD file as CHARMM and OpenMM write it: single precision, little-endian, a cell in every frame.

    Parameters
    ----------
    path
        The file; made where it is not.
    atoms
        How many are in a frame.
    interval
        Steps between frames.
    timestep
        Of the dynamics, in ps.
    """

    def __init__(self, path: Path, atoms: int, *, interval: int, timestep: float) -> None:
        self.path = path
        self.atoms = atoms
        self.interval = interval
        self.timestep = timestep

    @property
    def size(self) -> int:
        """Bytes of a frame."""
        return 56 + 3 * (8 + 4 * self.atoms)

    def keep(self, count: int) -> None:
        """Drop the frames that were written after the last one on record.

        Raises
        ------
        BadInput
            If there are fewer than that: the file was cut.
        """
        if count == 0:
            self.path.write_bytes(self._header(0))
            return
        there = self.path.stat().st_size if self.path.exists() else 0
        if there < HEADER + count * self.size:
            raise BadInput(f"{self.path} was cut: {count} frames are on record; move its folder away to begin anew")
        os.truncate(self.path, HEADER + count * self.size)
        self._count(count)

    def append(self, frames: list[np.ndarray], edges: list[float], before: int) -> None:
        """Write frames (each (atoms, 3) in Å) behind those that are there; on disk when this returns."""
        if not frames:
            return
        with self.path.open("ab") as file:
            for frame in frames:
                file.write(struct.pack("<i6di", 48, edges[0], 0.0, edges[1], 0.0, 0.0, edges[2], 48))
                for axis in range(3):
                    row = np.ascontiguousarray(frame[:, axis], "<f4").tobytes()
                    file.write(struct.pack("<i", len(row)) + row + struct.pack("<i", len(row)))
            file.flush()
            os.fsync(file.fileno())
        self._count(before + len(frames))

    def _count(self, count: int) -> None:
        with self.path.open("r+b") as file:
            file.write(self._header(count))
            file.flush()
            os.fsync(file.fileno())

    def _header(self, count: int) -> bytes:
        numbers = [count, self.interval, self.interval, count * self.interval, 0, 0, 0, 0, 0]
        head = struct.pack("<i4s9if", 84, b"CORD", *numbers, self.timestep / AKMA)
        head += struct.pack("<13i", 1, 0, 0, 0, 0, 0, 0, 0, 0, 24, 84, 164, 2)
        head += struct.pack("<80s80s", b"Written by potash", b"Molecules are whole, positions unwrapped")
        return head + struct.pack("<4i", 164, 4, self.atoms, 4)
