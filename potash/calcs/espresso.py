"""Quantum ESPRESSO: pw.x with the user's own pseudopotentials."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from ase.calculators.espresso import EspressoProfile, EspressoTemplate
from ase.calculators.genericfileio import GenericFileIOCalculator
from ase.units import Ry

from potash.calcs import launch, pseudopotentials
from potash.calcs.engine import Cost, Levels, Settings, kpoints, sort_of
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

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Espresso:
    """The engine Quantum ESPRESSO (https://www.quantum-espresso.org, doi:10.1088/1361-648X/aa8f79)."""

    name = "espresso"
    install = "apt-get install quantum-espresso"

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
        if done.get("density_cutoff") is None:
            soft = all(each["soft"] for each in done["pseudopotentials"].values())
            done["density_cutoff"] = (4 if soft else 8) * done["cutoff"]
        spacing = done.pop("spacing")
        done.setdefault("kpoints", kpoints(atoms, spacing))
        # Divisions off Γ sample better where the cell is orthogonal; elsewhere they break the symmetry.
        done["gamma"] = not np.allclose(atoms.cell.angles(), 90.0)
        vacuum = done.pop("vacuum", None)
        sort = sort_of(atoms)
        if sort == "molecule":
            done["isolated"] = "mt"
            del done["gamma"], done["kpoints"]
            _check_box(atoms, vacuum)
        elif sort == "slab":
            _check_slab(atoms)
            if done.pop("dipole", False):
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

    def charges(self, atoms: Atoms, settings: Settings, folder: Path) -> list[float]:
        """Refuse: pw.x has no Hirshfeld charges."""
        raise BadInput("the engine espresso gives no Hirshfeld charges; use gpaw")

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate from k-points, bands and plane waves."""
        electrons = sum(settings["pseudopotentials"][symbol]["electrons"] for symbol in atoms.symbols)
        bands = electrons / 2 * 1.2 + 4
        spins = 2 if atoms.get_initial_magnetic_moments().any() else 1
        points = spins * _points(settings)
        waves = WAVES * abs(atoms.cell.volume) * settings["cutoff"] ** 1.5
        grid = 16 * waves * (settings["density_cutoff"] / settings["cutoff"] / 4) ** 1.5
        return Cost(
            core_seconds=float(1 + PACE * points * bands * waves * (1 + bands / 150)),
            memory=float(0.2 + 16 * (3 * points * bands * waves + 20 * grid) / 2**30),
            cores=int(max(1, points)),
        )

    def fault(self, folder: Path) -> str | None:
        """Find why pw.x stopped, or the last error in the worker's output."""
        outputs = sorted(folder.glob(f"pw.*/{PwTemplate.output}"), key=lambda path: path.stat().st_mtime)
        if outputs and (reason := stopped(outputs[-1].parent)):
            return reason
        text = _read(folder / "worker.err")
        found = re.findall(r"^[\w.]*(?:Error|Exception|BadInput)\b.*$", text, re.MULTILINE)
        return re.sub(r"^[\w.]*(BadInput|RuntimeError): ", "", found[-1]) if found else None


def _points(settings: Settings) -> int:
    """Count the k-points that pw.x treats: exactly by time reversal, roughly where symmetry is used as well."""
    size = settings.get("kpoints", [1, 1, 1])
    total = int(np.prod(size))
    if settings.get("symmetry"):
        return ceil(total / 8)
    own_images = np.prod([1 if number % 2 else 2 if settings.get("gamma", True) else 0 for number in size])
    return (total + int(own_images)) // 2


def pools(settings: Settings, cores: int) -> int:
    """Divide the cores into groups that share out k-points: as many as surely find one each.

    No symmetry leaves less than one point in 48.
    """
    symmetric = settings.get("symmetry") and not settings.get("dipole")
    fewest = ceil(np.prod(settings.get("kpoints", [1])) / 48) if symmetric else _points(settings)
    return max(number for number in range(1, cores + 1) if cores % number == 0 and number <= fewest)


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


def inputs(atoms: Atoms, settings: Settings, *, reuse: bool) -> dict[str, Any]:
    """Give the input of pw.x, in the form that ASE writes.

    Parameters
    ----------
    atoms, settings
        The system and its completed settings.
    reuse
        Start from density and wave functions that the last call left.
    """
    spin = bool(atoms.get_initial_magnetic_moments().any())
    dipole = settings.get("dipole")
    control: dict[str, Any] = {
        "calculation": "scf",
        "prefix": "pw",
        "outdir": f"./{_scratch()}",
        "pseudo_dir": f"./{_scratch()}/pseudo",
        "disk_io": "low",
        "tprnfor": True,
        "tstress": not dipole and not settings.get("isolated"),
    }
    system: dict[str, Any] = {
        "ecutwfc": settings["cutoff"],
        "ecutrho": settings["density_cutoff"],
        "nosym": not settings.get("symmetry") or bool(dipole),
        "nspin": 2 if spin else 1,
        "tot_charge": settings["charge"],
        "occupations": "smearing" if settings["smearing"] else "fixed",
    }
    if settings["smearing"]:
        system |= {"smearing": "mv", "degauss": settings["smearing"] / Ry}
    if settings.get("isolated"):
        system["assume_isolated"] = settings["isolated"]
    if dipole:
        control |= {"tefield": True, "dipfield": True}
        system |= {"edir": 3, "emaxpos": dipole["start"], "eopreg": dipole["width"], "eamp": 0.0}
    electrons: dict[str, Any] = {
        "conv_thr": settings["convergence"] * len(atoms),
        "electron_maxstep": settings["cycles"],
        "mixing_beta": settings["mixing"],
    }
    if reuse:
        electrons |= {"startingpot": "file", "startingwfc": "file"}
    return {
        "input_data": {"control": control, "system": system, "electrons": electrons},
        "pseudopotentials": {element: about["file"] for element, about in settings["pseudopotentials"].items()},
        **_grid(settings),
    }


def _grid(settings: Settings) -> dict[str, Any]:
    """Give divisions and offsets: even divisions off Γ where that is allowed, as Monkhorst and Pack do."""
    size = settings.get("kpoints", [1, 1, 1])
    if max(size) == 1:
        return {"kpts": None}
    gamma = settings["gamma"]
    return {"kpts": list(size), "koffset": [0 if gamma or number % 2 else 1 for number in size]}


class PwTemplate(EspressoTemplate):
    """Writes the input, runs pw.x under MPI, reads what it says."""

    output = "espresso.pwo"

    def __init__(self, settings: Settings) -> None:
        parent: Any = super()
        parent.__init__()
        self.settings = settings
        self.reuse = False

    def write_input(self, profile: Any, directory: Path, atoms: Atoms, parameters: Any, properties: Any) -> None:
        """Write the input for these atoms."""
        scaled = atoms.copy()
        # pw.x starts from moments as fractions of the valence electrons.
        valence = [self.settings["pseudopotentials"][symbol]["electrons"] for symbol in atoms.symbols]
        scaled.set_initial_magnetic_moments(atoms.get_initial_magnetic_moments() / valence)
        given = inputs(scaled, self.settings, reuse=self.reuse)
        parent: Any = super()
        parent.write_input(profile, directory, scaled, given, properties)

    def execute(self, directory: Path, profile: Any) -> None:
        """Run pw.x; it dies with this process."""
        cores = int(os.environ.get("POTASH_CORES", "1"))
        command = [*launch.mpi(cores), *profile.get_command(self.inputname)]
        if cores > 1:
            command += ["-nk", str(pools(self.settings, cores))]
        (directory / "CRASH").unlink(missing_ok=True)
        with (directory / self.output).open("w") as out, (directory / "espresso.err").open("w") as err:
            code = subprocess.run(
                command,
                cwd=directory,
                env=launch.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=_die_with_parent,
                check=False,
            ).returncode
        reason = stopped(directory)
        if reason or code != 0:
            raise RuntimeError(reason or f"pw.x ended with code {code} (see {directory / self.output})")


def _scratch() -> str:
    """Name the folder of what pw.x leaves for its next call; by process, so that the dead ones' can be told."""
    return f"scratch.{os.getpid()}"


def _die_with_parent() -> None:
    """Ask the kernel to end this process with the worker, however that ends."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGTERM)


def stopped(directory: Path) -> str | None:
    """Say in one sentence why pw.x stopped; None where its output shows no error.

    Parameters
    ----------
    directory
        Where it ran.
    """
    text = _read(directory / PwTemplate.output) + _read(directory / "CRASH")
    if "convergence NOT achieved" in text:
        return "the self-consistent cycle did not converge; try more smearing, or a smaller 'mixing' than 0.7"
    if missing := re.search(r"file (\S+) not found", text):
        return f"pw.x found no pseudopotential {missing[1]}"
    if error := re.search(r"Error in routine\s+(\S+)\s+\(\s*-?\d+\s*\):\s*\n\s*(.+?)\s*\n", text):
        return f"pw.x stopped in {error[1]}: {error[2]}"
    return None


class PwX(GenericFileIOCalculator):
    """pw.x as an ASE calculator that starts each call from what the last one left.

    Parameters
    ----------
    folder
        The calculation's folder; a folder ``pw.N`` is made in it.
    settings
        Completed settings.
    files
        The pseudopotentials' paths by element.
    """

    def __init__(self, folder: Path, settings: Settings, files: dict[str, Path]) -> None:
        directory = _free(folder)
        profile = EspressoProfile("pw.x", f"./{_scratch()}/pseudo")
        parent: Any = super()
        parent.__init__(template=PwTemplate(settings), profile=profile, directory=directory)
        weakref.finalize(self, shutil.rmtree, directory / _scratch(), ignore_errors=True)
        self.files = files
        self.cell: Any = None

    def calculate(self, atoms: Atoms, properties: Any, system_changes: Any) -> None:
        """Run pw.x; where a start from the last call fails, start afresh."""
        same = self.cell is not None and np.array_equal(self.cell, atoms.cell.array)
        self.cell = None
        if same:
            try:
                self._run(atoms, properties, reuse=True)
            except RuntimeError:
                self._run(atoms, properties, reuse=False)
        else:
            self._run(atoms, properties, reuse=False)
        self.cell = atoms.cell.array.copy()

    def _run(self, atoms: Atoms, properties: Any, *, reuse: bool) -> None:
        if not reuse:
            self._clear()
        self.template.reuse = reuse
        parent: Any = super()
        try:
            parent.calculate(atoms, properties, None)
        except RuntimeError:
            shutil.rmtree(self.directory / _scratch(), ignore_errors=True)
            raise

    def _clear(self) -> None:
        """Leave nothing in the scratch folder but links to the pseudopotentials."""
        scratch = self.directory / _scratch()
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "pseudo").mkdir(parents=True)
        for path in self.files.values():
            (scratch / "pseudo" / path.name).symlink_to(path.resolve())


def _free(folder: Path) -> Path:
    """Make a folder that did not exist: a band's images keep apart, a second start keeps the first's output.

    Wave functions that a killed process left are removed; one process alone works in a calculation's folder.
    """
    for left in folder.glob("pw.*/scratch.*"):
        if left.name != _scratch():
            shutil.rmtree(left, ignore_errors=True)
    number = 1
    while (path := folder / f"pw.{number}").exists():
        number += 1
    path.mkdir(parents=True)
    return path


def _read(path: Path, size: int = 200000) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-size:] if path.exists() else ""
