"""One run: ``python worker.py TASK RECORD``, in the environment of the case's engine."""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from cases import CASES, ends, engine, start
from methods import REFERENCE, REFERENCE_IMAGES, Counted, Tally, environment, method


class OutOfTime(Exception):
    """The run took longer than it may."""


def run(case: str, name: str, seed: int | None, limit: int, folder: Path) -> dict[str, Any]:
    """Relax one band and say what it took.

    Parameters
    ----------
    case, name
        As in `CASES` and `METHODS`, or the reference.
    seed
        Of the random start; None for none.
    limit
        The longest time, in s.
    folder
        Where the relaxed ends are kept.

    Returns
    -------
    dict
        ``calls`` (force calls), ``seconds`` of wall time and ``outside`` (the processor's, less those in force
        calls), ``converged``; ``barrier``
        as the method gives it, ``there`` (the same image by a call of its own, eV) and ``force`` (the largest on
        that image, eV/Å), which are null if it ran out of time; ``versions``, ``date`` and ``machine``.
    """
    about = CASES[case]
    make = engine(about.engine)
    initial, final = ends(case, folder)
    path = start(initial, final, REFERENCE_IMAGES if name == REFERENCE else about.images, seed)
    tally = Tally((initial.copy(), final.copy()))
    relax = method(name, about.engine)
    record: dict[str, Any] = {"case": case, "method": name, "seed": seed}
    found: dict[str, Any] = {"converged": False, "barrier": None, "there": None, "force": None}
    signal.signal(signal.SIGALRM, _stop)
    began, used = time.monotonic(), _used()
    try:
        signal.alarm(limit)
        band = relax(path, lambda: Counted(make(), tally), about.k)
        signal.alarm(0)
    except OutOfTime:
        seconds, used = time.monotonic() - began, _used() - used
    else:
        seconds, used = time.monotonic() - began, _used() - used
        top = band.images[band.saddle]
        top.calc, initial.calc = make(), make()
        found = {
            "converged": band.converged,
            "barrier": band.energies[band.saddle] - band.energies[0],
            "there": float(top.get_potential_energy() - initial.get_potential_energy()),
            "force": float(np.linalg.norm(top.get_forces(), axis=1).max()),
        }
    record |= {"calls": tally.calls, "seconds": round(seconds, 3), "outside": round(used - tally.seconds, 3)}
    return record | found | {"versions": _versions(environment(name, about.engine)) | tally.versions, **_where()}


def _used() -> float:
    """Give the processor's time of this process and of those it has waited for, in s."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _stop(*_: Any) -> None:
    raise OutOfTime


def _versions(engine: str) -> dict[str, str]:
    packages = ["ase", "numpy", "scipy", *(["chgnet", "torch"] if engine == "chgnet" else [])]
    import potash

    return {
        "potash": potash.__version__,
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


def _where() -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "system": platform.platform()}
    return {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine}


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (task["memory"] << 30, task["memory"] << 30))
    record = run(task["case"], task["method"], task["seed"], task["limit"], Path(task["folder"]))
    Path(sys.argv[2]).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
