"""CatLearn's ML-NEB in its own environment (ASE 3.22): asks for force calls on standard output, is told on input."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from typing import Any, TextIO

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms
from catlearn.optimize.mlneb import MLNEB  # type: ignore[import-not-found]

#: CatLearn's default: twice the predicted standard deviation of every image's energy, in eV.
CERTAINTY = 0.05


class Asking(Calculator):
    """Asks the process that started this one."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012  (ASE declares it so)

    def __init__(self, out: TextIO) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.out = out

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Ask for energy and forces."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        say(self.out, {"ask": atoms.get_positions().tolist()})
        told = json.loads(sys.stdin.readline())
        self.results = {"energy": told["energy"], "forces": np.array(told["forces"])}


def say(out: TextIO, message: dict[str, Any]) -> None:
    """Write one message."""
    out.write(json.dumps(message) + "\n")
    out.flush()


def decode(plain: dict[str, Any]) -> Atoms:
    """Build a structure; potash itself needs a newer ASE."""
    atoms = Atoms(plain["symbols"], plain["positions"], cell=plain["cell"], pbc=plain["pbc"])
    if "frozen" in plain:
        atoms.set_constraint(FixAtoms(plain["frozen"]))
    return atoms


def main() -> None:
    """Relax the path that the first line brings, and write the band."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # CatLearn prints on standard output
    say(out, {"versions": {f"{name} (CatLearn)": metadata.version(name) for name in ("ase", "catlearn", "numpy")}})
    task = json.loads(sys.stdin.readline())
    path = [decode(plain) for plain in task["path"]]
    for end, known in zip((path[0], path[-1]), task["ends"], strict=True):
        end.calc = SinglePointCalculator(end, energy=known["energy"], forces=np.array(known["forces"]))
    band = MLNEB(
        start=path[0], end=path[-1], n_images=len(path), interpolation=path, ase_calc=Asking(out), restart=False
    )
    band.run(fmax=task["force"], unc_convergence=CERTAINTY, steps=task["steps"])
    certain = max(band.uncertainty_path[1:-1]) < CERTAINTY
    positions = [image.get_positions().tolist() for image in band.images]
    converged = bool(certain and band.max_abs_forces <= task["force"])
    say(out, {"positions": positions, "energies": [float(e) for e in band.e_path], "converged": converged})


if __name__ == "__main__":
    main()
