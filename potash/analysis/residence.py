"""How long molecules stay at a cation."""

from __future__ import annotations

import numpy as np

#: A molecule that is back within this time never left, in ps (Impey, Madden and McDonald, J. Phys. Chem. 87, 5071
#: (1983), doi:10.1021/j150643a008).
AWAY = 2.0


class Residence:
    """Follows contacts of cations and molecules through the frames; memory grows with neither's square times frames.

    Parameters
    ----------
    cations, molecules
        How many there are.
    kinds
        The species of each molecule, (molecules,).
    frames
        How many there will be.
    interval
        Between them, in ps.
    parts
        Cations are put into so many parts, whose differences give the error.
    """

    def __init__(self, cations: int, kinds: np.ndarray, frames: int, interval: float, parts: int) -> None:
        self.kinds, self.frames, self.interval, self.parts = kinds, frames, interval, parts
        self.molecules = len(kinds)
        self.away = int(AWAY / interval + 1e-9)
        self.start = np.full(cations * self.molecules, -1, np.int32)
        self.last = np.full(cations * self.molecules, -1, np.int32)
        species = int(kinds.max()) + 1
        self.lengths = np.zeros((parts, species, frames + 1), np.int32)
        self.present = np.zeros((parts, species, frames + 1), np.int32)

    def add(self, frame: int, cations: np.ndarray, molecules: np.ndarray) -> None:
        """Take a frame's contacts, each pair once, (contacts,) both."""
        pairs = cations.astype(np.int64) * self.molecules + molecules
        begun = self.start[pairs] >= 0
        back = pairs[begun & (frame - self.last[pairs] > self.away + 1)]
        self._close(back)
        self.start[back] = frame
        self.start[pairs[~begun]] = frame
        self.last[pairs] = frame

    def _close(self, pairs: np.ndarray) -> None:
        start, last = self.start[pairs], self.last[pairs]
        part, kind = (pairs // self.molecules) % self.parts, self.kinds[pairs % self.molecules]
        np.add.at(self.lengths, (part, kind, last - start + 1), 1)
        np.add.at(self.present, (part, kind, start), 1)
        np.add.at(self.present, (part, kind, last + 1), -1)

    def survival(self, species: int) -> np.ndarray:
        """Give the chance that a molecule that is there stays for a time, from all time origins.

        Returns
        -------
        numpy.ndarray
            (parts + 1, lags) at lags of 0, 1, … frames up to half the run; the last row is of all cations. What is cut
            off by the end of the run is not counted as gone.
        """
        self._close(np.flatnonzero(self.start >= 0))
        self.start[:] = -1
        lags = max(2, self.frames // 2)
        lengths = self.lengths[:, species].astype(float)
        present = np.cumsum(self.present[:, species, : self.frames].astype(float), axis=1)
        lengths, present = (np.concatenate([each, each.sum(0)[None]]) for each in (lengths, present))
        # Runs of length L have L − k origins from which a molecule stays k frames.
        longer = np.cumsum(lengths[:, ::-1], axis=1)[:, ::-1]
        staying = np.cumsum(longer[:, ::-1], axis=1)[:, ::-1][:, 1 : lags + 1]
        origins = np.cumsum(present, axis=1)[:, ::-1][:, :lags]
        with np.errstate(invalid="ignore", divide="ignore"):
            found: np.ndarray = staying / origins
        return found

    def time(self, survival: np.ndarray) -> float | None:
        """Give the time after which one in e is still there, in ps; None where more are, or there never was one."""
        below = np.flatnonzero(survival <= np.exp(-1))
        if not len(below) or not np.isfinite(survival[0]):
            return None
        place = int(below[0])
        before, after = survival[place - 1], survival[place]
        return float((place - 1 + (before - np.exp(-1)) / (before - after)) * self.interval)
