"""A worker that stays, from its own side: what `calcs.pool` asks for, calculation after calculation."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from potash.calcs.processes import die_with

#: The variable that names the process whose end is the workers' end.
COORDINATOR = "POTASH_COORDINATOR"
#: What a worker says when it begins a calculation, and when that is done.
BEGUN, DONE = b"-", b"+"


def own(name: str) -> bool:
    """Say whether a variable may differ between two calculations of one worker, which has one coordinator."""
    return name.startswith("POTASH_") and name != COORDINATOR


def serve(calculate: Callable[[Path], int]) -> int:
    """Make one calculation after the other, as they are asked for: the worker's side.

    Parameters
    ----------
    calculate
        Makes the calculation of a folder and leaves its result there; it ends the process where that fails.
    """
    if coordinator := os.environ.pop(COORDINATOR, None):
        die_with(coordinator)
    answers = os.dup(1)
    _say_into(Path(os.devnull), Path(os.devnull))
    for line in sys.stdin:
        os.write(answers, BEGUN)
        asked = json.loads(line)
        for name in [name for name in os.environ if own(name)]:
            del os.environ[name]
        os.environ.update(asked["variables"])
        folder = Path(asked["folder"])
        os.chdir(folder)
        _say_into(folder / "worker.out", folder / "worker.err")
        code = calculate(folder)
        _say_into(Path(os.devnull), Path(os.devnull))
        if code:
            return code
        os.write(answers, DONE)
    return 0


def _say_into(out: Path, err: Path) -> None:
    """Write what this process says from now on into these files."""
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        stream.flush()
        with path.open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
