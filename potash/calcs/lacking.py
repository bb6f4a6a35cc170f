"""What an engine without electrons in periodic cells lacks, refused in one sentence each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.engine import Electrons, Levels, Planar, Settings


class Lacking:
    """An engine's answers to what it does not have; what it has, it overrides."""

    name: str

    def levels(self, atoms: Atoms, calculator: Any) -> Levels:
        """Refuse."""
        raise self._lack("orbital levels")

    def potential(self, atoms: Atoms, calculator: Any) -> Planar:
        """Refuse."""
        raise self._lack("electrostatic potential of slabs")

    def electrons(self, calculator: Any, settings: Settings, folder: Path, options: Settings) -> Electrons:
        """Refuse."""
        raise self._lack("states of crystals and slabs")

    def charges(self, atoms: Atoms, settings: Settings, folder: Path) -> list[float]:
        """Refuse."""
        raise self._lack("Hirshfeld charges")

    def density(self, atoms: Atoms, calculator: Any, voxel: float) -> None:
        """Refuse."""
        raise self._lack("electron density on a periodic grid")

    def _lack(self, what: str) -> BadInput:
        return BadInput(f"the engine {self.name} has no {what}; use gpaw")
