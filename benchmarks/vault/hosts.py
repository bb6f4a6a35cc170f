"""Hosts of the trial: this machine, or namespaces of it with names and process numbers of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HOOK = Path(__file__).parent / "hook"
ROOT = Path(__file__).parents[2]


@dataclass
class Host:
    """A host with a coordinator that runs the campaign in a project of its own, over the shared vault."""

    name: str
    folder: Path
    lease: float
    apart: bool
    process: subprocess.Popen[bytes] | None = None
    keeper: subprocess.Popen[bytes] | None = None
    code: int | None = None
    starts: int = 0
    paused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock.write_text("0")
        if self.apart:
            inside = f"hostname {self.name}; exec sleep 86400"
            words = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", inside]
            self.keeper = subprocess.Popen(words, env=self.variables)

    @property
    def project(self) -> Path:
        """Where its project lies."""
        return self.folder / self.name

    @property
    def clock(self) -> Path:
        """The file that says how wrong its clock is."""
        return self.folder / f"clock-{self.name}"

    @property
    def mark(self) -> str:
        """What its processes have in their environment."""
        return f"TRIAL_CLOCK={self.clock}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its processes."""
        return {
            **os.environ,
            "PYTHONPATH": f"{HOOK}:{ROOT}",
            "POTASH_VAULT": str(self.folder / "vault"),
            "POTASH_LEASE": str(self.lease),
            "TRIAL_CLOCK": str(self.clock),
            "TRIAL_LOG": str(self.folder / "calls.log"),
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "200",
        }

    def words(self, *words: str) -> list[str]:
        """Make a command line of potash that runs on it."""
        own = [sys.executable, "-m", "potash.cli", *words]
        if self.keeper is None:
            return own
        while not (inside := children(self.keeper.pid)):
            time.sleep(0.05)
        return ["nsenter", "-t", str(inside[0]), "-u", "-p", "-m", *own]

    def start(self) -> None:
        """Start a coordinator."""
        words = self.words("run", str(self.folder / "campaign.yaml"), "--dir", str(self.project), "--cores", "1")
        log = (self.folder / f"{self.name}.log").open("ab")
        self.process = subprocess.Popen(words, cwd=self.folder, env=self.variables, stdout=log, stderr=log)
        self.starts += 1

    def status(self) -> str:
        """Ask for the status, there."""
        words = self.words("status", str(self.project))
        return subprocess.run(
            words, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=True, timeout=300
        ).stdout

    def ended(self) -> bool:
        """Say whether the coordinator has ended, and take note how."""
        if self.process is not None and self.process.poll() is not None:
            self.code, self.process = self.process.returncode, None
        return self.process is None

    def coordinator(self) -> int | None:
        """Give the coordinator's number: within a namespace it is the child of who entered it."""
        if self.ended() or self.process is None:
            return None
        if self.keeper is None:
            return self.process.pid
        return next(iter(children(self.process.pid)), None)

    def workers(self) -> list[int]:
        """List the workers that live on it."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and _is_worker(entry) and self.mark in _read(entry / "environ"):
                found.append(int(entry.name))
        return found

    def pause(self, pids: list[int]) -> None:
        """Stop processes with SIGSTOP."""
        for pid in pids:
            if _send(pid, signal.SIGSTOP):
                self.paused.add(pid)

    def wake(self) -> None:
        """Let all that were paused go on."""
        for pid in self.paused:
            _send(pid, signal.SIGCONT)
        self.paused.clear()

    def kill(self, pid: int) -> bool:
        """Kill a process; say whether there was one."""
        return _send(pid, signal.SIGKILL)

    def close(self) -> None:
        """End all that runs on it."""
        self.wake()
        for process in (self.process, self.keeper):
            if process is not None:
                if process is self.process and (pid := self.coordinator()):
                    _send(pid, signal.SIGKILL)
                process.kill()
                process.wait()


def children(pid: int) -> list[int]:
    """List the children of a process."""
    return [int(word) for word in _read(Path(f"/proc/{pid}/task/{pid}/children")).split()]


def _is_worker(entry: Path) -> bool:
    return "potash.calcs.worker" in _read(entry / "cmdline") and _state(entry) != "Z"


def _state(entry: Path) -> str:
    return _read(entry / "stat").rpartition(")")[2].split()[0] if _read(entry / "stat") else "Z"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _send(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
