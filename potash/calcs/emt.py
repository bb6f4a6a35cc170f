"""ASE's effective medium theory: seconds instead of hours, for quick runs and tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from potash.calcs import launch
from potash.calcs.engine import Cost, Settings
from potash.calcs.lacking import Lacking
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: The elements that ASE's EMT has parameters for.
ELEMENTS = frozenset({"Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt", "H", "C", "N", "O"})


class Emt(Lacking):
    """The engine EMT (K. W. Jacobsen, P. Stoltze, J. K. Nørskov, doi:10.1016/0039-6028(96)00816-3)."""

    name = "emt"
    install = "pip install ase"
    splits = False
    folds = False
    stays = True

    def version(self) -> str:
        """Name the version of ASE."""
        import ase

        return str(ase.__version__)

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Refuse elements without parameters; the rest needs nothing."""
        lacking = sorted(set(atoms.symbols) - ELEMENTS)
        if lacking:
            raise BadInput(
                f"the engine emt has no parameters for {', '.join(lacking)} (it knows {', '.join(sorted(ELEMENTS))})"
            )
        return {}

    def launcher(self, cores: int) -> list[str]:
        """Run on one core."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Give the variables of every worker."""
        return launch.environment()

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make ASE's calculator."""
        from ase.calculators.emt import EMT

        calculator: Calculator = EMT()
        return calculator

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one call: pairs of near atoms."""
        return Cost(core_seconds=2e-4 * len(atoms), memory=0.1, cores=1)

    def fault(self, folder: Path) -> str | None:
        """EMT writes no output of its own."""
        return None
