"""Where calculations run: vault, cores, and who listens. Every job asks it, none knows more of it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from potash.calcs import diagnosis
from potash.calcs.calculation import Calculation
from potash.calcs.calls import count_calls
from potash.calcs.engine import engine, tail
from potash.calcs.faults import Found
from potash.calcs.processes import identity
from potash.calcs.remedies import Course
from potash.calcs.team import widest
from potash.calcs.vault import Vault
from potash.errors import CalculationFailed

#: How often a running calculation is looked at, and its lease renewed, in seconds.
LOOK = 0.25


@dataclass(frozen=True)
class Event:
    """Something that happened to a calculation.

    Attributes
    ----------
    label
        What the calculation is for, in words.
    calculation
        The calculation.
    state
        ``found`` (finished before), ``running``, ``finished``, ``failed`` or ``stopped``.
    calls
        Force calls on record.
    """

    label: str
    calculation: Calculation
    state: str
    calls: int


class Cores:
    """The cores of this machine, handed out in the order of asking, so that wide jobs are not starved."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, wanted: int) -> Iterator[int]:
        """Wait for so many cores (at most all) and hold them."""
        count = min(max(1, wanted), self.total)
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                self._changed.wait_for(lambda: self._queue[0] is ticket and self._free >= count)
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
            self._free -= count
        try:
            yield count
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()


@dataclass
class Site:
    """A machine as a place for calculations.

    Attributes
    ----------
    vault
        Where results lie.
    cores
        What may be used at once.
    listen
        Told of every event, from several threads.
    """

    vault: Vault
    cores: Cores = field(default_factory=lambda: Cores(os.cpu_count() or 1))
    listen: Callable[[Event], None] = lambda event: None
    stopping: threading.Event = field(default_factory=threading.Event)

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        """Give the result of a calculation: from the vault, or by running it here.

        Raises
        ------
        CalculationFailed
            With the reason, where it failed now or before.
        """
        key = calculation.key
        while True:
            if self.stopping.is_set():
                raise CalculationFailed(f"{label}: stopped; run again to go on")
            if (result := self.vault.result(key)) is not None:
                self.listen(Event(label, calculation, "found", int(result["calls"])))
                return result
            if (reason := self.vault.failure(key)) is not None:
                self.listen(Event(label, calculation, "failed", 0))
                raise CalculationFailed(f"{label}: {reason}")
            if self.vault.claim(calculation):
                break
            time.sleep(LOOK)
        try:
            return self._run(calculation, label)
        finally:
            self.vault.release(key)

    def _run(self, calculation: Calculation, label: str) -> dict[str, Any]:
        key = calculation.key
        folder = self.vault.folder(key)
        if (result := self.vault.result(key)) is not None:  # it ended between the look and the claim
            return result
        course = Course(calculation, folder)
        while (result := self.vault.result(key)) is None:
            found, cores = self._attempt(course, label)
            calls = count_calls(folder / "calls.xyz")
            if self.stopping.is_set() and found is not None:
                self.listen(Event(label, calculation, "stopped", calls))
                raise CalculationFailed(f"{label}: stopped; run again to go on")
            if found is not None and not course.go_on(found, calls, cores):
                self.listen(Event(label, calculation, "failed", calls))
                raise CalculationFailed(f"{label}: {self._reason(course, found)}")
        self.listen(Event(label, calculation, "finished", count_calls(folder / "calls.xyz")))
        return result

    def _attempt(self, course: Course, label: str) -> tuple[Found | None, int]:
        """Run once; give the fault that ended it, none where there is a result, and the cores that it had."""
        calculation, folder = course.calculation, course.folder
        (folder / diagnosis.FILE).unlink(missing_ok=True)
        killed = diagnosis.kills()
        with self.cores.take(course.cores(widest(calculation))) as cores:
            code = self._watch(calculation, label, folder, cores)
        if self.vault.result(calculation.key) is not None:
            return None, cores
        return diagnosis.diagnose(calculation, folder, code, diagnosis.kills() - killed), cores

    def _reason(self, course: Course, found: Found) -> str:
        """Say why a calculation has no result, and write it down where the calculation itself is to blame.

        It is not for a full disk, or a process that a person, a scheduler or the kernel killed: the next run tries again.
        """
        errors = course.folder / "worker.err"
        vain = [one.remedy for one in course.tried if one.fault == found.fault.number]
        more = [f"tried: {', '.join(dict.fromkeys(vain))}"] if vain else []
        more += [f"see {errors}"] if tail(errors) else []
        reason = f"{found.sentence} ({'; '.join(more)})" if more else found.sentence
        if not found.fault.passing:
            self.vault.fail(course.calculation.key, reason)
        return reason

    def _watch(self, calculation: Calculation, label: str, folder: Path, cores: int) -> int:
        code = engine(calculation.engine)
        command = [*code.launcher(cores), "-m", "potash.calcs.worker", str(folder.resolve())]
        variables = {**code.environment(), "POTASH_COORDINATOR": identity(), "POTASH_CORES": str(cores)}
        self.listen(Event(label, calculation, "running", count_calls(folder / "calls.xyz")))
        with (folder / "worker.out").open("w") as out, (folder / "worker.err").open("w") as err:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            renewed = looked = time.monotonic()
            pause = 0.02
            while process.poll() is None:
                if self.stopping.is_set():
                    os.killpg(process.pid, signal.SIGTERM)
                    process.wait()
                    break
                time.sleep(pause)
                pause = min(LOOK, pause * 1.5)
                now = time.monotonic()
                if now - renewed > 10:
                    self.vault.renew(calculation.key)
                    renewed = now
                if now - looked > 1:
                    self.listen(Event(label, calculation, "running", count_calls(folder / "calls.xyz")))
                    looked = now
        return process.returncode


_here: Site | None = None


def use(site: Site | None) -> None:
    """Make this the place where jobs of this process run their calculations."""
    global _here
    _here = site


def here() -> Site:
    """Give the place where jobs run: the one in use, or a vault named by ``POTASH_VAULT`` or in this folder."""
    return _here or Site(Vault(Path(os.environ.get("POTASH_VAULT", "vault"))))
