"""Quantum ESPRESSO: pw.x with the user's own pseudopotentials."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from potash.calcs import dispersion, launch, pseudopotentials
from potash.calcs.engine import Cost, Electrons, Levels, Planar, Settings, kpoints, sort_of, tail
from potash.calcs.pwx import OUTPUT, PwX, stopped
from potash.calcs.pwx_input import points
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: Core-seconds of a call per k-point, band and plane wave: 2026-11, one core of a two-core virtual machine.
PACE = 1e-5
#: Plane waves per Å³ at a cutoff of 1 Ry.
WAVES = 1 / (6 * np.pi**2) / 0.529177**3
#: Folders named by campaigns reach the worker's process in this variable.
FOLDERS = "POTASH_PSEUDOPOTENTIALS"


class Espresso:
    """The engine Quantum ESPRESSO (https://www.quantum-espresso.org, doi:10.1088/1361-648X/aa8f79)."""

    name = "espresso"
    install = "apt-get install quantum-espresso"
    splits = False
    folds = False
    stays = False

    def __init__(self) -> None:
        self._told: list[Path] = []

    def version(self) -> str:
        """Name the version of pw.x, as it says itself."""
        return _version()

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Choose pseudopotentials, divisions of k-points, and what slabs and molecules need."""
        done = dict(settings)
        folder, files = pseudopotentials.choose(atoms.symbols, done.pop("pseudopotentials", None))
        if folder not in self._told:
            self._told.append(folder)
        done["pseudopotentials"] = {
            element: pseudopotentials.describe(folder / file) for element, file in files.items()
        }
        if done.get("dispersion", dispersion.NONE) != dispersion.NONE:
            done["functional"] = pseudopotentials.functional(folder / file for file in files.values())
        if done.get("density_cutoff") is None:
            soft = all(each["soft"] for each in done["pseudopotentials"].values())
            done["density_cutoff"] = (4 if soft else 8) * done["cutoff"]
        spacing = done.pop("spacing")
        done.setdefault("kpoints", kpoints(atoms, spacing))
        # Divisions off Γ sample better where the cell is orthogonal; elsewhere they break the symmetry.
        done["gamma"] = not np.allclose(atoms.cell.angles(), 90.0)
        vacuum, dipole = done.pop("vacuum", None), done.pop("dipole", False)
        sort = sort_of(atoms)
        if sort == "molecule":
            done["isolated"] = "mt"
            del done["gamma"], done["kpoints"]
            _check_box(atoms, vacuum)
        elif sort == "slab":
            _check_slab(atoms)
            if dipole:
                done["dipole"] = _dipole(atoms)
        return done

    def launcher(self, cores: int) -> list[str]:
        """Run one worker; it launches pw.x on the cores."""
        return launch.python()

    def environment(self) -> dict[str, str]:
        """Tell the worker where campaigns keep pseudopotentials."""
        return {**launch.environment(), FOLDERS: os.pathsep.join(map(str, self._told))}

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make the calculator; its files lie in ``pw.1``, ``pw.2``, …: one folder a calculator."""
        named = [Path(each) for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each]
        places = [*self._told, *named, *pseudopotentials.folders()]
        found = {
            element: pseudopotentials.locate(about, places) for element, about in settings["pseudopotentials"].items()
        }
        return cast("Calculator", PwX(folder, settings, found))

    def levels(self, atoms: Atoms, calculator: Any) -> Levels:
        """Refuse: the vacuum level is not read from pw.x."""
        raise BadInput("the engine espresso gives no orbital levels against the vacuum; use gpaw")

    def potential(self, atoms: Atoms, calculator: Any) -> Planar:
        """Refuse: there is none."""
        raise BadInput("the engine espresso gives no planar potential; use gpaw")

    def electrons(self, calculator: Any, settings: Settings, folder: Path, options: Settings) -> Electrons:
        """Refuse: there are none."""
        raise BadInput("the engine espresso gives no densities of states; use gpaw")

    def charges(self, atoms: Atoms, settings: Settings, folder: Path) -> list[float]:
        """Refuse: pw.x has no Hirshfeld charges."""
        raise BadInput("the engine espresso gives no Hirshfeld charges; use gpaw")

    def density(self, atoms: Atoms, calculator: Any, voxel: float) -> None:
        """Refuse: there is none."""
        raise BadInput("the engine espresso gives no density of all electrons; use gpaw")

    def electrostatics(self, atoms: Atoms, settings: Settings, folder: Path, points: np.ndarray) -> np.ndarray:
        """Refuse."""
        raise BadInput("the engine espresso gives no electrostatic potential of molecules; use pyscf")

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate from k-points, bands and plane waves."""
        electrons = sum(settings["pseudopotentials"][symbol]["electrons"] for symbol in atoms.symbols)
        bands = electrons / 2 * 1.2 + 4
        spins = 2 if atoms.get_initial_magnetic_moments().any() else 1
        number = spins * points(settings)
        waves = WAVES * abs(atoms.cell.volume) * settings["cutoff"] ** 1.5
        grid = 16 * waves * (settings["density_cutoff"] / settings["cutoff"] / 4) ** 1.5
        return Cost(
            core_seconds=float(1 + PACE * number * bands * waves * (1 + bands / 150)),
            memory=float(0.2 + 16 * (3 * number * bands * waves + 20 * grid) / 2**30),
            cores=int(max(1, number)),
        )

    def fault(self, folder: Path) -> str | None:
        """Find why pw.x stopped, or the last error in the worker's output."""
        outputs = sorted(folder.glob(f"pw.*/{OUTPUT}"), key=lambda path: path.stat().st_mtime)
        if outputs and (reason := stopped(outputs[-1].parent)):
            return reason
        found = re.findall(r"^[\w.]*(?:Error|Exception)\b.*$", tail(folder / "worker.err"), re.MULTILINE)
        return found[-1].removeprefix("RuntimeError: ") if found else None


@cache
def _version() -> str:
    program = shutil.which("pw.x")
    if program is None:
        raise BadInput(f"the engine espresso is not installed: {Espresso.install}, or put your own pw.x on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [program], cwd=folder, env=launch.environment(), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=60, check=False,
        )  # fmt: skip
    header = re.search(r"Program PWSCF\s+v\.\s*(\S+)", told.stdout)
    if header is None:
        raise BadInput(f"{program} does not say its version: run it once by hand to see why, or {Espresso.install}")
    return header[1]


def _check_box(atoms: Atoms, vacuum: float | None) -> None:
    """Refuse boxes too small for the correction of Martyna and Tuckerman (doi:10.1063/1.477923)."""
    if atoms.cell.rank < 3:
        raise BadInput("the engine espresso needs a box around a molecule: set 'vacuum' (Å)")
    extent = np.ptp(atoms.positions, axis=0)
    if (atoms.cell.lengths() < 2 * extent).any():
        needed = ceil(extent.max() / 2)
        raise BadInput(
            f"the box around {atoms.get_chemical_formula()} is less than twice as large as the molecule "
            f"(vacuum: {vacuum}): set vacuum to at least {needed} (Å)"
        )


def _check_slab(atoms: Atoms) -> None:
    if list(atoms.pbc) != [True, True, False] or atoms.cell.rank < 3:
        raise BadInput(
            f"the engine espresso takes slabs with their vacuum along the third vector of the cell, not pbc "
            f"{atoms.pbc.tolist()} with cell lengths {atoms.cell.lengths().round(2).tolist()}"
        )


def _dipole(atoms: Atoms) -> dict[str, float]:
    """Place the dipole correction's jump (doi:10.1103/PhysRevB.59.12301) in the middle of the vacuum."""
    heights = np.sort(atoms.get_scaled_positions(wrap=True)[:, 2])
    gaps = np.diff(np.append(heights, heights[0] + 1))
    widest = int(gaps.argmax())
    width = min(0.1, float(gaps[widest]) / 3)
    start = (heights[widest] + gaps[widest] / 2 - width / 2) % 1
    return {"start": round(float(start), 4), "width": round(width, 4)}
