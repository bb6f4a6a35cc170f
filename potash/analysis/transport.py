"""Transport in a liquid: diffusion, conductivity, transference number, Sand's time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import constants

from potash.analysis.blocks import BLOCKS, WORDS, Overlap, interval
from potash.analysis.msd import Displacements, Regime, displacements, fit, regime, thinned
from potash.analysis.record import Record
from potash.analysis.result import Check, Quantity
from potash.analysis.solvation import Told

#: Of a cubic cell (Yeh and Hummer, J. Phys. Chem. B 108, 15873 (2004), doi:10.1021/jp0477147).
XI = 2.837297
#: Å²/ps in m²/s, and in the unit that diffusion coefficients are given in, 10⁻¹⁰ m²/s.
SI, UNIT = 1e-8, 1e-10
#: Fewer frames have no mean squared displacement that blocks could tell of.
FEWEST = 25 * BLOCKS


@dataclass(frozen=True)
class Motion:
    """How one species moves.

    Attributes
    ----------
    displacements
        Their mean squares.
    regime
        Where these are diffusive.
    coefficients
        The diffusion coefficient by each block of time origins, (blocks,) in m²/s.
    overlap
        Of these blocks.
    """

    displacements: Displacements
    regime: Regime
    coefficients: np.ndarray
    overlap: Overlap

    @property
    def error(self) -> float:
        """Half the 95 % interval of the mean coefficient, in m²/s."""
        return float(interval(self.coefficients, self.overlap))


def summarise(
    record: Record, temperature: float, cation: str | None, viscosity: tuple[float, float] | None, current: float
) -> Told:
    """Read transport from the centres of mass.

    Parameters
    ----------
    record
        What was kept of the frames.
    temperature, cation, viscosity, current
        As in `liquid_reading.read`.
    """
    told = Told()
    if len(record.times) < FEWEST:
        told.notes.append(f"No transport is read from {len(record.times)} frames: it needs {FEWEST}.")
        return told
    thin = thinned(len(record.times))
    step = record.interval * thin
    drift = _drift(record, thin)
    moves = {}
    for number, species in enumerate(record.topology.species):
        series = _Settled(record, np.flatnonzero(record.topology.kinds == number), thin, drift)
        moves[number] = motion(series, step)  # type: ignore[arg-type]  # it is sliced as an array is
        told.quantities[f"diffusion coefficient of {species.name}"] = _diffusion(moves[number], step)
    told.data["msd"] = {record.topology.species[number].name: _curve(motion, step) for number, motion in moves.items()}
    told.notes.append(
        "Displacements are those of centres of mass against the whole liquid's. Diffusive: where the log–log slope of the MSD "
        "is one within its error."
    )
    _corrected(told, record, temperature, viscosity)
    from potash.analysis.conductivity import summarise as conductivity

    conductivity(told, record, moves, drift, thin, temperature, cation, current)
    return told


def motion(series: np.ndarray, step: float) -> Motion:
    """Read how particles move.

    Parameters
    ----------
    series
        Their positions, never wrapped, (frames, particles, 3) in Å.
    step
        Between frames, in ps.
    """
    moved = displacements(series)
    found = regime(moved)
    line = fit(moved, found.onset)
    return Motion(moved, found, line.slopes * SI / (6 * step), line.overlap)


class _Settled:
    """Molecules of one species against the whole liquid, read from disk as they are asked for."""

    def __init__(self, record: Record, molecules: np.ndarray, thin: int, drift: np.ndarray) -> None:
        self.centres, self.molecules, self.thin, self.drift = record.centres, molecules, thin, drift
        self.shape = (len(drift), len(molecules), 3)

    def __len__(self) -> int:
        return len(self.drift)

    def __getitem__(self, place: tuple[slice, slice]) -> np.ndarray:
        times, which = place
        chosen = self.molecules[which]
        rows = slice(times.start * self.thin, (times.stop - 1) * self.thin + 1, self.thin)
        part = self.centres[rows, chosen[0] : chosen[-1] + 1]
        found: np.ndarray = part - self.drift[times, None]
        return found


def _drift(record: Record, thin: int) -> np.ndarray:
    """Give the whole liquid's centre of mass in each frame taken, (frames, 3) in Å."""
    from ase.data import atomic_masses, atomic_numbers

    masses = np.array(
        [sum(atomic_masses[atomic_numbers[e]] for e in each.elements) for each in record.topology.species]
    )[record.topology.kinds]
    taken = range(0, len(record.times), thin)
    found = np.zeros((len(taken), 3))
    for row, frame in zip(found, taken, strict=True):
        row[:] = masses @ record.centres[frame].astype(float) / masses.sum()
    return found


def _diffusion(motion: Motion, step: float) -> Quantity:
    values, found = motion.coefficients / UNIT, motion.regime
    return Quantity(
        value=float(values.mean()),
        unit="10⁻¹⁰ m²/s",
        error=motion.error / UNIT,
        says=f"slope of the MSD from {found.onset * step:.3g} ps on, over six; {WORDS}",
        checks=_diffusive(found),
    )


def _diffusive(found: Regime) -> tuple[Check, ...]:
    """Check that a mean squared displacement became diffusive."""
    off = abs(found.slope - 1)
    return (
        Check(
            name="log–log slope of the MSD off 1",
            value=off if np.isfinite(off) else 9.0,
            limit=max(0.1, min(found.error, 0.3)) if np.isfinite(found.error) else 0.1,
            passed=found.found,
        ),
    )


def _curve(motion: Motion, step: float) -> dict[str, Any]:
    """Give a mean squared displacement for its figure."""
    moved = motion.displacements
    return {
        "times": (moved.lags * step).round(6).tolist(),
        "msd": moved.blocks.mean(axis=0).round(6).tolist(),
        "error": interval(moved.blocks).round(6).tolist(),
        "onset": motion.regime.onset * step,
        "slope": motion.regime.slope if np.isfinite(motion.regime.slope) else None,
        "diffusive": motion.regime.found,
    }


def yeh_hummer(temperature: float, viscosity: float, edge: float) -> float:
    """Give by how much a cubic periodic cell slows diffusion.

    Parameters
    ----------
    temperature
        In K.
    viscosity
        In mPa·s.
    edge
        Of the cell, in Å.

    Returns
    -------
    float
        ξ k T / (6 π η L) in m²/s (Yeh and Hummer, J. Phys. Chem. B 108, 15873 (2004), doi:10.1021/jp0477147).
    """
    return float(XI * constants.k * temperature / (6 * np.pi * viscosity * 1e-3 * edge * 1e-10))


def _corrected(told: Told, record: Record, temperature: float, viscosity: tuple[float, float] | None) -> None:
    """Add diffusion coefficients without the cell's edges, where the viscosity is known and the cell a cube."""
    edges = np.linalg.norm(record.cell, axis=1)
    off = np.abs(record.cell @ record.cell.T / edges.max() ** 2 - np.eye(3)).max()
    if viscosity is None or off > 0.01:
        told.notes.append(
            "Diffusion coefficients have no finite-size correction (Yeh and Hummer): "
            + ("it needs the viscosity." if viscosity is None else "the cell is no cube.")
        )
        return
    value, error = viscosity
    more = yeh_hummer(temperature, value, float(record.volumes.mean() ** (1 / 3))) / UNIT
    for name, quantity in list(told.quantities.items()):
        if name.startswith("diffusion coefficient of ") and quantity.value is not None:
            told.quantities[f"{name}, infinite cell"] = quantity.model_copy(
                update={
                    "value": quantity.value + more,
                    "error": float(np.hypot(quantity.error or 0.0, more * error / value)),
                    "says": f"with the finite-size correction of Yeh and Hummer, {more:.3g} at {value:.3g} mPa·s",
                }
            )
