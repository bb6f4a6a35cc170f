"""Benchmark of relaxations: how many force calls to 0.03 eV/Å, by ASE's optimisers and by potash.

``python benchmarks/relaxations/run.py [--starts N] [--cases …]``; prints a table, row by row. See README.md beside it.
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
    heads = ("case", "free atoms", *METHODS, "BFGS / potash", "potash − BFGS (meV)")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for case in asked.cases:
        print(f"| {' | '.join(row(case, asked.starts))} |", flush=True)


def row(case: str, starts: int) -> list[str]:
    """Run a case by every method: medians and ranges of the calls, and the largest difference of the final energies."""
    truth = engine(case)
    runs = {method: [calls(case, method, seed, truth) for seed in range(starts)] for method in METHODS}
    made = {method: [count for count, _ in each] for method, each in runs.items()}
    higher = 1000 * max(a[1] - b[1] for a, b in zip(runs["potash"], runs["BFGS"], strict=True))
    return [
        case,
        str(len(start(case, 0)) - len(_fixed(case))),
        *(f"{np.median(each):g} ({min(each)}–{max(each)})" for each in made.values()),
        f"{np.median(made['BFGS']) / np.median(made['potash']):.1f}",
        f"{higher:+.1f}",
    ]


if __name__ == "__main__":
    main()
