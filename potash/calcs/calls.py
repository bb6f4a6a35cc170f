"""Force calls on record: each is appended as it comes, and replayed when a run goes on."""

from __future__ import annotations

import io
import os
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from ase.parallel import broadcast, world

from potash.calcs.sound import check_call, check_cell
from potash.calcs.stage import Stage
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.lease import Lease

#: Two structures are the same call when no coordinate differs by more than this, in Å.
SAME = 1e-9
_COUNT = re.compile(r"\s*[0-9]{1,9}\s*")

#: A file of this name beside the log asks for a stop after the force call under way.
STOP = "stop"


class Stopped(BaseException):
    """A stop was asked for; what was computed so far is on record."""


class LeaseLost(BaseException):
    """Another process took the calculation over: this one's is no longer wanted."""


class CallLog:
    """The force calls of one calculation, as extended XYZ that `ase gui` opens.

    Numbers are written with all their digits, so that a replayed optimiser takes the very same steps. A frame
    that a killed process left unfinished is dropped when the file is opened for writing.

    Parameters
    ----------
    path
        The file; made at the first call.
    writable
        Whether this process appends to it (one process alone may).
    lease
        What says so. Who opens the log puts a copy in its place: one that was paused, lost its lease and wakes up
        in the middle of writing writes into a file that nobody sees.
    """

    def __init__(self, path: Path, *, writable: bool, lease: Lease | None = None) -> None:
        self.path = path
        self.writable = writable
        self.lease = lease
        self.frames: list[Atoms] = []
        self._file: IO[str] | None = None
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            whole = _whole_frames(text)
            if writable and (lease is not None or len(whole) < len(text)):
                _replace(path, whole)
            if writable:
                self._file = path.open("a", encoding="utf-8")
            if whole:
                from ase.io import read

                try:
                    self.frames = list(read(io.StringIO(whole), index=":", format="extxyz"))
                except Exception as error:  # the parser may raise anything on a file that was damaged
                    raise BadInput(
                        f"the force calls on record in {path} cannot be read; move the file away to begin anew"
                    ) from error

    def find(self, atoms: Atoms) -> Atoms | None:
        """Find the recorded call for the same structure."""
        for frame in reversed(self.frames):
            if (
                len(frame) == len(atoms)
                and np.abs(frame.positions - atoms.positions).max() < SAME
                and np.abs(frame.cell.array - atoms.cell.array).max() < SAME
                and (frame.numbers == atoms.numbers).all()
            ):
                return frame
        return None

    def in_cell(self, atoms: Atoms) -> list[Atoms]:
        """List the recorded calls for these atoms in this cell, wherever they are in it."""
        return [
            frame
            for frame in self.frames
            if len(frame) == len(atoms)
            and (frame.numbers == atoms.numbers).all()
            and np.abs(frame.cell.array - atoms.cell.array).max() < SAME
        ]

    def append(self, atoms: Atoms, results: dict[str, Any], seconds: float) -> None:
        """Record a call: on disk before it is used.

        Raises
        ------
        LeaseLost
            Where another process has taken the calculation over.
        """
        if not self.writable:
            return
        if self.lease is not None and not self.lease.held():
            raise LeaseLost
        if self._file is None:
            try:
                self._file = self.path.open("x", encoding="utf-8")
            except FileExistsError:
                raise LeaseLost from None
        self._file.write(_frame(atoms, results, seconds))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _frame(atoms: Atoms, results: dict[str, Any], seconds: float) -> str:
    def row(values: Any) -> str:
        return " ".join(repr(float(value)) for value in np.ravel(values))

    columns = [atoms.positions, results["forces"]]
    more = ""
    if "magmoms" in results:
        columns.append(np.reshape(results["magmoms"], (-1, 1)))
        more = ":magmoms:R:1"
    pbc = " ".join("T" if periodic else "F" for periodic in atoms.pbc)
    head = (
        f'Lattice="{row(atoms.cell.array)}" Properties=species:S:1:pos:R:3:forces:R:3{more} pbc="{pbc}" '
        f"energy={float(results['energy'])!r} free_energy={float(results['free_energy'])!r} seconds={seconds:.2f}"
    )
    if "stress" in results:
        head += f' stress="{row(_full(results["stress"]))}"'
    lines = [f"{symbol} {row(values)}" for symbol, values in zip(atoms.symbols, np.hstack(columns), strict=True)]
    return "\n".join([str(len(atoms)), head, *lines]) + "\n"


def _full(stress: Any) -> Any:
    from ase.stress import voigt_6_to_full_3x3_stress

    return voigt_6_to_full_3x3_stress(stress)


def _whole_frames(text: str) -> str:
    lines = text.splitlines(keepends=True)
    end = 0
    while end < len(lines) and _COUNT.fullmatch(lines[end]):
        after = end + 2 + int(lines[end])
        if after > len(lines) or not lines[after - 1].endswith("\n"):
            break
        end = after
    return "".join(lines[:end])


def count_calls(path: Path) -> int:
    """Count the whole force calls in a log, without building structures; the steps of dynamics that keeps no log."""
    if stage := Stage.read(path.parent):
        return stage.steps
    if not path.exists():
        return 0
    return _whole_frames(path.read_text(encoding="utf-8", errors="replace")).count("Lattice=")


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Recorder(Calculator):
    """An ASE calculator that replays recorded calls and records new ones.

    The engine is started at the first call that is not on record. Every call gives energy and forces.

    Parameters
    ----------
    start
        Makes the engine's own calculator.
    log
        Where calls are recorded; several recorders (the images of a band) may share one.
    stress
        Whether every call gives the stress as well.
    added
        Adds to the engine's results for some atoms: a dispersion correction.
    shift
        Where the engine sees the atoms, against where they are, in Å: as symmetric about its origin as can be.
    spin
        Whether the engine gives magnetic moments of atoms that start with some.
    """

    implemented_properties = [  # noqa: RUF012  (ASE declares it so)
        "energy",
        "free_energy",
        "forces",
        "stress",
        "magmoms",
    ]

    def __init__(
        self,
        start: Callable[[Atoms], Calculator],
        log: CallLog,
        *,
        stress: bool = False,
        added: Callable[[Atoms, dict[str, Any]], dict[str, Any]] | None = None,
        shift: Any = 0.0,
        spin: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.start = start
        self.log = log
        self.stress = stress
        self.added = added
        self.shift = shift
        self.spin = spin
        self.inner: Calculator | None = None
        self.first: Any = None
        self.calls = 0
        self.seconds = 0.0

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Replay the call, or make it and record it."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        if self.first is None and self.atoms.cell.rank == 3:
            self.first = self.atoms.cell.array.copy()
        if self.first is not None:
            check_cell(self.first, self.atoms.cell.array)
        found = self.log.find(self.atoms)
        self.calls += 1
        if found is not None and (not self.stress or "stress" in found.calc.results):
            self.results = dict(found.calc.results)
            self.seconds += float(found.info.get("seconds", 0.0))
            return
        began = time.monotonic()
        results = self.compute(self.atoms)
        self._keep(results, time.monotonic() - began)
        self.rest()

    def rest(self) -> None:
        """End here where a stop is asked for; all ranks come here alike.

        Raises
        ------
        Stopped
        """
        if broadcast(self.log.path.with_name(STOP).exists() if world.rank == 0 else None):
            raise Stopped

    def lacks(self, atoms: Atoms) -> bool:
        """Say whether these atoms need a call that is not on record."""
        changed = self.calculation_required(atoms, ["forces"])  # type: ignore[no-untyped-call]
        return bool(changed) and self.log.find(atoms) is None

    def take(self, atoms: Atoms, results: dict[str, Any], seconds: float) -> None:
        """Record a call that was made for this one, here or by other ranks, and that took so long (s)."""
        super().calculate(atoms, ["forces"], all_changes)  # type: ignore[no-untyped-call]
        self.calls += 1
        self._keep(results, seconds)

    def _keep(self, results: dict[str, Any], seconds: float) -> None:
        assert self.atoms is not None
        self.results = results
        self.seconds += seconds
        self.log.append(self.atoms, results, seconds)

    def live(self, atoms: Atoms) -> Calculator:
        """Give the engine's own calculator, its last call being for these atoms: for levels and charges."""
        last = self.inner.atoms if self.inner else None
        if last is None or np.abs(last.positions - atoms.positions - self.shift).max() > SAME:
            self.compute(atoms)
        assert self.inner is not None
        return self.inner

    def compute(self, atoms: Atoms) -> dict[str, Any]:
        """Ask the engine itself, record or no record."""
        bare = atoms.copy()
        bare.set_constraint()
        bare.positions += self.shift
        if self.inner is None:
            self.inner = self.start(bare)
        bare.calc = self.inner
        results = {
            "energy": float(bare.get_potential_energy()),
            "forces": bare.get_forces(),
        }
        results["free_energy"] = float(bare.calc.results.get("free_energy", results["energy"]))
        if self.stress:
            results["stress"] = bare.get_stress()
        if self.spin and bare.get_initial_magnetic_moments().any():
            with suppress(PropertyNotImplementedError):  # pw.x may print none
                results["magmoms"] = bare.get_magnetic_moments()
        if self.added is not None:
            results = self.added(bare, results)
        check_call(bare, results)
        return results
