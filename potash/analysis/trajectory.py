"""Trajectories, frame by frame: ours and all that MDAnalysis or ASE can read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from potash.errors import BadInput
from potash.extras import needed

#: Formats that ASE reads and MDAnalysis does not, by the ends of names. MDAnalysis' own reader of XYZ leaves out cell and elements.
WITH_ASE = {"XDATCAR": "vasp-xdatcar", ".extxyz": "extxyz", ".xyz": "extxyz", ".traj": "traj"}


class Frame(NamedTuple):
    """One moment of a trajectory.

    Attributes
    ----------
    positions
        (atoms, 3) in Å, wrapped into the cell or not.
    cell
        Its vectors are the rows, (3, 3) in Å.
    time
        In ps.
    """

    positions: np.ndarray
    cell: np.ndarray
    time: float


class Trajectory(Protocol):
    """Frames that can be gone through again and again, one in memory at a time."""

    def __len__(self) -> int:
        """Count the frames."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Go through them from the first one."""
        ...

    def __getitem__(self, number: int) -> Frame:
        """Give one of them."""
        ...


def trajectory(path: Path, atoms: int, *, order: np.ndarray | None = None, interval: float | None = None) -> Trajectory:
    """Open a trajectory: DCD, XTC, TRR, LAMMPS dumps and all else that MDAnalysis reads; XDATCAR and extended XYZ by ASE.

    Parameters
    ----------
    path
        The file.
    atoms
        How many atoms its frames must have.
    order
        The file's atoms in the topology's order, (atoms,); None where they are in it.
    interval
        Time between two frames in ps; None: as the file says.

    Raises
    ------
    BadInput
        If it cannot be read, has another number of atoms, no cell or no times.
    """
    if not path.is_file():
        raise BadInput(f"no trajectory at {path}")
    form = next((form for end, form in WITH_ASE.items() if path.name.endswith(end)), None)
    made = _Images(path, form, order, interval) if form else _Read(path, atoms, order, interval)
    if len(made) < 2:
        raise BadInput(f"{path} holds {len(made)} frame, which is no trajectory")
    first = made[0]
    if len(first.positions) != atoms:
        raise BadInput(f"the frames of {path} have {len(first.positions)} atoms; the topology has {atoms}")
    if abs(np.linalg.det(first.cell)) < 1e-3:
        raise BadInput(f"{path} has no periodic cell; write it to a format that holds one (DCD, XTC, extended XYZ)")
    return made


def elements(path: Path) -> list[str]:
    """Give the elements of a trajectory's atoms, where its format tells them.

    Raises
    ------
    BadInput
        If it does not.
    """
    from ase.io import iread

    form = next((form for end, form in WITH_ASE.items() if path.name.endswith(end)), None)
    if form is None:
        raise BadInput(f"{path} does not say which atoms it holds; give the key topology or the key molecules")
    return [str(symbol) for symbol in next(iter(iread(str(path), index="0:1", format=form))).symbols]


class _Read:
    """A file that MDAnalysis reads."""

    def __init__(self, path: Path, atoms: int, order: np.ndarray | None, interval: float | None) -> None:
        core = needed("MDAnalysis.coordinates.core", "trajectories")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what a format leaves out; what counts is checked
                self.reader: Any = core.reader(str(path), n_atoms=atoms)
        except Exception as error:  # every one of some thirty readers raises its own
            words = str(error).split("\n", 1)[0][:200]
            raise BadInput(f"{path} is no trajectory that MDAnalysis can read with {atoms} atoms: {words}") from error
        self.order, self.interval = order, interval

    def __len__(self) -> int:
        return len(self.reader)

    def __iter__(self) -> Iterator[Frame]:
        for step in self.reader:
            yield self._frame(step)

    def __getitem__(self, number: int) -> Frame:
        return self._frame(self.reader[number])

    def _frame(self, step: Any) -> Frame:
        positions = step.positions if self.order is None else step.positions[self.order]
        time = step.time if self.interval is None else step.frame * self.interval
        cell = np.zeros((3, 3)) if step.dimensions is None else np.array(step.triclinic_dimensions, float)
        return Frame(positions.astype(float), cell, float(time))


class _Images:
    """A file that ASE reads, all of it at once: such runs are short."""

    def __init__(self, path: Path, form: str, order: np.ndarray | None, interval: float | None) -> None:
        from ase.io import iread

        if interval is None:
            raise BadInput(f"{path} does not say when its frames were taken; give the key interval, in ps")
        self.frames = [
            Frame(image.positions if order is None else image.positions[order], image.cell.array, number * interval)
            for number, image in enumerate(iread(str(path), index=":", format=form))
        ]

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)

    def __getitem__(self, number: int) -> Frame:
        return self.frames[number]
