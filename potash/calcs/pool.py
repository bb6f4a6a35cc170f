"""Workers that stay: one process makes calculation after calculation, so that starting Python is paid once.

Only for engines that are Python and need no MPI (`Engine.stays`); `calcs.serving` is the worker's side. A calculation
that fails, is stopped or killed takes its worker along, and the next one gets another.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from potash.calcs.serving import BEGUN, DONE, own

#: A worker makes so many calculations: what a library leaks ends with it.
MOST = 500
#: A worker that waited and does not begin within so many seconds is replaced.
PROMPT = 10.0


class Worker:
    """A process that stays, with what `Site` wants of a calculation's own process: ``poll``, ``wait``, ``pid``.

    Parameters
    ----------
    command
        Begins the process; `serving.serve` runs in it.
    variables
        Its environment.
    err
        Where it says why it cannot even start.
    """

    def __init__(self, command: list[str], variables: dict[str, str], err: Path) -> None:
        with err.open("w") as file:
            self._process = subprocess.Popen(
                command,
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                start_new_session=True,
            )
        self.variables = variables
        self.pid = self._process.pid
        self.returncode: int | None = None
        self.made = 0

    def begin(self, folder: Path, variables: dict[str, str]) -> bool:
        """Ask for a calculation; False where the worker waited for it, but died meanwhile and begins nothing."""
        assert self._process.stdin is not None
        waited = self.made > 0
        self.returncode = None
        self.made += 1
        asked = json.dumps({"folder": str(folder), "variables": variables})
        try:
            self._process.stdin.write(asked.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return not waited or self._said(PROMPT) == BEGUN

    def poll(self) -> int | None:
        """Give 0 where the calculation is done, the process' exit code where that died of it, None before."""
        return self._answer(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the calculation is done, or its process dead.

        Raises
        ------
        subprocess.TimeoutExpired
            After so many seconds.
        """
        code = self._answer(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return code

    @property
    def alive(self) -> bool:
        """Whether it can make another calculation."""
        return self._process.poll() is None and self.made < MOST

    def end(self) -> None:
        """Let it go: a worker ends when nobody can ask it any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _answer(self, seconds: float | None) -> int | None:
        if self.returncode is None and (said := self._said(seconds)) is not None:
            if said == BEGUN:
                return self._answer(seconds)
            self.returncode = 0 if said == DONE else self._process.wait()
        return self.returncode

    def _said(self, seconds: float | None) -> bytes | None:
        """Give the next sign of the worker, none where it is dead; None where it says nothing for so long."""
        assert self._process.stdout is not None
        ready = select.poll()
        ready.register(self._process.stdout, select.POLLIN | select.POLLHUP)
        return (
            os.read(self._process.stdout.fileno(), 1)
            if ready.poll(None if seconds is None else 1000 * seconds)
            else None
        )


class Pool:
    """The workers of a place that wait for a calculation: at most as many as calculate at once."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _end, self._idle)

    def start(self, folder: Path, root: Path, variables: dict[str, str]) -> Worker:
        """Begin a calculation in a worker that waits, or in a new one.

        Parameters
        ----------
        folder
            The calculation's.
        root
            The vault's, which stands in the worker's command line.
        variables
            Its environment. Potash's own variables may differ from calculation to calculation.
        """
        varying = {name: value for name, value in variables.items() if own(name)}
        rest = {name: value for name, value in variables.items() if name not in varying}
        while (worker := self._take(rest)) is not None:
            if worker.begin(folder, varying):
                return worker
            worker.end()
        command = [sys.executable, "-m", "potash.calcs.worker", str(root.resolve()), "--stay"]
        worker = Worker(command, rest, folder / "worker.err")
        worker.begin(folder, varying)
        return worker

    def back(self, worker: Worker) -> None:
        """Take a worker back whose calculation has ended, if it can make another."""
        if worker.returncode == 0 and worker.alive:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.end()

    def close(self) -> None:
        """End all workers that wait."""
        with self._lock:
            _end(self._idle)

    def _take(self, rest: dict[str, str]) -> Worker | None:
        with self._lock:
            found = next((worker for worker in self._idle if worker.variables == rest), None)
            if found is not None:
                self._idle.remove(found)
        return found


def _end(idle: list[Worker]) -> None:
    while idle:
        idle.pop().end()
