"""What this machine lends to calculations: cores and memory, to so many at once as they suffice for."""

from __future__ import annotations

import math
import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

GIB = 2**30

#: Where the kernel tells of limits.
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


class Cores:
    """Cores and memory, handed out in the order of asking, so that wide jobs are not starved.

    Parameters
    ----------
    total
        Cores.
    memory
        In GiB.
    """

    def __init__(self, total: int, memory: float = math.inf) -> None:
        self.total, self.memory = total, memory
        self._free, self._room = total, memory
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, wanted: int, memory: float = 0.0, stopping: threading.Event | None = None) -> Iterator[int]:
        """Wait for so many cores and GiB (at most all) and hold them; give no core where that is called off."""
        count, room = min(max(1, wanted), self.total), min(memory, self.memory)
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while not (self._queue[0] is ticket and self._free >= count and self._room >= room):
                    if stopping is not None and stopping.is_set():
                        count, room = 0, 0.0
                        break
                    self._changed.wait(0.5)
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
            self._free -= count
            self._room -= room
        try:
            yield count
        finally:
            with self._changed:
                self._free += count
                self._room = self.memory if self._free == self.total else self._room + room
                self._changed.notify_all()


def cores_here(variables: Mapping[str, str] = os.environ, cgroups: Path = CGROUPS, proc: Path = PROC) -> int:
    """Count the cores that this process may use: of the machine, its affinity, its control group, its allocation."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts: list[float] = [affinity]
    for folder in _groups("cpu", cgroups, proc):
        quota = [
            *_words(folder / "cpu.max"),
            *_words(folder / "cpu.cfs_quota_us"),
            *_words(folder / "cpu.cfs_period_us"),
        ]
        if len(quota) == 2 and quota[0].isdecimal():
            counts.append(int(quota[0]) / int(quota[1]))
    for name in ("SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK"):
        if variables.get(name, "").isdecimal():
            counts.append(int(variables[name]))
            break
    return max(1, math.floor(min(counts)))


def memory_here(variables: Mapping[str, str] = os.environ, cgroups: Path = CGROUPS, proc: Path = PROC) -> float:
    """Give the memory that this process may use, in GiB: what is free now, its control group's and its allocation's."""
    limits = [math.inf]
    with suppress(OSError):
        free = re.search(r"^MemAvailable:\s+(\d+) kB", (proc / "meminfo").read_text(encoding="utf-8"), re.MULTILINE)
        limits += [int(free[1]) / 2**20] if free else []
    for folder in _groups("memory", cgroups, proc):
        for word in [*_words(folder / "memory.max"), *_words(folder / "memory.limit_in_bytes")]:
            limits += [int(word) / GIB] if word.isdecimal() else []
    if (node := variables.get("SLURM_MEM_PER_NODE", "")).isdecimal() and int(node):  # 0: all of the node
        limits.append(int(node) / 1024)
    elif (core := variables.get("SLURM_MEM_PER_CPU", "")).isdecimal() and int(core):
        limits.append(int(core) / 1024 * cores_here(variables, cgroups, proc))
    return min(limits)


def _groups(controller: str, cgroups: Path, proc: Path) -> list[Path]:
    """List the folders of this process's control group and of those around it, of version 1 or 2."""
    found: list[Path] = []
    with suppress(OSError):
        for line in (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            root = cgroups / controllers if controllers else cgroups
            own = root / path.lstrip("/")
            found += [own, *(parent for parent in own.parents if parent.is_relative_to(root))]
    return found


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:
        return []
