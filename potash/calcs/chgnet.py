"""CHGNet: a learned potential for crystals, milliseconds instead of hours. Good for a first path, no DFT."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from potash.calcs import launch
from potash.calcs.engine import Cost, Settings, sort_of
from potash.calcs.lacking import Lacking
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: The models that come inside the package: trained on PBE(+U), and transferred to r²SCAN.
MODELS = ("0.3.0", "r2scan")


class Chgnet(Lacking):
    """The engine CHGNet (B. Deng et al., doi:10.1038/s42256-023-00716-3)."""

    name = "chgnet"
    install = "pip install 'potash[chgnet]'"
    splits = False
    folds = False
    stays = True

    def version(self) -> str:
        """Name the version of CHGNet."""
        try:
            return metadata.version("chgnet")
        except metadata.PackageNotFoundError:
            raise BadInput(f"the engine chgnet is not installed: {self.install}") from None

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Refuse what the model was not trained for; the rest needs nothing."""
        if sort_of(atoms) == "molecule":
            formula = atoms.get_chemical_formula()
            raise BadInput(f"the engine chgnet knows crystals and slabs, no molecules ({formula}); use gpaw")
        if settings["model"] not in MODELS:
            raise BadInput(f"unknown CHGNet model '{settings['model']}' (known: {', '.join(MODELS)})")
        return dict(settings)

    def launcher(self, cores: int) -> list[str]:
        """Run on one core."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Give the variables of every worker."""
        return launch.environment()

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make CHGNet's own calculator, on the processor; its stress is in eV/Å³."""
        from ase.units import GPa
        from chgnet.model.dynamics import CHGNetCalculator
        from chgnet.model.model import CHGNet

        model = CHGNet.load(model_name=settings["model"], use_device="cpu", verbose=False)
        calculator: Calculator = CHGNetCalculator(
            model=model, use_device="cpu", stress_weight=GPa, on_isolated_atoms="error"
        )
        return calculator

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one call: measured 2026-11 on one core of a virtual machine."""
        return Cost(core_seconds=0.02 + 0.0015 * len(atoms), memory=0.8 + 0.002 * len(atoms), cores=1)

    def fault(self, folder: Path) -> str | None:
        """CHGNet writes no output of its own."""
        return None
