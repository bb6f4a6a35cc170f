"""Levels of a GPAW calculation: of a molecule, projected onto atoms, and the edges of its bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.units import Hartree

from potash.calcs.carriers import shares
from potash.calcs.engine import Settings

if TYPE_CHECKING:
    from ase import Atoms

#: A gap smaller than this is none, in eV: a metal whose bands miss the Fermi level on a grid of k-points has such.
GAP = 0.02


def frontier(calculator: Any) -> tuple[float, float]:
    """Give the higher HOMO and the lower LUMO of both spins, in eV; those of no electron or no empty state are infinite."""
    levels, filled = calculator.dft.ibzwfs.get_all_eigs_and_occs(broadcast=True)
    occupied = filled > 0.5
    return (
        float(levels[occupied].max(initial=-np.inf)) * Hartree,
        float(levels[~occupied].min(initial=np.inf)) * Hartree,
    )


def carriers(atoms: Atoms, calculator: Any) -> list[float] | None:
    """Divide the LUMO's pseudo density among a molecule's atoms: see `calcs.carriers`; None without an empty state."""
    levels, filled = calculator.dft.ibzwfs.get_all_eigs_and_occs(broadcast=True)
    empty = np.where(filled > 0.5, np.inf, levels).reshape(calculator.dft.ibzwfs.nspins, -1)
    if not np.isfinite(empty).any():
        return None
    spin, band = (int(number) for number in np.unravel_index(empty.argmin(), empty.shape))
    wave = calculator.get_pseudo_wave_function(band=band, spin=spin)
    places = np.indices(wave.shape).reshape(3, -1).T / wave.shape
    return shares(places @ atoms.cell.array, (np.abs(wave) ** 2).ravel(), atoms.positions, atoms.numbers)


def contamination(calculator: Any) -> float | None:
    """Give ⟨S²⟩ less S(S + 1) of a molecule's Kohn–Sham determinant; None in LCAO mode.

    With S_z = S, ⟨S²⟩ − S(S + 1) = N_β − Σ |⟨φ_i^α|φ_j^β⟩|² over occupied states, the overlaps those of PAW
    (Wang, Becke and Smith, doi:10.1063/1.468585).
    """
    states = calculator.dft.ibzwfs
    if states.nspins == 1:
        return 0.0
    if calculator.dft.params.mode.name == "lcao":
        return None
    up, down = (states.get_wfs_on_master(spin=spin) for spin in range(2))
    found = np.zeros(1)
    if states.comm.rank == 0:
        overlaps = _overlaps(up, down)[up.occ_n > 0.5][:, down.occ_n > 0.5]
        found[0] = overlaps.shape[1] - (np.abs(overlaps) ** 2).sum()
    states.comm.broadcast(found, 0)
    return float(found[0])


def _overlaps(one: Any, other: Any) -> np.ndarray:
    """Give ⟨ψ_m|ψ_n⟩ of two sets of wave functions on one process, (bands, bands)."""
    corrections = other.setups.get_overlap_corrections(
        other.P_ani.layout.atomdist, other.xp, dtype=other.P_ani.data.dtype
    )
    corrected = other.P_ani.new()
    other.P_ani.block_diag_multiply(corrections, out_ani=corrected)
    matrix = one.psit_nX.matrix_elements(other.psit_nX)
    one.P_ani.matrix.multiply(corrected, opb="C", out=matrix, beta=1.0)
    found: np.ndarray = matrix.data
    return found


def projected(calculator: Any, options: Settings) -> tuple[list[float], list[list[float]]]:
    """Project levels onto each atom's bound partial waves, summed over angular momenta, and broaden them.

    Parameters
    ----------
    options
        ``window``, ``step`` and ``width``: see `calcs.electrons.SPECTRUM`.

    Returns
    -------
    tuple
        Energies against the Fermi level in eV, and the density at each atom, (atoms, energies) in 1/eV.
    """
    low, high = options["window"]
    energies = np.linspace(low, high, round((high - low) / options["step"]) + 1)
    dos = calculator.dos()
    width = np.sqrt(2) * options["width"]  # GPAW's Gaussian is exp(−(E/width)²)
    states = [
        sum(dos.raw_pdos(energies, number, each, width=width) for each in _momenta(setup))
        for number, setup in enumerate(calculator.setups)
    ]
    return [float(each) for each in energies], [[float(f"{value:.6g}") for value in row] for row in states]


def _momenta(setup: Any) -> list[int]:
    """List the angular momenta of a setup's bound partial waves."""
    return sorted({each for number, each in zip(setup.n_j, setup.l_j, strict=True) if number > 0})


def edges(levels: np.ndarray, fermi: float) -> tuple[float, float] | None:
    """Find the highest occupied and the lowest empty level.

    Parameters
    ----------
    levels
        (spins, k-points, bands) in eV, sorted.
    fermi
        The Fermi level, in eV.

    Returns
    -------
    tuple of float or None
        None where a band crosses the Fermi level, or the gap is too small to be one on a grid of k-points.
    """
    lowest, highest = levels.min(axis=1), levels.max(axis=1)
    if ((lowest < fermi) & (highest > fermi)).any():
        return None
    occupied, empty = float(highest[highest < fermi].max()), float(lowest[lowest > fermi].min())
    return (occupied, empty) if empty - occupied > GAP else None
