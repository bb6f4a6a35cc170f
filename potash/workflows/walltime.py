"""A run of potash within an allocation: it is told to stop before the walltime ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from potash.calcs.calls import count_calls
from potash.calcs.vault import Vault
from potash.errors import BadInput, fault_of
from potash.workflows.ledger import FILE, Ledger

#: How often the clock is looked at, in seconds.
LOOK = 0.2
#: The exit code of ``potash run`` where it was stopped.
STOPPED = 130
#: Faults of a process that was killed, most likely for its memory: known to be so, or not known of what.
KILLED = ("F003", "F027")


def run(words: Sequence[str], variables: dict[str, str], deadline: float, cancelled: Callable[[], bool]) -> int:
    """Run ``potash run`` until it ends, and ask it to stop when the time is up.

    Parameters
    ----------
    words
        After ``potash run``.
    variables
        Set for it.
    deadline
        By the monotonic clock.
    cancelled
        Asked again and again: whether it is to stop at once.

    Returns
    -------
    int
        Its exit code; that of a process that was killed is negative.
    """
    command = [sys.executable, "-m", "potash.cli", "run", *words]
    process = subprocess.Popen(command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL)
    while process.poll() is None and time.monotonic() < deadline and not cancelled():
        time.sleep(LOOK)
    told = process.poll() is None
    if told:
        print("potash: the end of the walltime is near, or the job is cancelled: stopping", file=sys.stderr, flush=True)
        process.terminate()
    while process.poll() is None:  # a scancel may come while it stops
        cancelled()
        time.sleep(LOOK)
    # Python takes its own handlers away before it ends.
    return STOPPED if told and process.returncode == -signal.SIGTERM else int(process.returncode)


@contextmanager
def scratch(folder: str | None, job: str) -> Iterator[dict[str, str]]:
    """Make a folder on the node for what need not be kept, give the variables that name it, and take it away.

    Raises
    ------
    BadInput
        If the node has no such place.
    """
    if folder is None:
        yield {}
        return
    where = Path(os.path.expandvars(folder))
    try:
        where.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(prefix=f"potash-{job}-", dir=where)
    except OSError as error:
        raise BadInput(
            f"this node has no scratch at {where} ({error.strerror}): see 'scratch' in the cluster profile"
        ) from None
    try:
        yield {"TMPDIR": made, "POTASH_SCRATCH": made}
    finally:
        shutil.rmtree(made, ignore_errors=True)


def progress(folder: Path, vault: Vault) -> int:
    """Count the force calls and results that a project has on record."""
    keys = [key for key, _ in _calculations(folder)]
    results = sum(vault.result(key) is not None for key in keys)
    return results + sum(count_calls(vault.folder(key) / "calls.xyz") for key in keys)


def killed(folder: Path) -> int:
    """Count the studies of a project that ended because a process was killed."""
    if not (folder / FILE).exists():
        return 0
    ledger = Ledger(folder)
    found = sum(state == "failed" and fault_of(reason) in KILLED for _, _, state, reason in ledger.studies())
    ledger.close()
    return found


def left_open(folder: Path) -> int:
    """Count the studies that a run has left without a word."""
    if not (folder / FILE).exists():
        return 1
    ledger = Ledger(folder)
    found = sum(state == "waiting" for _, _, state, _ in ledger.studies())
    ledger.close()
    return found


def _calculations(folder: Path) -> list[tuple[str, str]]:
    if not (folder / FILE).exists():  # the run was stopped before it began
        return []
    ledger = Ledger(folder)
    found = [(row.key, row.state) for row in ledger.calculations()]
    ledger.close()
    return found
