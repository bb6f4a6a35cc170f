"""Campaigns of 100 to 10,000 studies: what each step costs a study, and how much memory it takes.

``python benchmarks/scale/run.py [FOLDER] [COUNT ...]`` writes ``results.json``, ``table.md`` and ``scale.png`` here; counts
that are not measured anew are kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from campaign import make

HERE = Path(__file__).parent
COUNTS = (100, 300, 1000, 3000, 10_000)
#: What is measured, in words.
STEPS = {
    "set up": "read, build, plan, write down: what `run` does before its first calculation",
    "plan": "`potash plan`",
    "run": "`potash run` from its start to its report, all but the computing: see `fill.py`",
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


def trial(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """Measure a campaign of so many studies; give what is known after each step."""
    file, project = make(folder, count), folder / "project"
    python, potash = [sys.executable], [sys.executable, "-m", "potash.cli"]
    end = [str(file), "--dir", str(project)]
    commands = {
        "set up": [*python, str(HERE / "set_up.py"), str(file), str(project)],
        "run": [*python, str(HERE / "fill.py"), str(file), str(project)],
        "status": [*potash, "status", str(project)],
        "report": [*potash, "report", str(project)],
        "plan": [*potash, "plan", *end],
    }
    about = {"date": str(date.today()), "cores": os.cpu_count()}
    steps: dict[str, dict[str, float]] = {}
    for step, command in commands.items():
        steps[step] = measure(command)
        page = project / "report" / "index.html"
        yield {**about, "count": count, "steps": steps, "page": page.stat().st_size if page.exists() else 0}


def table(trials: list[dict[str, Any]]) -> str:
    """Set the trials in a table: wall time, processor time, memory."""
    lines = ["| studies | " + " | ".join(STEPS) + " | page |", "|---:|" + "---:|" * (len(STEPS) + 1)]
    for each in trials:
        done = [each["steps"].get(step) for step in STEPS]
        cells = [
            f"{one['wall']:.1f} s ({one['processor']:.1f}), {one['memory']:.2f} GiB" if one else "–" for one in done
        ]
        lines.append(f"| {each['count']} | " + " | ".join(cells) + f" | {each['page'] / 1e6:.1f} MB |")
    return "\n".join(lines)


def figure(trials: list[dict[str, Any]], path: Path) -> None:
    """Draw the processor time a study over the number of studies."""
    from matplotlib.figure import Figure

    sheet = Figure(figsize=(7, 4.2), layout="constrained")
    axes = sheet.add_subplot()
    for step in STEPS:
        spent = [(each["count"], each["steps"][step]["processor"]) for each in trials if step in each["steps"]]
        axes.loglog([n for n, _ in spent], [1000 * seconds / n for n, seconds in spent], "o-", label=step)
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
        for known in trial(folder / str(count), count):
            found[count] = known
            kept.write_text(json.dumps([found[each] for each in sorted(found)], indent=1) + "\n")
        print(table([found[count]]).splitlines()[-1], flush=True)
    trials = [found[count] for count in sorted(found)]
    (HERE / "table.md").write_text(table(trials) + "\n")
    figure(trials, HERE / "scale.png")
    print(table(trials))


if __name__ == "__main__":
    given = sys.argv[1:]
    where = Path(given.pop(0)) if given and not given[0].isdigit() else Path(tempfile.mkdtemp(prefix="scale-"))
    main(where, [int(word) for word in given] or list(COUNTS))
