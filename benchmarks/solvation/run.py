"""How fast shells are read, beside solvation-analysis on the same core, and whether both find the same.

Seconds are of the processor, not of the clock: other programs may share the core.

``python benchmarks/solvation/run.py FOLDER PYTHON [FRAMES]``, with the trajectory of ``make.py`` in FOLDER and the Python of an
environment with solvation-analysis. It prints a table.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from potash.analysis.liquid_reading import read
from potash.analysis.trajectory import Frame, trajectory
from potash.structures.components import component
from potash.structures.topology import Topology

#: The first shells of both, in Å: they look for minima in different ways.
CUTOFFS = {"DME.O": 3.5, "FSI-.O": 3.5}


class First:
    """The first frames of a trajectory."""

    def __init__(self, whole: object, frames: int) -> None:
        self.whole, self.frames = whole, frames

    def __len__(self) -> int:
        return self.frames

    def __iter__(self):
        return (self.whole[number] for number in range(self.frames))

    def __getitem__(self, number: int) -> Frame:
        return self.whole[number]


def ours(folder: Path, frames: int) -> dict[str, object]:
    """Read with potash: shells, states of anions, aggregates, residence times, diffusion and conductivity."""
    told = np.load(folder / "run.npz")
    names = list(dict.fromkeys(told["names"].tolist()))
    sizes = {name: len(component(name).elements) for name in names}
    topology = Topology(
        tuple(component(name).species(int((told["names"] == name).sum()) // sizes[name]) for name in names)
    )
    began = time.process_time()
    opened = First(trajectory(folder / "run.dcd", len(topology.elements)), frames)
    found = read(opened, topology, 298.15, "K+", cutoffs=CUTOFFS)
    seconds = time.process_time() - began
    numbers = {name: found.quantities[f"{name} in the shell"].value for name in ("DME", "FSI-")}
    atoms = {name: found.quantities[f"coordination number, {name}.O"].value for name in ("DME", "FSI-")}
    shells = {each.label: each.population for each in found.clusters}
    return {"seconds": seconds, "molecules": numbers, "atoms": atoms, "shells": shells}


def main(folder: Path, python: str, frames: int) -> None:
    """Run both, one after the other, and compare."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    mine = ours(folder, frames)
    command = [python, str(Path(__file__).with_name("theirs.py")), str(folder), str(frames)]
    cutoffs = json.dumps({"DME": CUTOFFS["DME.O"], "FSI": CUTOFFS["FSI-.O"]})
    made = subprocess.run([*command, cutoffs], env=environment, capture_output=True, text=True, check=True)
    theirs = json.loads(made.stdout.splitlines()[-1])
    print(
        f"{frames} frames of 5000 atoms; {platform.machine()}, {os.cpu_count()} cores, {date.today()}, load {os.getloadavg()[0]:.1f}"
    )
    print(
        f"potash            {mine['seconds']:8.1f} s   (with states, aggregates, residence times, diffusion, conductivity)"
    )
    print(f"solvation-analysis{theirs['seconds']:8.1f} s   ratio {theirs['seconds'] / mine['seconds']:.1f}")
    for name, other in (("DME", "DME"), ("FSI-", "FSI")):
        print(f"coordination number {name}: molecules {mine['molecules'][name]:.6f}, oxygens {mine['atoms'][name]:.6f}; "
              f"solvation-analysis {theirs['numbers'][other]:.6f}")  # fmt: skip
    for label, population in list(mine["shells"].items())[:6]:
        parts = dict(reversed(part.split(" ", 1)) for part in label.split(" + ")[1:])
        key = json.dumps({"DME": int(parts.get("DME", 0)), "FSI": int(parts.get("FSI-", 0))})
        print(f"{label:30} {population:.6f}; solvation-analysis {theirs['shells'].get(key, 0.0):.6f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10_000)
