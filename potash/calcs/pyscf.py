"""pyscf: molecules with hybrid functionals, diffuse functions and a continuum around them."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs import launch
from potash.calcs.carriers import MANY, shares
from potash.calcs.continuum import NONE, dielectric
from potash.calcs.engine import Cost, Levels, Settings
from potash.calcs.lacking import Lacking
from potash.calcs.spins import contaminated, multiplicity
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: Functions of an atom: of hydrogen, of Li to Ne, of what is heavier; for estimates alone. Other bases count as 6-311++G**.
FUNCTIONS = {
    "def2-SVPD": (8, 20, 25),
    "6-311++G**": (7, 22, 33),
    "def2-TZVPD": (9, 37, 41),
    "def2-QZVPD": (33, 63, 70),
}
#: Core-seconds of a call of FEC, 175 functions: 25 closed, 55 open (2026-11, one core of a two-core virtual machine); with the
#: square of the number of functions.
PACE = {1: 25 / 175**2, 2: 55 / 175**2}
#: A continuum costs so many times that, and so much memory (GiB) beside what is there: K+(DME), 233 functions, took 138 core-seconds
#: and 2.8 GiB (2026-11, the same machine).
CONTINUUM, BESIDE = 3.1, 3.5
#: pyscf itself holds no more than so much at once, and keeps the rest on disk; in GiB.
HELD = 4.0


class Pyscf(Lacking):
    """The engine pyscf (Q. Sun et al., doi:10.1063/5.0006074)."""

    name = "pyscf"
    install = "pip install 'potash[electrolytes]'"
    splits = False
    folds = False
    stays = True

    def version(self) -> str:
        """Name the version of pyscf."""
        try:
            return metadata.version("pyscf")
        except metadata.PackageNotFoundError:
            raise BadInput(f"the engine pyscf is not installed: {self.install}") from None

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Choose the lowest multiplicity where none is asked for, and the dielectric constant of the solvent.

        Raises
        ------
        BadInput
            For what is no molecule, for ghosts in a continuum, for a multiplicity that its electrons do not allow, and where
            pyscf has no such functional, or no such basis for an element.
        """
        if atoms.pbc.any():
            raise BadInput("the engine pyscf takes molecules, no crystals and slabs here; use gpaw")
        if settings.get("ghosts") and settings["solvent"] != NONE:
            raise BadInput(
                "ghost atoms are taken in vacuum alone: pyscf gives them cavities in a continuum; solvent: none"
            )
        done = {key: value for key, value in settings.items() if key != "solvent"}
        if not done.get("ghosts"):
            done.pop("ghosts", None)
        real = np.delete(atoms.numbers, done.get("ghosts", []))
        electrons = int(real.sum()) - round(settings["charge"])
        formula = atoms.get_chemical_formula()
        if electrons < 1:
            raise BadInput(f"{formula} with charge {settings['charge']:+g} has no electrons")
        done["multiplicity"] = multiplicity(formula, electrons, settings["charge"], done["multiplicity"])
        _known(settings["functional"], settings["basis"], frozenset(atoms.symbols))
        return {**done, "dielectric": dielectric(settings["solvent"])}

    def launcher(self, cores: int) -> list[str]:
        """Run in one process; its threads share the work."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Give the variables of every worker."""
        return launch.environment()

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make the calculator; pyscf's text goes to ``pyscf.txt``."""
        from potash.calcs import pyscf_calculator

        return pyscf_calculator.Pyscf(settings, (folder / "pyscf.txt").open("a", encoding="utf-8"))

    def levels(self, atoms: Atoms, calculator: Any) -> Levels:
        """Read the higher HOMO and the lower LUMO of both spins; the vacuum level is zero without a box."""
        from ase.units import Hartree

        field = calculator.field
        energies, occupied = np.asarray(field.mo_energy), np.asarray(field.mo_occ) > 0
        lowest = np.argmin(np.where(occupied, np.inf, energies))  # of both spins, flat
        return Levels(
            homo=float(energies[occupied].max()) * Hartree if occupied.any() else float("-inf"),
            lumo=float(energies.ravel()[lowest]) * Hartree,
            contamination=contaminated(float(field.spin_square()[0]), field.mol.spin),
            carriers=_carriers(atoms, field, int(lowest)),
        )

    def electrostatics(self, atoms: Atoms, settings: Settings, folder: Path, points: np.ndarray) -> np.ndarray:
        """Solve the self-consistent field, and sum the potential of nuclei and electrons."""
        from potash.calcs import pyscf_calculator

        with (folder / "pyscf.txt").open("a", encoding="utf-8") as log:
            return pyscf_calculator.electrostatics(atoms, settings, log, points)

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one call from the number of basis functions, and whether there is a continuum."""
        light, middle, heavy = FUNCTIONS.get(settings["basis"], FUNCTIONS["6-311++G**"])
        functions = sum(light if number == 1 else middle if number <= 10 else heavy for number in atoms.numbers)
        spins = 1 if settings["multiplicity"] == 1 else 2
        times, beside = (1.0, 0.0) if settings["dielectric"] is None else (CONTINUUM, BESIDE)
        return Cost(
            core_seconds=1 + times * PACE[spins] * functions**2,
            memory=0.5 + min(8 * 3 * functions**3 / 2**30, HELD) + beside,
            cores=4,
        )

    def fault(self, folder: Path) -> str | None:
        """Leave it to the errors that the calculator raises itself."""
        return None


def _carriers(atoms: Atoms, field: Any, number: int) -> list[float]:
    """Divide an orbital among the atoms; of two spins, those of the second come after all of the first."""
    from ase.units import Bohr
    from pyscf.dft import numint

    coefficients = np.asarray(field.mo_coeff)
    orbital = np.concatenate(coefficients.reshape(-1, *coefficients.shape[-2:]), axis=1)[:, number]
    points, weights = field.grids.coords, field.grids.weights
    density = np.concatenate(
        [
            weights[first : first + MANY] * (numint.eval_ao(field.mol, points[first : first + MANY]) @ orbital) ** 2
            for first in range(0, len(points), MANY)
        ]
    )
    return shares(points * Bohr, density, atoms.positions, atoms.numbers)


@cache
def _known(functional: str, basis: str, symbols: frozenset[str]) -> None:
    """Refuse a functional that pyscf does not know, and a basis that it does not have for all elements."""
    from pyscf import dft, gto

    try:
        dft.libxc.parse_xc(functional)
    except (KeyError, ValueError):
        raise BadInput(f"pyscf knows no functional '{functional}'") from None
    for symbol in sorted(symbols):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of another package that may have it
                gto.basis.load(basis, symbol)
        except (KeyError, RuntimeError):
            raise BadInput(f"pyscf has no basis '{basis}' for {symbol}") from None
