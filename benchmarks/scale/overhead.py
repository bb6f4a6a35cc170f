"""What a calculation costs beside its computing: potash and bare FireWorks, one after the other.

``python benchmarks/scale/overhead.py [PYTHON]``: `PYTHON` has ``fireworks==2.1.4 mongomock monty==2025.3.3`` (its mongomock
is not the one that maggma wants, so it needs an environment of its own); without it, one is made in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
COUNT = 200
NEEDS = ("fireworks==2.1.4", "mongomock", "monty==2025.3.3")


def environment() -> str:
    """Make an environment with FireWorks."""
    folder = Path(tempfile.mkdtemp(prefix="fireworks-"))
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *NEEDS], check=True)
    return python


def one_more(python: str, script: str) -> dict[str, float]:
    """Give what one more costs, in ms: starting is in both of two runs and falls out."""
    few, many = (
        json.loads(
            subprocess.run(
                [python, str(HERE / script), str(count)], check=True, capture_output=True
            ).stdout.splitlines()[-1]
        )
        for count in (COUNT, 2 * COUNT)
    )
    return {name: 1000 * (many[name] - few[name]) / COUNT for name in many}


def main(python: str) -> None:
    """Print a line each."""
    heads = ("wall (ms)", "of it the engine's call (ms)", "processors (ms)")
    print(f"| one more no-op, from the {COUNT}th to the {2 * COUNT}th | {' | '.join(heads)} |\n|---|---:|---:|---:|")
    for name, executable, script in (
        ("potash: a calculation of its own, in the vault", sys.executable, "noop.py"),
        ("FireWorks: `rapidfire` on mongomock", python, "rapidfire.py"),
    ):
        taken = one_more(executable, script)
        calls = f"{taken['calls']:.1f}" if "calls" in taken else "–"
        print(f"| {name} | {taken['wall']:.1f} | {calls} | {taken['processors']:.1f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else environment())
