"""From what a failed run left to the fault in the table."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine, tail
from potash.calcs.faults import Found, by_code, other, recognise, sentence, table

#: What a worker leaves when it fails: the error's type and words.
FILE = "error.json"
#: A disk with less room than this is full, in bytes: nothing could be written on why.
ROOM = 16384
#: The fault of a full disk, of too little memory, of a killed process.
DISK, MEMORY, KILLED = "F001", "F003", "F027"


def kills() -> int:
    """Count the processes that the kernel has killed for their memory since this machine started."""
    path = Path("/proc/vmstat")
    found = re.search(r"^oom_kill (\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE) if path.exists() else None
    return int(found[1]) if found else 0


def diagnose(calculation: Calculation, folder: Path, code: int, killed: int = 0) -> Found:
    """Say which fault ended a run.

    Parameters
    ----------
    calculation, folder
        What was asked, and where it ran.
    code
        The exit code of its process.
    killed
        How many processes the kernel killed for their memory meanwhile.
    """
    error = _read(folder)
    words = None if error is None else str(error["reason"])
    if error is not None and not error["told"]:
        words = f"{error['type']}: {words}"
    # Of a process that was killed, the engine's output tells nothing new.
    said = None if error is None else engine(calculation.engine).fault(folder)
    errors = tail(folder / "worker.err")
    # Warnings in there may name what did no harm: it counts where the worker could leave no error.
    for text in (words, said, errors if error is None else None):
        if text and (found := recognise(text)):
            return _by_memory(killed) if killed and found.fault.number == KILLED else found
    if shutil.disk_usage(folder).free < ROOM:
        return Found(table()[DISK], sentence(DISK, said="no room is left"))
    if error is not None:
        return other(str(words if error["told"] else said or words))
    found = by_code(code)
    if found is not None:
        return _by_memory(killed) if killed and found.fault.number == KILLED else found
    last = re.findall(r"^\w[\w.]*(?:Error|Exception)\b.*$", errors, re.MULTILINE)
    return other(last[-1] if last else f"its process ended with code {code}")


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found


def _by_memory(killed: int) -> Found:
    return Found(table()[MEMORY], sentence(MEMORY, said=f"processes killed by the kernel meanwhile: {killed}"))
