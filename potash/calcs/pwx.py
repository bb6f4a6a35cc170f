"""pw.x as an ASE calculator: its input, its run under MPI, its failures, and its start from the last call."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import weakref
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.espresso import EspressoProfile, EspressoTemplate
from ase.calculators.genericfileio import GenericFileIOCalculator
from ase.units import Ry

from potash.calcs import launch
from potash.calcs.engine import Settings
from potash.calcs.pw_moments import moments

if TYPE_CHECKING:
    from ase import Atoms

#: What pw.x says; the last call's is kept.
OUTPUT = "espresso.pwo"

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def points(settings: Settings) -> int:
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
    fewest = ceil(np.prod(settings.get("kpoints", [1])) / 48) if symmetric else points(settings)
    return max(number for number in range(1, cores + 1) if cores % number == 0 and number <= fewest)


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
        # Cold smearing has several Fermi energies that fit (doi:10.48550/arXiv.2212.07988). In insulators pw.x 6.7
        # takes a wrong one at some volumes and not at others: K2Se's energy then jumps by 14 meV. Gauss has one.
        system |= {"smearing": "gaussian", "degauss": settings["smearing"] / Ry}
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

    def read_results(self, directory: Any) -> dict[str, Any]:
        """Read what ASE reads, and the moments."""
        parent: Any = super()
        results: dict[str, Any] = parent.read_results(directory)
        results.pop("magmoms", None)
        found = moments((Path(directory) / OUTPUT).read_text(encoding="utf-8", errors="replace"))
        return results if found is None else {**results, "magmoms": np.array(found)}

    def execute(self, directory: Path, profile: Any) -> None:
        """Run pw.x; it dies with this process."""
        cores = int(os.environ.get("POTASH_CORES", "1"))
        command = [*launch.mpi(cores), *profile.get_command(self.inputname)]
        if cores > 1:
            command += ["-nk", str(pools(self.settings, cores))]
        (directory / "CRASH").unlink(missing_ok=True)
        with (directory / OUTPUT).open("w") as out, (directory / "espresso.err").open("w") as err:
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
            raise RuntimeError(reason or f"pw.x ended with code {code} (see {directory / OUTPUT})")


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
    text = tail(directory / OUTPUT) + tail(directory / "CRASH")
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


def tail(path: Path, size: int = 200000) -> str:
    """Read the end of a text; nothing where there is none."""
    return path.read_text(encoding="utf-8", errors="replace")[-size:] if path.exists() else ""
