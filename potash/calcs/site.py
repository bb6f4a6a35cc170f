"""Where calculations run: vault, cores, and who listens. Every job asks it, none knows more of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from potash.calcs import diagnosis
from potash.calcs.calculation import Calculation
from potash.calcs.calls import STOP, LeaseLost, count_calls
from potash.calcs.cores import Cores, cores_here
from potash.calcs.engine import engine, tail
from potash.calcs.faults import Found
from potash.calcs.folding import estimate
from potash.calcs.lease import RENEW, Lease
from potash.calcs.pool import Pool, Worker
from potash.calcs.processes import identity
from potash.calcs.remedies import Course
from potash.calcs.stage import Stage
from potash.calcs.team import widest
from potash.calcs.vault import Vault, whole
from potash.errors import CalculationFailed

#: How often a running calculation is looked at, in seconds.
LOOK = 0.25

#: How long a run that is stopped lets force calls under way end, in seconds.
GRACE = 60.0

#: How long a worker that was told to end may take before it is killed, in seconds.
END = 5.0


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
        ``found`` (finished before, or elsewhere), ``running``, ``finished``, ``failed``, or ``waiting``: begun and left,
        to go on later, with a remedy or in the next run, or at another host.
    calls
        Force calls on record.
    stage
        Of dynamics at work: how far it is.
    """

    label: str
    calculation: Calculation
    state: str
    calls: int
    stage: Stage | None = None


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
    warn
        Told sentences for the person who runs this.
    grace
        How long a run that is stopped lets force calls under way end, in seconds.
    stopping, hurry
        Set to stop: cleanly, or without grace.
    pool
        Workers of engines that need not start anew for each calculation; `close` it at the end.
    """

    vault: Vault
    cores: Cores = field(default_factory=lambda: Cores(cores_here()))
    listen: Callable[[Event], None] = lambda event: None
    warn: Callable[[str], None] = lambda sentence: print(sentence, file=sys.stderr)
    grace: float = GRACE
    pool: Pool = field(default_factory=Pool)
    stopping: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)

    def guesses(self) -> bool:
        """Say whether what takes long is guessed here: only where nothing runs, as in a plan."""
        return False

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        """Give the result of a calculation: from the vault, or by running it here.

        Raises
        ------
        CalculationFailed
            With the reason, where it failed now or before.
        """
        key = calculation.key
        lease = self.vault.lease(key)
        memory: float | None = None
        while True:
            if (result := self._ended(calculation, label)) is not None:
                return result
            if lease.holder() is not None:
                time.sleep(LOOK)
                continue
            if memory is None:
                memory = self._memory(calculation, label)
            course = Course(calculation, self.vault.folder(key))
            wanted = course.cores(widest(calculation))
            with self.cores.take(wanted, memory * course.memory(), self.stopping) as cores:
                if not cores or not self.vault.claim(calculation, lease):
                    continue
                try:
                    if self.vault.failure(key) is None and (result := self._run(calculation, lease, label, cores)):
                        return result
                except LeaseLost:
                    self.listen(Event(label, calculation, "waiting", count_calls(course.folder / "calls.xyz")))
                    self.warn(f"{label}: another host took it over while this one was paused or cut off")
                finally:
                    self.vault.release(key, lease)

    def _ended(self, calculation: Calculation, label: str) -> dict[str, Any] | None:
        """Give the result, where there is one; raise where there will be none."""
        if self.stopping.is_set():
            raise CalculationFailed(f"{label}: stopped; run again to go on")
        if (result := self.vault.result(calculation.key)) is not None:
            if not whole(result):
                where = self.vault.folder(calculation.key) / "result.json"
                raise CalculationFailed(f"{label}: {where} is no result of a calculation; move it away")
            self.listen(Event(label, calculation, "found", int(result["calls"])))
            return result
        if (reason := self.vault.failure(calculation.key)) is not None:
            self.listen(Event(label, calculation, "failed", 0))
            raise CalculationFailed(f"{label}: {reason}")
        return None

    def _memory(self, calculation: Calculation, label: str) -> float:
        """Estimate the memory, in GiB; warn where there is not so much."""
        memory = estimate(calculation).memory
        if memory > self.cores.memory:
            self.warn(
                f"{label}: needs about {memory:.2g} GiB, more than the {self.cores.memory:.2g} GiB that may be used; "
                "it runs alone, and may be killed (--memory says how much there is)"
            )
        return memory

    def _run(self, calculation: Calculation, lease: Lease, label: str, cores: int) -> dict[str, Any] | None:
        """Run a claimed calculation once; None where a remedy is left for what it failed of."""
        key = calculation.key
        if (result := self.vault.result(key)) is not None:  # it ended between the look and the claim
            return result
        course = Course(calculation, lease.folder)  # who had it until now may have tried more
        found = self._attempt(course, lease, label, cores)
        calls = count_calls(course.folder / "calls.xyz")
        if found is None:
            self.listen(Event(label, calculation, "finished", calls))
            return self.vault.result(key)
        if not self.stopping.is_set() and not course.go_on(found, calls, cores):
            self.listen(Event(label, calculation, "failed", calls))
            raise CalculationFailed(f"{label}: {self._reason(course, found)}")
        self.listen(Event(label, calculation, "waiting", calls))
        return None

    def _attempt(self, course: Course, lease: Lease, label: str, cores: int) -> Found | None:
        """Run once; give the fault that ended it, none where there is a result."""
        calculation, folder = course.calculation, course.folder
        (folder / diagnosis.FILE).unlink(missing_ok=True)
        killed = diagnosis.kills()
        code = self._watch(calculation, lease, label, cores)
        if self.vault.result(calculation.key) is not None:
            return None
        return diagnosis.diagnose(calculation, folder, code, diagnosis.kills() - killed)

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

    def _watch(self, calculation: Calculation, lease: Lease, label: str, cores: int) -> int:
        """Run the worker of a claimed calculation to its end, and give its exit code.

        Raises
        ------
        LeaseLost
            Where another host took the calculation over.
        """
        code, folder = engine(calculation.engine), lease.folder
        command = [*code.launcher(cores), "-m", "potash.calcs.worker", str(folder.resolve())]
        variables = {
            **code.environment(),
            "POTASH_COORDINATOR": identity(),
            "POTASH_CLAIM": lease.claim or "",
            "POTASH_CORES": str(cores),
        }
        self.listen(Event(label, calculation, "running", count_calls(folder / "calls.xyz")))
        (folder / STOP).unlink(missing_ok=True)
        with (folder / "worker.out").open("w") as out, (folder / "worker.err").open("w") as err:
            process: subprocess.Popen[bytes] | Worker = (
                self.pool.start(folder.resolve(), self.vault.root, variables)
                if code.stays
                else subprocess.Popen(
                    command,
                    cwd=folder,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            )
            try:
                self._attend(process, lease, lambda: self._still(calculation, label, folder))
            finally:
                _end(process)
                if isinstance(process, Worker):
                    self.pool.back(process)
                (folder / STOP).unlink(missing_ok=True)
        if not lease.held():
            raise LeaseLost
        return process.wait()

    def _still(self, calculation: Calculation, label: str, folder: Path) -> None:
        self.listen(Event(label, calculation, "running", count_calls(folder / "calls.xyz"), Stage.read(folder)))

    def _attend(self, process: subprocess.Popen[bytes] | Worker, lease: Lease, tell: Callable[[], None]) -> None:
        """Wait for a worker; where the run is stopped, for the force call under way, within the grace."""
        renewed = looked = time.monotonic()
        pause, until = 0.02, None
        while process.poll() is None:
            if self.stopping.is_set() and until is None:
                (lease.folder / STOP).touch()
                until = time.monotonic() + self.grace
            with suppress(subprocess.TimeoutExpired):
                process.wait(pause)
            pause = min(LOOK, pause * 1.5)
            now = time.monotonic()
            if until is not None and (self.hurry.is_set() or now > until):
                return
            if now - renewed > RENEW:
                if not lease.renew():
                    return
                renewed = now
            if now - looked > 1:
                tell()
                looked = now


def _end(process: subprocess.Popen[bytes] | Worker) -> None:
    """End a worker that still runs, with all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            continue


_here: Site | None = None


def use(site: Site | None) -> None:
    """Make this the place where jobs of this process run their calculations."""
    global _here
    _here = site


def here() -> Site:
    """Give the place where jobs run: the one in use, or a vault named by ``POTASH_VAULT`` or in this folder."""
    return _here or Site(Vault(Path(os.environ.get("POTASH_VAULT", "vault"))))
