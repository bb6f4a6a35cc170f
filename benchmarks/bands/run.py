"""Benchmark of bands: every case by every method from the same random starts; goes on where it stopped.

``python benchmarks/bands/run.py [--cases …] [--methods …] [--starts N] [--out DIR]``; see README.md beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cases import CASES
from methods import METHODS, REFERENCE, environment
from report import figure, tables

HERE = Path(__file__).parent
#: The interpreter of an engine's environment, where it is not this one.
PYTHONS = {"chgnet": "POTASH_BANDS_CHGNET"}

Task = tuple[str, str, int | None]


def load(path: Path) -> list[dict[str, Any]]:
    """Read the finished runs; a line that a killed process left unfinished is dropped."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def perform(task: Task, limit: int, memory: int, out: Path) -> dict[str, Any] | str:
    """Do one run in a process of its own.

    Parameters
    ----------
    task
        Case, method and seed.
    limit, memory
        The longest time (s) and the largest memory (GiB).
    out
        Where the relaxed ends are kept.

    Returns
    -------
    dict or str
        The record; or what went wrong.
    """
    case, method, seed = task
    python = os.environ.get(PYTHONS.get(environment(method, CASES[case].engine), ""), sys.executable)
    about = {
        "case": case,
        "method": method,
        "seed": seed,
        "limit": limit,
        "memory": memory,
        "folder": str(out / "ends"),
    }
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.json"
        command = [python, str(HERE / "worker.py"), json.dumps(about), str(record)]
        process = subprocess.Popen(
            command,
            env=variables,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            # The run stops itself at its limit; what is over that is for the ends, and for a run that hangs.
            _, errors = process.communicate(timeout=limit + 300)
        except subprocess.TimeoutExpired:
            return "did not stop at its limit"
        finally:
            _end(process)
        if record.exists():
            made: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
            return made
        return (errors.strip().splitlines() or [f"exit code {process.returncode}"])[-1]


def _end(process: subprocess.Popen[str]) -> None:
    """End a run with what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", choices=[*CASES], default=[*CASES], metavar="CASE", help=", ".join(CASES))
    parser.add_argument(
        "--methods", nargs="*", choices=[*METHODS], default=[*METHODS], metavar="METHOD", help=", ".join(METHODS)
    )
    parser.add_argument("--starts", type=int, default=10, help="random starts, seeds 0 … N − 1 (10)")
    parser.add_argument("--limit", type=int, default=900, help="the longest time of a run, in s (900)")
    parser.add_argument("--memory", type=int, default=6, help="the largest memory of a run, in GiB (6)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results.jsonl, the figure and the ends")
    return parser.parse_args()


def main() -> int:
    """Run what is not on record, then print the tables and draw the figure."""
    from rich.console import Console

    given, console = arguments(), Console()
    given.out.mkdir(parents=True, exist_ok=True)
    results = given.out / "results.jsonl"
    records = load(results)
    done = {(one["case"], one["method"], one["seed"]) for one in records}
    failed: set[tuple[str, str]] = set()
    tasks: list[Task] = []
    for case in given.cases:
        tasks.append((case, REFERENCE, None))
        tasks += [(case, method, seed) for method in given.methods for seed in range(given.starts)]
    for task in tasks:
        # What failed once lacks something: the other starts would lack it too.
        if task in done or task[:2] in failed:
            continue
        record = perform(task, given.limit, given.memory, given.out)
        if isinstance(record, str):
            failed.add(task[:2])
            console.print(f"{task[0]}, {task[1]}: no run: {record}", highlight=False)
            continue
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        records.append(record)
        said = "converged" if record["converged"] else "not converged"
        console.print(f"{task[0]}, {task[1]}, start {task[2]}: {record['calls']} calls, {said}", highlight=False)
    if records:
        console.print(*tables(records), sep="\n")
        figure(records, given.out / "bands")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
