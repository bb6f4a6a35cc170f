"""What CHGNet makes of a phase: ``python tools/check_crystal.py Cu6Sn5 Cu Sn-beta``; needs ``pip install 'potash[chgnet]'``.

Relaxes atoms and cell to 0.005 eV/Å; prints how far they went, the space group that is left, and the energy against the
elements that are named after the phase. For coordinates that no source could be read for: wrong ones would not stay.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import spglib
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS
from chgnet.model.dynamics import CHGNetCalculator

from potash.structures.phases import phase


def relaxed(name: str) -> tuple[Atoms, float]:
    """Relax a phase; give it with its energy per atom, in eV."""
    atoms = phase(name)
    atoms.calc = CHGNetCalculator(use_device="cpu")
    BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=0.005, steps=500)
    return atoms, float(atoms.get_potential_energy()) / len(atoms)


def main(name: str, *elements: str) -> None:
    """Check one phase."""
    before = phase(name)
    after, energy = relaxed(name)
    steps = after.get_scaled_positions() - before.get_scaled_positions()
    steps -= np.round(steps)
    moved = np.linalg.norm((steps - steps.mean(axis=0)) @ after.cell.array, axis=1).max()
    stretched = np.abs(after.cell.lengths() / before.cell.lengths() - 1).max()
    cell = (after.cell.array, after.get_scaled_positions(), after.numbers)
    print(f"{name}: {spglib.get_spacegroup(cell, symprec=0.01)} after relaxation")
    print(f"farthest move of an atom {moved:.3f} Å; most stretched vector {100 * stretched:.1f} %")
    references = {phase(each).symbols[0]: relaxed(each)[1] for each in elements}
    if references:
        least = sum(references[symbol] for symbol in before.symbols) / len(before)
        print(f"{1000 * (energy - least):+.0f} meV/atom against {', '.join(elements)}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")  # torch's of its own conversions, scipy's of rounding
    main(*sys.argv[1:])
