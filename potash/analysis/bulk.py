"""Equations of state and relaxed cells of crystals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.eos import EquationOfState, birchmurnaghan
from ase.units import GPa

from potash.analysis.result import Check, Quantity, Reference, at_least, at_most
from potash.structures.encoding import decode
from potash.structures.phase_record import Phase

#: A fit worse than this says little, in meV per atom.
FIT = 1.0


@dataclass(frozen=True)
class Fit:
    """A Birch–Murnaghan equation of state (doi:10.1103/PhysRev.71.809).

    Attributes
    ----------
    volume
        Where the energy is lowest, in Å³.
    energy
        There, in eV.
    modulus
        The bulk modulus there, in GPa.
    residual
        Root mean square of what the curve leaves, in eV.
    inside
        Whether the minimum lies within the volumes that were computed.
    """

    volume: float
    energy: float
    modulus: float
    residual: float
    inside: bool
    parameters: tuple[float, float, float, float]


def birch_murnaghan(volumes: list[float], energies: list[float]) -> Fit:
    """Fit energies (eV) over volumes (Å³) by Birch–Murnaghan's third-order equation."""
    state = EquationOfState(volumes, energies, eos="birchmurnaghan")
    volume, energy, modulus = state.fit(warn=False)
    e0, b0, slope, v0 = (float(parameter) for parameter in state.eos_parameters)
    left = np.asarray(energies) - birchmurnaghan(np.asarray(volumes), e0, b0, slope, v0)
    return Fit(
        volume=float(volume),
        energy=float(energy),
        modulus=float(modulus / GPa),
        residual=float(np.sqrt(np.mean(left**2))),
        inside=bool(min(volumes) < volume < max(volumes)),
        parameters=(e0, b0, slope, v0),
    )


def conventional(plain: dict[str, Any]) -> dict[str, float]:
    """Give the lattice constants of a structure's conventional cell (Å, degrees), in spglib's standard setting."""
    import spglib
    from ase.geometry import cell_to_cellpar

    atoms = decode(plain)
    found = spglib.standardize_cell(
        (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), to_primitive=False, no_idealize=False, symprec=1e-3
    )
    return dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), (float(x) for x in cell_to_cellpar(found[0])), strict=True))


def summarise(
    relaxed: dict[str, Any], points: list[dict[str, Any]], limits: dict[str, float], phase: Phase | None
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    """Turn a relaxed cell and the points of an equation of state into quantities.

    Returns
    -------
    tuple
        The quantities, and the data of the figure.
    """
    volumes = [point["volume"] for point in points]
    energies = [point["energy"] for point in points]
    fit = birch_murnaghan(volumes, energies)
    count = len(relaxed["atoms"]["symbols"])
    checks: tuple[Check, ...] = (
        at_most("largest force left", max(result["force"] for result in [relaxed, *points]), limits["force"], "eV/Å"),
        at_most("largest stress left", max(map(abs, relaxed["stress"])), limits["stress"] * 1.5, "GPa"),
        at_most("residual of the fit", 1000 * fit.residual / count, FIT, "meV/atom"),
        at_least("minimum within the volumes", float(fit.inside), 1),
    )
    quantities = {
        "V0": Quantity(value=fit.volume / count, unit="Å3/atom", says="volume at the minimum", checks=checks),
        "B0": Quantity(value=fit.modulus, unit="GPa", says="bulk modulus at the minimum", checks=checks),
        "energy": Quantity(value=fit.energy / count, unit="eV/atom", says="energy at the minimum", checks=checks),
    }
    measured = phase.experiment if phase else {}
    cell = conventional(_scaled(relaxed["atoms"], fit.volume))
    for axis in ("a", "b", "c"):
        if axis != "a" and abs(cell[axis] - cell["a"]) < 1e-3 and axis not in measured:
            continue
        reference = None
        if phase and axis in measured:
            source = phase.measured.source if phase.measured else phase.source.citation
            reference = Reference(value=measured[axis], source=source)
        quantities[axis] = Quantity(
            value=cell[axis], unit="Å", says="lattice constant of the conventional cell", experiment=reference, checks=checks
        )
    data = {"volumes": volumes, "energies": energies, "parameters": fit.parameters, "atoms": count}
    return quantities, data


def _scaled(plain: dict[str, Any], volume: float) -> dict[str, Any]:
    from potash.structures.encoding import encode

    atoms = decode(plain)
    atoms.set_cell(atoms.cell * (volume / atoms.get_volume()) ** (1 / 3), scale_atoms=True)
    return encode(atoms)
