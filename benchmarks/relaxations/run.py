"""Benchmark of relaxations: how many force calls to 0.03 eV/Å, by ASE's optimisers and by potash.

``python benchmarks/relaxations/run.py [--starts N] [--cases …]``; prints a table. See README.md beside it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.optimize import BFGS, FIRE, BFGSLineSearch, GPMin
from ase.optimize.precon import Exp, PreconLBFGS
from cases import CASES, engine, start
from rich.console import Console
from rich.table import Table

from potash.calcs.calls import CallLog, Recorder
from potash.calcs.descent import descend

FORCE, STEPS = 0.03, 150


def _ase(optimiser: Callable[..., Any], **options: Any) -> Callable[[Atoms, Recorder], None]:
    def relax(atoms: Atoms, recorder: Recorder) -> None:
        atoms.calc = recorder
        optimiser(atoms, logfile=None, **options).run(fmax=FORCE, steps=STEPS)

    return relax


def _preconditioned(atoms: Atoms, recorder: Recorder) -> None:
    atoms.calc = recorder
    PreconLBFGS(atoms, precon=Exp(A=3), logfile=None).run(fmax=FORCE, steps=STEPS)


def _potash(atoms: Atoms, recorder: Recorder) -> None:
    descend(atoms, recorder, FORCE, STEPS)


METHODS: dict[str, Callable[[Atoms, Recorder], None]] = {
    "FIRE": _ase(FIRE),
    "BFGS": _ase(BFGS),
    "BFGS, line search": _ase(BFGSLineSearch),
    "LBFGS, preconditioned": _preconditioned,
    "GPMin": _ase(GPMin),
    "potash": _potash,
}


def calls(case: str, method: str, seed: int, truth: Calculator) -> tuple[int, float]:
    """Relax once; give the force calls made (as many as allowed and one, where it did not end) and the lowest energy."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(lambda _: truth, CallLog(Path(folder) / "calls.xyz", writable=True))
        METHODS[method](start(case, seed), recorder)
        made = CallLog(Path(folder) / "calls.xyz", writable=False).frames
        free = [atom for atom in range(len(made[0])) if atom not in _fixed(case)]
        reached = min(np.linalg.norm(frame.get_forces()[free], axis=1).max() for frame in made) < FORCE
        return (len(made) if reached else STEPS + 1), min(frame.get_potential_energy() for frame in made)


def _fixed(case: str) -> set[int]:
    return {int(i) for fix in start(case, 0).constraints for i in fix.get_indices()}


def main() -> None:
    """Run all that is asked for, case by case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    asked = parser.parse_args()
    table = Table("case", "free atoms", *METHODS, "fewer than BFGS")
    for case in asked.cases:
        truth = engine(case)
        row, energies = {}, {}
        for method in METHODS:
            runs = [calls(case, method, seed, truth) for seed in range(asked.starts)]
            row[method], energies[method] = [run[0] for run in runs], [run[1] for run in runs]
        cells = [f"{np.median(row[method]):g} ({min(row[method])}–{max(row[method])})" for method in METHODS]
        ratio = np.median(row["BFGS"]) / np.median(row["potash"])
        table.add_row(case, str(len(start(case, 0)) - len(_fixed(case))), *cells, f"{ratio:.1f} ×")
        higher = 1000 * max(a - b for a, b in zip(energies["potash"], energies["BFGS"], strict=True))
        print(f"{case}: potash's energy is higher than that of BFGS by at most {higher:.1f} meV", flush=True)
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
