"""Why cells are relaxed by energies: where the stress of K2Se vanishes, and where its energy is lowest.

Run ``python benchmarks/cutoff.py`` (a few minutes on one core); it prints a table.
"""

from __future__ import annotations

import numpy as np
from ase.units import GPa
from gpaw import GPAW, PW, FermiDirac

from potash.calcs.eos import birch_murnaghan
from potash.structures.phases import phase

CUTOFFS = (350, 450, 550, 650, 800)


def scan(cutoff: float) -> tuple[float, float]:
    """Give the lattice constants (Å) of lowest energy and of vanishing stress at a cutoff (eV)."""
    volumes, energies, stresses = [], [], []
    for length in np.linspace(0.97, 1.03, 5):
        atoms = phase("K2Se", primitive=True)
        atoms.set_cell(atoms.cell * length, scale_atoms=True)
        atoms.calc = GPAW(mode=PW(cutoff), xc="PBE", kpts={"size": (4, 4, 4), "gamma": True},
                          occupations=FermiDirac(0.1), txt=None)  # fmt: skip
        volumes.append(atoms.get_volume())
        energies.append(atoms.get_potential_energy())
        stresses.append(atoms.get_stress()[0] / GPa)
    lowest = birch_murnaghan(volumes, energies).measure
    return float((4 * lowest) ** (1 / 3)), float((4 * np.interp(0, stresses, volumes)) ** (1 / 3))


if __name__ == "__main__":
    print("cutoff (eV)   lowest energy (Å)   vanishing stress (Å)")
    for cutoff in CUTOFFS:
        print(f"{cutoff:11}   {'{:17.3f}   {:20.3f}'.format(*scan(cutoff))}", flush=True)
