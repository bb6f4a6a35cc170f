"""pw.x as an ASE calculator: its input, its run under MPI, its failures, and its start from the last call."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.espresso import EspressoProfile, EspressoTemplate
from ase.calculators.genericfileio import GenericFileIOCalculator

from potash.calcs import launch, pwx_scratch
from potash.calcs.engine import Settings, tail
from potash.calcs.pw_moments import moments
from potash.calcs.pwx_input import inputs, pools

if TYPE_CHECKING:
    from ase import Atoms

#: What ends a whole output.
DONE = "JOB DONE"
#: What is said of a cycle that did not converge.
UNCONVERGED = "the self-consistent cycle did not converge"
#: What pw.x says; the last call's is kept.
OUTPUT = "espresso.pwo"

#: An error as pw.x tells it. All ranks write it, line among line, so that another's lines may stand before the words.
_ERROR = re.compile(
    r"Error in routine\s+(\S+)\s+\(\s*-?\d+\s*\):\s*\n"
    r"(?:[ \t]*(?:%+|Error in routine.*|stopping \.\.\.)?[ \t]*\n)*"
    r"\s*(\S.*?)\s*\n"
)

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Unconverged(RuntimeError):
    """The cycle ended without a self-consistent density; what it reached lies in the scratch folder."""


class PwTemplate(EspressoTemplate):
    """Writes the input, runs pw.x under MPI, reads what it says."""

    def __init__(self, settings: Settings) -> None:
        parent: Any = super()
        parent.__init__()
        self.settings = settings
        self.reuse = False
        self.wider = 1.0

    def write_input(self, profile: Any, directory: Path, atoms: Atoms, parameters: Any, properties: Any) -> None:
        """Write the input for these atoms."""
        scaled = atoms.copy()
        # pw.x starts from moments as fractions of the valence electrons.
        valence = [self.settings["pseudopotentials"][symbol]["electrons"] for symbol in atoms.symbols]
        scaled.set_initial_magnetic_moments(atoms.get_initial_magnetic_moments() / valence)
        given = inputs(scaled, self.settings, reuse=self.reuse, wider=self.wider)
        parent: Any = super()
        parent.write_input(profile, directory, scaled, given, properties)

    def read_results(self, directory: Any) -> dict[str, Any]:
        """Read what ASE reads, and the moments."""
        parent: Any = super()
        try:
            results: dict[str, Any] = parent.read_results(directory)
        except (ValueError, IndexError, KeyError, AssertionError) as error:  # stars instead of numbers, say
            raise RuntimeError(f"the output cannot be read ({Path(directory) / OUTPUT}: {error})") from error
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
            kind = Unconverged if reason == UNCONVERGED else RuntimeError
            raise kind(reason or f"pw.x ended with code {code} (see {directory / OUTPUT})")
        if DONE not in tail(directory / OUTPUT):
            raise RuntimeError(f"the output ends in the middle ({directory / OUTPUT})")


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
        return UNCONVERGED
    if missing := re.search(r"file (\S+) not found", text):
        return f"pw.x found no pseudopotential {missing[1]}"
    if error := _ERROR.search(text):
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
        profile = EspressoProfile("pw.x", f"./{pwx_scratch.name()}/pseudo")
        parent: Any = super()
        parent.__init__(template=PwTemplate(settings), profile=profile, directory=directory)
        weakref.finalize(self, pwx_scratch.remove, directory)
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
            where = self.template.settings.get("solver", {}).get("scratch")
            pwx_scratch.clear(self.directory, self.files.values(), node=where != "vault")
        self.template.reuse = reuse
        try:
            self._converge(atoms, properties)
        except RuntimeError:
            pwx_scratch.remove(self.directory)
            raise

    def _converge(self, atoms: Atoms, properties: Any) -> None:
        """Call pw.x; where remedies say so, go on from the density that a cycle without end has reached."""
        parent: Any = super()
        solver = self.template.settings.get("solver", {})
        try:
            parent.calculate(atoms, properties, None)
        except Unconverged:
            if not (solver.get("continue") or solver.get("widen")):
                raise
            self.template.reuse = True
            if solver.get("widen"):
                self.template.wider = solver["widen"]
                try:
                    parent.calculate(atoms, properties, None)
                finally:
                    self.template.wider = 1.0
            parent.calculate(atoms, properties, None)


def _free(folder: Path) -> Path:
    """Make a folder that did not exist: a band's images keep apart, a second start keeps the first's output.

    Wave functions that a killed process left are removed; one process alone works in a calculation's folder.
    """
    for earlier in folder.glob("pw.*"):
        pwx_scratch.remove(earlier, of_others=True)
    number = 1
    while (path := folder / f"pw.{number}").exists():
        number += 1
    path.mkdir(parents=True)
    return path
