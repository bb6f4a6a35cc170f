"""Trajectories whose structure and motion are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from potash.analysis.trajectory import Frame
from potash.structures.topology import Species, Topology


class Made:
    """Frames that are made when they are asked for, so that none stays in memory."""

    def __init__(
        self, frames: int, cell: np.ndarray, positions: Callable[[int], np.ndarray], step: float = 1.0
    ) -> None:
        self.frames, self.cell, self.positions, self.step = frames, cell, positions, step

    def __len__(self) -> int:
        return self.frames

    def __iter__(self) -> Iterator[Frame]:
        return (self[number] for number in range(self.frames))

    def __getitem__(self, number: int) -> Frame:
        return Frame(self.positions(number), self.cell, number * self.step)


def series(positions: np.ndarray, cell: np.ndarray, step: float = 1.0) -> Made:
    """Make a trajectory of given positions, (frames, atoms, 3)."""
    return Made(len(positions), cell, lambda number: positions[number], step)


def wrapped(positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Put all atoms into the cell."""
    found: np.ndarray = ((positions @ np.linalg.inv(cell)) % 1.0) @ cell
    return found


def salt(cations: int, anions: int, others: int = 0) -> Topology:
    """K⁺, F⁻ and argon."""
    species = [Species("K+", 1, ("K",), (), cations), Species("F-", -1, ("F",), (), anions)]
    return Topology((*species, *([Species("Ar", 0, ("Ar",), (), others)] if others else [])))


def walk(seed: int, frames: int, step: np.ndarray, length: float) -> np.ndarray:
    """Walk at random: (frames, atoms, 3), never wrapped; `step` is the width of each atom's steps in Å."""
    random = np.random.default_rng(seed)
    start = random.uniform(0, length, (len(step), 3))
    found: np.ndarray = start + np.cumsum(random.normal(0, 1, (frames, len(step), 3)) * step[:, None], axis=0)
    return found


TILTED = np.array([[17.0, 0.0, 0.0], [5.0, 16.0, 0.0], [-4.0, 6.0, 15.0]])
