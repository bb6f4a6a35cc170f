"""Which process on which host, and whether it still lives."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

#: How often a worker looks whether its coordinator lives, in seconds.
WATCH = 0.5


def identity(pid: int | None = None) -> str:
    """Name a process so that no later process can be taken for it: host, pid and start time."""
    pid = os.getpid() if pid is None else pid
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def alive(name: str) -> bool | None:
    """Say whether a named process lives; None where it runs on another host and cannot be known.

    What is no name of a process, in a file that was cut short, names none that lives.
    """
    host, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if not (pid.isascii() and pid.isdigit() and started):
        return False
    if host != socket.gethostname():
        return None
    return _started(int(pid)) == started


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


def die_with(coordinator: str) -> None:
    """End this process as soon as its parent or its coordinator is gone.

    A killed coordinator must leave no orphan behind that goes on computing or writes into the vault.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and alive(coordinator) is not False:
            time.sleep(WATCH)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), 9)
        os.kill(os.getpid(), 9)

    threading.Thread(target=watch, daemon=True).start()
