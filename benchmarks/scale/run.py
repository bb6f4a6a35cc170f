"""Campaigns of 100 to 10,000 studies: what each step costs a study, and how much memory it takes.

``python benchmarks/scale/run.py [FOLDER] [COUNT ...]`` writes ``results.json``, ``table.md`` and ``scale.png`` here; counts
that are not measured anew are kept.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from campaign import make

HERE = Path(__file__).parent
COUNTS = (100, 300, 1000, 3000, 10_000)
#: What is measured, in words; `fill` is not potash's.
STEPS = {
    "set up": "read, build, plan, write down: what `run` does before its first calculation",
    "plan": "`potash plan`",
    "run": "`potash run`, each result found in the vault: jobs, summaries, ledger, report",
    "status": "`potash status`",
    "report": "`potash report`",
}


def measure(command: list[str]) -> dict[str, float]:
    """Run a command; give its wall and processor time (s) and its largest memory (GiB)."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    wall = time.monotonic() - began
    return {"wall": wall, "processor": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 2**20}


def trial(folder: Path, count: int) -> dict[str, Any]:
    """Measure a campaign of so many studies."""
    file, project = make(folder, count), folder / "project"
    python, potash = [sys.executable], [sys.executable, "-m", "potash.cli"]
    end = [str(file), "--dir", str(project)]
    taken = {
        "set up": measure([*python, str(HERE / "set_up.py"), str(file), str(project)]),
        "plan": measure([*potash, "plan", *end]),
    }
    measure([*python, str(HERE / "fill.py"), str(file), str(project)])
    taken["run"] = measure([*potash, "run", *end])
    taken["status"] = measure([*potash, "status", str(project)])
    taken["report"] = measure([*potash, "report", str(project)])
    page = (project / "report" / "index.html").stat().st_size
    about = {"date": str(date.today()), "cores": os.cpu_count(), "machine": platform.platform()}
    return {**about, "load": round(os.getloadavg()[0], 1), "count": count, "steps": taken, "page": page}


def table(trials: list[dict[str, Any]]) -> str:
    """Set the trials in a table: wall time, processor time, memory."""
    lines = ["| studies | " + " | ".join(STEPS) + " | page | load |", "|---:|" + "---:|" * (len(STEPS) + 2)]
    for each in trials:
        cells = [
            f"{one['wall']:.1f} s ({one['processor']:.1f}), {one['memory']:.2f} GiB" for one in each["steps"].values()
        ]
        lines.append(f"| {each['count']} | " + " | ".join(cells) + f" | {each['page'] / 1e6:.1f} MB | {each['load']} |")
    return "\n".join(lines)


def figure(trials: list[dict[str, Any]], path: Path) -> None:
    """Draw the processor time a study over the number of studies."""
    from matplotlib.figure import Figure

    sheet = Figure(figsize=(7, 4.2), layout="constrained")
    axes = sheet.add_subplot()
    counts = [each["count"] for each in trials]
    for step in STEPS:
        spent = [1000 * each["steps"][step]["processor"] / each["count"] for each in trials]
        axes.loglog(counts, spent, "o-", label=step)
    axes.set_xlabel("studies")
    axes.set_ylabel("processor time a study (ms)")
    axes.grid(True, which="both", alpha=0.25)
    axes.legend()
    sheet.savefig(path, dpi=120)


def main(folder: Path, counts: list[int]) -> None:
    """Measure, and write what came out."""
    kept = HERE / "results.json"
    found = {each["count"]: each for each in json.loads(kept.read_text())} if kept.exists() else {}
    for count in counts:
        found[count] = trial(folder / str(count), count)
        print(table([found[count]]).splitlines()[-1], flush=True)
    trials = [found[count] for count in sorted(found)]
    kept.write_text(json.dumps(trials, indent=1) + "\n")
    (HERE / "table.md").write_text(table(trials) + "\n")
    figure(trials, HERE / "scale.png")
    print(table(trials))


if __name__ == "__main__":
    given = sys.argv[1:]
    where = Path(given.pop(0)) if given and not given[0].isdigit() else Path(tempfile.mkdtemp(prefix="scale-"))
    main(where, [int(word) for word in given] or list(COUNTS))
