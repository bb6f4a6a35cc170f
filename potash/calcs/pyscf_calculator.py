"""Kohn–Sham energies and forces of a molecule by pyscf, as an ASE calculator."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.units import Bohr, Hartree

from potash.calcs.engine import Settings
from potash.calcs.faults import failed

if TYPE_CHECKING:
    from ase import Atoms

#: Cycles of the self-consistent field, and of its second-order form, each of which takes several.
CYCLES, SECOND_ORDER = 80, 40
#: The electrons' potential is summed at so many points at a time.
BLOCK = 200


class Pyscf(Calculator):
    """One molecule's electrons; each call begins with the density of the last.

    Parameters
    ----------
    settings
        Complete: see `calcs.pyscf`.
    log
        What pyscf writes to.
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012  (ASE declares it so)

    def __init__(self, settings: Settings, log: TextIO) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.settings = settings
        self.log = log
        self.field: Any = None

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Solve the self-consistent field, and differentiate its energy.

        Raises
        ------
        CalculationFailed
            Where it does not converge.
        """
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        field = _field(_molecule(self.atoms, self.settings, self.log), self.settings)
        before = None if self.field is None else self.field.make_rdm1()
        energy = field.kernel(before)
        if not field.converged:
            raise failed("F014")
        gradient = field.nuc_grad_method()
        self.field = field
        self.results = {
            "energy": float(energy) * Hartree,
            "forces": -np.asarray(gradient.kernel()) * Hartree / Bohr,
        }


def electrostatics(atoms: Atoms, settings: Settings, log: TextIO, points: np.ndarray) -> np.ndarray:
    """Solve the self-consistent field, and sum the potential of nuclei and electrons at points.

    Parameters
    ----------
    points
        (points, 3) in Å.

    Returns
    -------
    ndarray
        (points,) in V.

    Raises
    ------
    CalculationFailed
        Where the field does not converge.
    """
    molecule = _molecule(atoms, settings, log)
    field = _field(molecule, settings)
    field.kernel()
    if not field.converged:
        raise failed("F014")
    density = np.asarray(field.make_rdm1())
    density = density if density.ndim == 2 else density.sum(axis=0)
    places = points / Bohr
    apart = np.linalg.norm(places[:, None] - molecule.atom_coords()[None], axis=2)
    nuclei = (molecule.atom_charges() / apart).sum(axis=1)
    blocks = [places[start : start + BLOCK] for start in range(0, len(places), BLOCK)]
    electrons = np.concatenate(
        [np.einsum("pij,ij->p", molecule.intor("int1e_grids", grids=block), density) for block in blocks]
    )
    found: np.ndarray = (nuclei - electrons) * Hartree
    return found


def _molecule(atoms: Atoms, settings: Settings, log: TextIO) -> Any:
    from pyscf import gto, lib

    lib.num_threads(int(os.environ.get("POTASH_CORES", "1")))
    molecule = gto.Mole(charge=round(settings["charge"]), spin=settings["multiplicity"] - 1)
    ghosts = set(settings.get("ghosts", ()))
    symbols = [f"ghost-{atom.symbol}" if atom.index in ghosts else atom.symbol for atom in atoms]
    molecule.atom = list(zip(symbols, atoms.positions.tolist(), strict=True))
    molecule.basis = settings["basis"]
    molecule.verbose, molecule.stdout = 4, log
    return molecule.build(dump_input=False, parse_arg=False)


def _field(molecule: Any, settings: Settings) -> Any:
    from pyscf import dft

    field = dft.RKS(molecule) if settings["multiplicity"] == 1 else dft.UKS(molecule)
    field.xc = settings["functional"]
    field.grids.level = settings["quadrature"]
    field.conv_tol = settings["convergence"]
    field.max_cycle = CYCLES
    if settings["auxiliary"] != "none":
        field = field.density_fit(auxbasis=settings["auxiliary"])
    if settings["dielectric"] is not None:
        field = field.PCM()
        field.with_solvent.method = "IEF-PCM"
        field.with_solvent.eps = settings["dielectric"]
    if (solver := settings.get("solver", {}).get("parameters", {})).get("second_order"):
        field = field.newton()
        field.max_cycle = SECOND_ORDER
    elif "level_shift" in solver:
        field.level_shift = solver["level_shift"]
    return field
