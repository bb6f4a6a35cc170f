"""Free energies of molecules in the gas phase from their curvatures: rigid rotor, harmonic vibrations."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.units import invcm

#: Softer vibrations count as this stiff, in cm⁻¹: harmonic entropies of soft ones have no limit (doi:10.1021/jp205508z).
SOFTEST = 100.0
#: The standard pressure, in Pa.
BAR = 1e5
#: A moment of inertia below this part of the largest is that of a line.
LINE = 1e-4
#: An imaginary frequency below this is one of the steps' noise, in cm⁻¹.
NOISE = 50.0


def gibbs(atoms: Atoms, bent: dict[str, Any] | None, kelvin: float) -> tuple[float, int]:
    """Compute what an ideal gas at 1 bar adds to the energy: zero point, heat and entropy (ase.thermochemistry).

    Parameters
    ----------
    atoms
        The molecule; its rotation has no symmetry number, its electrons are paired.
    bent
        As `calcs.curvature` gives it for all atoms (eV/Å²); None for a single atom.
    kelvin
        The temperature.

    Returns
    -------
    tuple
        The correction in eV, and how many vibrations are imaginary.
    """
    from ase.thermochemistry import IdealGasThermo

    geometry = _geometry(atoms)
    values = np.zeros(0) if bent is None else vibrations(atoms, np.array(bent["hessian"]), geometry)
    ideal: Any = IdealGasThermo
    thermo = ideal(
        vib_energies=np.maximum(np.abs(values), SOFTEST * invcm),
        geometry=geometry,
        atoms=atoms,
        symmetrynumber=1,
        spin=0,
    )
    return float(thermo.get_gibbs_energy(kelvin, BAR, verbose=False)), int((values < -NOISE * invcm).sum())


def vibrations(atoms: Atoms, hessian: np.ndarray, geometry: str) -> np.ndarray:
    """Give the energies (eV) of a molecule's vibrations, imaginary ones negative; shifts and turns are projected out."""
    from ase import units

    masses = np.repeat(np.sqrt(atoms.get_masses()), 3)
    outside = np.linalg.svd(_rigid(atoms, masses), full_matrices=False)
    rigid = outside[0][:, : 5 if geometry == "linear" else 6]
    inside = np.eye(len(masses)) - rigid @ rigid.T
    weighted = inside @ (hessian / np.outer(masses, masses)) @ inside
    values = np.linalg.eigvalsh((weighted + weighted.T) / 2)
    values = np.delete(values, np.argsort(np.abs(values))[: rigid.shape[1]])
    quantum = units._hbar * 1e10 / np.sqrt(units._e * units._amu)  # of a frequency in √(eV/amu)/Å
    energies: np.ndarray = np.sign(values) * np.sqrt(np.abs(values)) * quantum
    return energies


def _rigid(atoms: Atoms, masses: np.ndarray) -> np.ndarray:
    """Give the shifts and turns of a molecule, (3n, 6), weighted by the masses."""
    places = atoms.positions - atoms.get_center_of_mass()
    shifts = [np.tile(axis, len(atoms)) for axis in np.eye(3)]
    turns = [np.cross(axis, places).ravel() for axis in np.eye(3)]
    rigid: np.ndarray = np.array([*shifts, *turns]).T * masses[:, None]
    return rigid


def _geometry(atoms: Atoms) -> str:
    if len(atoms) == 1:
        return "monatomic"
    moments = np.sort(atoms.get_moments_of_inertia())
    return "linear" if moments[0] < LINE * moments[-1] else "nonlinear"
