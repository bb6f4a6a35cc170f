"""tblite: extended tight binding for molecules and clusters, in milliseconds."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.calcs import launch
from potash.calcs.continuum import dielectric
from potash.calcs.engine import Cost, Settings, sort_of, tail
from potash.calcs.lacking import Lacking
from potash.errors import BadInput, near

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: GFN2-xTB (doi:10.1021/acs.jctc.8b01176) and GFN1-xTB (doi:10.1021/acs.jctc.7b00118).
METHODS = ("GFN2-xTB", "GFN1-xTB")
#: The heaviest element that both have parameters for: radon.
HEAVIEST = 86


class Tblite(Lacking):
    """The engine tblite (https://tblite.readthedocs.io)."""

    name = "tblite"
    install = "pip install 'potash[electrolytes]'"
    splits = False
    folds = False
    stays = True

    def version(self) -> str:
        """Name the version of tblite."""
        try:
            return metadata.version("tblite")
        except metadata.PackageNotFoundError:
            raise BadInput(f"the engine tblite is not installed: {self.install}") from None

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Refuse crystals, unknown methods, and a multiplicity that the electrons do not allow."""
        formula = atoms.get_chemical_formula()
        if sort_of(atoms) != "molecule":
            raise BadInput(
                f"the engine tblite knows molecules and clusters here, nothing periodic ({formula}); use gpaw"
            )
        if settings["method"] not in METHODS:
            raise BadInput(
                f"unknown method '{settings['method']}' of the engine tblite{near(settings['method'], METHODS)}"
            )
        if atoms.numbers.max() > HEAVIEST:
            raise BadInput(f"the engine tblite has parameters up to radon alone, not for all of {formula}")
        if settings["charge"] != int(settings["charge"]):
            raise BadInput(f"the engine tblite takes whole charges, not {settings['charge']:g} for {formula}")
        electrons = int(atoms.numbers.sum()) - int(settings["charge"])
        multiplicity = settings["multiplicity"] or 1 + electrons % 2
        if multiplicity != int(multiplicity) or (electrons + multiplicity) % 2 == 0 or multiplicity > electrons + 1:
            raise BadInput(
                f"{formula} with charge {settings['charge']:+g} has {electrons} electrons, no multiplicity of {multiplicity:g}"
            )
        around = dielectric(settings["solvent"])
        done = {**settings, "multiplicity": int(multiplicity), "dielectric": around}
        del done["solvent"]
        return {key: value for key, value in done.items() if key != "dielectric" or value is not None}

    def launcher(self, cores: int) -> list[str]:
        """Run on one core."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Give the variables of every worker."""
        return launch.environment()

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make tblite's own calculator.

        The continuum is the generalised Born model with the P16 kernel. Unpaired electrons are spin-polarised
        (doi:10.1002/jcc.27185): without that the triplet of O2 lies above its singlet.
        """
        from tblite.ase import TBLite

        more: dict[str, Any] = {}
        if "dielectric" in settings:
            more["solvation"] = ("gbe", settings["dielectric"], "p16")
        if settings["multiplicity"] > 1:
            more["spin_polarization"] = 1.0
        calculator: Calculator = TBLite(
            method=settings["method"],
            charge=settings["charge"],
            multiplicity=settings["multiplicity"],
            accuracy=settings["accuracy"],
            electronic_temperature=settings["temperature"],
            verbosity=0,
            **more,
        )
        return calculator

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one call: measured by ``benchmarks/xtb.py``."""
        return Cost(core_seconds=0.003 + 2.2e-7 * len(atoms) ** 3, memory=0.15 + 1e-6 * len(atoms) ** 2, cores=1)

    def fault(self, folder: Path) -> str | None:
        """Find the last error in the worker's output."""
        found = re.findall(r"^[\w.]*(?:Error|Exception|Failed)\b.*$", tail(folder / "worker.err"), re.MULTILINE)
        return found[-1] if found else None
