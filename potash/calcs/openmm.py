"""The engine OpenMM: molecular dynamics of liquids with force fields."""

from __future__ import annotations

import os
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from potash.calcs import launch
from potash.calcs.engine import Cost, Settings
from potash.errors import BadInput
from potash.structures.boxes import LOOSE

if TYPE_CHECKING:
    import openmm
    from ase import Atoms

#: Core-seconds of a step for each atom, and for each pair of atoms within the cutoff, by family of force fields: geometric means
#: take a second force. Measured by ``benchmarks/liquids/pace.py``.
ATOM = 1.8e-6
PAIRS = {"opls": 3.6e-8, "gaff": 1.0e-8}
#: Platforms that compute on a GPU, the first one that is there is taken.
GPU = ("CUDA", "HIP", "OpenCL")


class OpenMM:
    """The engine OpenMM (P. Eastman et al., J. Phys. Chem. B 128 (2024) 109, doi:10.1021/acs.jpcb.3c06662)."""

    name = "openmm"
    install = "pip install openmm"
    splits = False
    folds = False
    stays = False

    def version(self) -> str:
        """Name the version of OpenMM."""
        try:
            import openmm
        except ImportError:
            raise BadInput(f"the engine openmm is not installed here: {self.install}") from None
        return str(openmm.__version__)

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Give the settings back: the force field travels with the options of the task.

        Raises
        ------
        BadInput
            If the box is less than two cutoffs wide: it shrinks from where Packmol put its molecules.
        """
        if (width := atoms.cell.lengths().min()) < 2 * settings["cutoff"]:
            raise BadInput(
                f"a box of {width:.1f} Å is too small for a cutoff of {settings['cutoff']:g} Å: take more atoms"
            )
        return settings

    def launcher(self, cores: int) -> list[str]:
        """Run in one process, with threads."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Give the variables of every worker."""
        return launch.environment()

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> NoReturn:
        """Refuse: single energies of atoms without a force field."""
        raise BadInput("the engine openmm knows liquids with a force field alone; it serves studies of kind liquid")

    levels = potential = electrons = charges = density = electrostatics = calculator

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one step at the density that the atoms have, by the dearer family of force fields."""
        return step(atoms, settings, {"volume": "fixed", "rules": {"combination": "geometric"}})

    def fault(self, folder: Path) -> str | None:
        """OpenMM writes no output of its own."""
        return None


def step(atoms: Atoms, settings: Settings, options: dict[str, Any]) -> Cost:
    """Estimate one step of a liquid, by its atoms and the pairs of them within the cutoff.

    Parameters
    ----------
    atoms
        As Packmol put them: at less than the density that they are expected to have, where that is not fixed.
    settings
        As in ``protocols/openmm.yaml``.
    options
        Of the task ``dynamics``.
    """
    volume = atoms.get_volume() * (1.0 if options["volume"] == "fixed" else LOOSE)
    near = 2 / 3 * pi * settings["cutoff"] ** 3 * len(atoms) / volume
    pair = PAIRS["opls" if options["rules"]["combination"] == "geometric" else "gaff"]
    return Cost(core_seconds=len(atoms) * (ATOM + pair * near), memory=0.3 + 5e-5 * len(atoms), cores=4)


def platform() -> tuple[openmm.Platform, dict[str, str]]:
    """Choose where forces are computed: on a GPU, or by as many threads as this worker may use; sums in a fixed order.

    ``POTASH_OPENMM`` names another of OpenMM's platforms.
    """
    import openmm

    there = [openmm.Platform.getPlatform(number).getName() for number in range(openmm.Platform.getNumPlatforms())]
    name = os.environ.get("POTASH_OPENMM") or next((each for each in GPU if each in there), "CPU")
    if name not in there:
        raise BadInput(f"POTASH_OPENMM names the platform '{name}', which is not here ({', '.join(there)})")
    found = openmm.Platform.getPlatformByName(name)
    wanted = {"DeterministicForces": "true", "Precision": "mixed", "Threads": os.environ.get("POTASH_CORES", "1")}
    return found, {key: value for key, value in wanted.items() if key in found.getPropertyNames()}
