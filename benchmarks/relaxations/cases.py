"""Structures to relax: as a study would build them, shaken a little by a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import add_adsorbate, bcc110, bulk, fcc100, fcc110, fcc111, graphene
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms

from potash.structures.phases import structure

#: Every free atom is displaced by normal deviates of this width, in Å.
SHAKEN = 0.03


def _frozen(atoms: Atoms, layers: int) -> Atoms:
    heights = np.unique(atoms.positions[:, 2].round(1))
    atoms.set_constraint(FixAtoms(mask=atoms.positions[:, 2] < heights[layers - 1] + 0.5))
    return atoms


def _on(slab: Atoms, symbol: str, height: float, site: str, layers: int) -> Atoms:
    add_adsorbate(slab, symbol, height, site)
    return _frozen(slab, layers)


def _less(atoms: Atoms, symbol: str) -> Atoms:
    del atoms[next(atom.index for atom in atoms if atom.symbol == symbol)]
    return atoms


def _carbon() -> Atoms:
    sheet: Atoms = graphene(size=(4, 4, 1), vacuum=8)
    sheet.append("K")
    sheet.positions[-1] = sheet.positions[0] + [0.0, 1.42, 3.0]
    sheet.cell[2, 2] = 18
    sheet.pbc = True
    return sheet


def _tin() -> Atoms:
    slab = structure("Cu6Sn5", Path())
    slab.center(vacuum=7, axis=1)
    return slab


#: By name: how it is made, and whether its truth is EMT or CHGNet.
CASES: dict[str, tuple[Callable[[], Atoms], str]] = {
    "Au on Al(100)": (lambda: _on(fcc100("Al", (2, 2, 3), vacuum=8), "Au", 1.7, "hollow", 1), "emt"),
    "Au on Cu(110)": (lambda: _on(fcc110("Cu", (3, 4, 5), vacuum=8), "Au", 1.5, "hollow", 2), "emt"),
    "Au far from Cu(111)": (lambda: _on(fcc111("Cu", (4, 4, 4), vacuum=8), "Au", 3.2, "ontop", 2), "emt"),
    "Cu vacancy": (lambda: _less(bulk("Cu", cubic=True).repeat(3), "Cu"), "emt"),
    "Li on Li(110)": (lambda: _on(bcc110("Li", (3, 3, 3), a=3.44, vacuum=8), "Li", 2.4, "longbridge", 1), "chgnet"),
    "K on K(110)": (lambda: _on(bcc110("K", (3, 3, 3), a=5.28, vacuum=8), "K", 3.6, "longbridge", 1), "chgnet"),
    "K on graphene": (_carbon, "chgnet"),
    "K vacancy in K3Sb": (lambda: _less(structure("K3Sb-hexagonal", Path()).repeat((2, 2, 1)), "K"), "chgnet"),
    "K vacancy in K2Se": (lambda: _less(structure("K2Se", Path()), "K"), "chgnet"),
    "Cu6Sn5(010)": (_tin, "chgnet"),
}


def start(case: str, seed: int) -> Atoms:
    """Build a case and shake its free atoms."""
    atoms = CASES[case][0]()
    random = np.random.default_rng(seed)
    atoms.set_positions(atoms.positions + random.normal(scale=SHAKEN, size=(len(atoms), 3)))
    return atoms


def engine(case: str) -> Calculator:
    """Make a case's truth."""
    if CASES[case][1] == "emt":
        return EMT()
    from chgnet.model.dynamics import CHGNetCalculator

    made: Calculator = CHGNetCalculator(use_device="cpu")
    return made
