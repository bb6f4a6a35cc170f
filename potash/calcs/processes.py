"""Which process on which machine, and whether it still lives."""

from __future__ import annotations

import os
import socket
import threading
import time
from functools import cache
from pathlib import Path
from typing import NoReturn

#: How often a worker looks whether its coordinator lives, in seconds.
WATCH = 0.5


def identity(pid: int | None = None) -> str:
    """Name a process so that no other can be taken for it: host, pid, start time, and where its pid counts."""
    pid = os.getpid() if pid is None else pid
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{_place()}"


def alive(name: str) -> bool | None:
    """Say whether a named process lives; None where it runs elsewhere and cannot be known."""
    _, pid, started, place = [*name.rsplit(":", 3), "", "", ""][:4]
    if place != _place() or not (pid.isascii() and pid.isdigit()):  # or a file that was cut short, and names nobody
        return None
    return _started(int(pid)) == started


@cache
def _place() -> str:
    """Name what pids count in: a boot of a machine, and on it a container; host names may be the same."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname()
    return f"{boot}/{space.strip('pid:[]')}"


def _started(pid: int) -> str:
    """Give the start time in clock ticks where /proc tells it, else whether the process exists."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        if Path("/proc").is_dir():
            return "gone"
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return "gone"
        return "lives"
    return "gone" if fields[0] == "Z" else fields[19]


def end_group() -> NoReturn:
    """Kill this process and those that it leads, at once: nothing more is written."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), 9)
    os.kill(os.getpid(), 9)
    raise AssertionError  # a process that was killed does not come here


def die_with(coordinator: str) -> None:
    """End this process as soon as its parent or its coordinator is gone.

    A killed coordinator must leave no orphan behind that goes on computing or writes into the vault.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and alive(coordinator) is not False:
            time.sleep(WATCH)
        end_group()

    threading.Thread(target=watch, daemon=True).start()
