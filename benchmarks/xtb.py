"""Time of one call of tblite by the number of atoms: the figures of the engine's estimate.

OMP_NUM_THREADS=1 python benchmarks/xtb.py > benchmarks/xtb.txt
"""

from __future__ import annotations

import datetime
import os
import platform
import resource
import time
from importlib import metadata
from pathlib import Path

import numpy as np

from potash.calcs.engine import engine, protocol
from potash.structures.molecules import molecule

CALLS = 5


def main() -> None:
    """Print seconds a call of 1, 2, 4, 8 and 12 molecules of DME, each moved a little from call to call."""
    code = engine("tblite")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(f"tblite {metadata.version('tblite')}, one core of {machine}, {today}")
    print("atoms  seconds a call  estimate  peak memory GiB")
    numbers = np.random.default_rng(1)
    for count in (1, 2, 4, 8, 12):
        atoms = molecule("DME")
        one = atoms.copy()
        for step in range(1, count):
            one.translate([6.0, 0, 0] if step % 3 else [-12.0, 6.0, 0])
            atoms += one
        settings = code.complete(atoms, protocol("tblite", "standard", "molecule"))
        atoms.calc = code.calculator(atoms, settings, Path())
        atoms.get_forces()
        began = time.process_time()
        for _ in range(CALLS):
            atoms.positions += numbers.normal(0, 0.01, atoms.positions.shape)
            atoms.get_forces()
        spent = (time.process_time() - began) / CALLS
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        expected = code.estimate(atoms, settings).core_seconds
        print(f"{len(atoms):5d}  {spent:14.3f}  {expected:8.3f}  {peak:15.2f}")


if __name__ == "__main__":
    main()
