"""What engines lack, refused in one sentence each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms

    from potash.calcs.engine import Electrons, Engine, Levels, Planar, Settings


def refuse(code: Engine, task: str) -> None:
    """Refuse a task that an engine lacks the means for, before anything runs.

    Raises
    ------
    BadInput
        Saying which engine has them.
    """
    if code.name == "openmm" and task != "dynamics":
        raise BadInput("the engine openmm knows liquids with a force field alone; it serves studies of kind liquid")
    if task == "orbitals" and getattr(type(code), "levels", None) is Lacking.levels:
        raise BadInput(f"the engine {code.name} has no orbital levels; use pyscf or gpaw")


class Lacking:
    """The answers of an engine without electrons in periodic cells; what it has, it overrides."""

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

    def electrostatics(self, atoms: Atoms, settings: Settings, folder: Path, points: np.ndarray) -> np.ndarray:
        """Refuse."""
        raise BadInput(f"the engine {self.name} has no electrostatic potential of molecules; use pyscf")

    def _lack(self, what: str) -> BadInput:
        return BadInput(f"the engine {self.name} has no {what}; use gpaw")
