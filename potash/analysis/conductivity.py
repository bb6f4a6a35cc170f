"""Conductivity and transference number, by Nernst and Einstein and by the collective dipole; Sand's time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import constants

from potash.analysis.blocks import WORDS, Overlap, interval, jackknifed
from potash.analysis.msd import Fit, displacements, fit
from potash.analysis.record import Record
from potash.analysis.result import Check, Quantity
from potash.analysis.solvation import Told

if TYPE_CHECKING:
    from potash.analysis.transport import Motion

#: Å² e² per ps and Å³ in C²/(m s): e² · 10⁻²⁰ / (10⁻¹² · 10⁻³⁰); and S/m in mS/cm.
DIPOLE, MILLI = constants.e**2 * 1e22, 10.0


def summarise(
    told: Told,
    record: Record,
    moves: dict[int, Motion],
    drift: np.ndarray,
    thin: int,
    temperature: float,
    cation: str | None,
    current: float,
) -> None:
    """Add conductivity, transference number and Sand's time of an electrolyte to what is told.

    Parameters
    ----------
    told
        Transport as far as it was read.
    record
        What was kept of the frames.
    moves
        Of each species.
    drift
        The whole liquid's centre of mass, (frames, 3) in Å.
    thin
        Every so-manyth frame is taken.
    temperature
        In K.
    cation
        The species whose transference number is given.
    current
        In mA/cm².
    """
    species = record.topology.species
    charged = [number for number, each in enumerate(species) if each.charge]
    if not charged:
        return
    volume = float(record.volumes.mean())
    factor = DIPOLE / (6 * volume * constants.k * temperature) * MILLI
    step = record.interval * thin
    diffusive = all(moves[number].regime.found for number in charged)
    checks = tuple(
        check
        for number in charged
        for check in told.quantities[f"diffusion coefficient of {species[number].name}"].checks
    )
    # 6 D of each species is its own MSD's slope, here back in Å²/ps.
    own = {k: 6 * moves[k].coefficients / 1e-8 * species[k].count * species[k].charge ** 2 for k in charged}
    total = np.sum(list(own.values()), axis=0)
    slowest = max(charged, key=lambda number: moves[number].regime.onset)
    onset, overlap = moves[slowest].regime.onset, moves[slowest].overlap
    told.quantities["conductivity, Nernst–Einstein"] = _of_blocks(
        total * factor, overlap, "mS/cm", "Nernst–Einstein: as if ions moved independently", checks
    )
    dipoles = {k: _dipole(record, k, drift, thin) for k in charged}
    whole = _fit(np.sum(list(dipoles.values()), axis=0), onset).slopes / step
    says = "collective: slope of the mean squared displacement of the ions' dipole"
    told.quantities["conductivity"] = _of_blocks(whole * factor, overlap, "mS/cm", says, checks).model_copy(
        update={"answers": "ionic conductivity"}
    )
    told.quantities["ionicity"] = _ratio(
        whole, total, overlap, "collective conductivity over that of Nernst and Einstein", checks
    )
    number = next((k for k in charged if species[k].name == cation), None)
    if number is None:
        return
    rest = np.sum([each for k, each in dipoles.items() if k != number], axis=0)
    # ⟨ΔM₊·ΔM⟩ from three squares: M₋ = M − M₊.
    mixed = (whole + (_fit(dipoles[number], onset).slopes - _fit(rest, onset).slopes) / step) / 2
    name = f"transference number of {species[number].name}"
    says = "share of the current that it carries, correlations included, against the centre of mass"
    told.quantities[f"{name}, Nernst–Einstein"] = _ratio(
        own[number], total, overlap, "share of the current as if ions moved independently", checks
    )
    told.quantities[name] = _ratio(mixed, whole, overlap, says, checks).model_copy(
        update={"answers": "transference number"}
    )
    anions = [k for k in charged if species[k].charge < 0]
    if diffusive and anions:
        _sand(told, record, moves, number, anions, current)


def _dipole(record: Record, number: int, drift: np.ndarray, thin: int) -> np.ndarray:
    """Give the dipole of a species' ions against the whole liquid, (frames, 1, 3) in e Å."""
    own = np.flatnonzero(record.topology.kinds == number)
    chosen = slice(int(own[0]), int(own[-1]) + 1)
    sums = np.zeros_like(drift)
    for row, frame in zip(sums, range(0, len(record.times), thin), strict=True):
        row[:] = record.centres[frame, chosen].astype(float).sum(axis=0)
    found: np.ndarray = record.topology.species[number].charge * (sums - len(own) * drift)
    return found[:, None]


def _fit(dipole: np.ndarray, onset: int) -> Fit:
    return fit(displacements(dipole), onset)


def _of_blocks(values: np.ndarray, overlap: Overlap, unit: str, says: str, checks: tuple[Check, ...]) -> Quantity:
    error = float(interval(values, overlap))
    return Quantity(value=float(values.mean()), unit=unit, error=error, says=f"{says}; {WORDS}", checks=checks)


def _ratio(part: np.ndarray, whole: np.ndarray, overlap: Overlap, says: str, checks: tuple[Check, ...]) -> Quantity:
    """Give the ratio of two means of blocks."""
    value = float(part.mean() / whole.mean())
    without = (part.sum() - part) / (whole.sum() - whole)
    return Quantity(
        value=value, unit="", error=jackknifed(without, value, overlap), says=f"{says}; {WORDS}", checks=checks
    )


def sand_time(ambipolar: float, charge: int, concentration: float, current: float, anion: float) -> float:
    """Give Sand's time: after it, a current above the limiting one has used up the salt at a planar electrode.

    Parameters
    ----------
    ambipolar
        The salt's diffusion coefficient, in m²/s.
    charge
        Of the cation, in e.
    concentration
        Of the salt in the bulk, in mol/m³.
    current
        Density, in A/m².
    anion
        The anion's transference number.

    Returns
    -------
    float
        In s: π D (z c F)² / (4 (J t)²) (Bai et al., Energy Environ. Sci. 9, 3221 (2016), doi:10.1039/C6EE01674J).
    """
    faraday = constants.N_A * constants.e
    return float(np.pi * ambipolar * (charge * concentration * faraday) ** 2 / (4 * (current * anion) ** 2))


def ambipolar(cation: np.ndarray, anion: np.ndarray, charges: tuple[int, int]) -> np.ndarray:
    """Give the diffusion coefficient of a salt whose ions move independently but stay neutral.

    (z₊ + |z₋|) D₊ D₋ / (z₊ D₊ + |z₋| D₋) (Newman and Thomas-Alyea, Electrochemical Systems, chapter 11).
    """
    plus, minus = charges[0], abs(charges[1])
    found: np.ndarray = (plus + minus) * cation * anion / (plus * cation + minus * anion)
    return found


def _sand(told: Told, record: Record, moves: dict[int, Motion], cation: int, anions: list[int], current: float) -> None:
    species = record.topology.species
    if len(anions) > 1:
        told.notes.append("Sand's time is that of one salt: there are several anions.")
        return
    plus, minus = species[cation], species[anions[0]]
    one, other = moves[cation].coefficients, moves[anions[0]].coefficients
    concentration = plus.count / (constants.N_A * float(record.volumes.mean()) * 1e-30)

    def sand(fast: float, slow: float) -> float:
        salt = float(ambipolar(np.array(fast), np.array(slow), (plus.charge, minus.charge)))
        share = abs(minus.charge) * slow / (plus.charge * fast + abs(minus.charge) * slow)
        return sand_time(salt, plus.charge, concentration, current * 10, share)

    value = sand(one.mean(), other.mean())
    count = len(one)
    without = np.array(
        [sand((one.sum() - one[k]) / (count - 1), (other.sum() - other[k]) / (count - 1)) for k in range(count)]
    )
    told.quantities["Sand's time"] = Quantity(
        value=value,
        unit="s",
        error=jackknifed(
            without, value, max(moves[cation].overlap, moves[anions[0]].overlap, key=lambda one: one.widening)
        ),
        says=f"at {current:g} mA/cm², of independent ions: ambipolar diffusion, the anion's share of the current by "
        f"Nernst and Einstein, {concentration / 1000:.3g} mol/L; {WORDS}",
    )
    told.quantities["concentration"] = Quantity(
        value=concentration / 1000, unit="mol/L", says=f"of {plus.name} in the cell"
    )
