"""Hops whose ends EMT relaxes in a moment, and energies along a line that are known in closed form."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100, fcc111
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS
from numpy.polynomial import Polynomial

Ends = tuple[Atoms, Atoms]

#: Where the second atom of `on_a_line` rests, in Å.
REST = np.array([0.0, 4.0, 0.0])


class Line(Calculator):
    """A polynomial of x for the first atom, springs across, and springs that hold the second one."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, slope: Polynomial) -> None:
        super().__init__()
        self.slope = slope
        self.asked: list[np.ndarray] = []
        self.curve = slope.integ()

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        self.asked.append(self.atoms.positions.copy())
        (x, y, z), other = self.atoms.positions
        rest = other - REST
        energy = self.curve(x) + 2 * (y**2 + z**2) + 2 * rest @ rest
        forces = np.array([[-self.slope(x), -4 * y, -4 * z], -4 * rest])
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


def on_a_line(x: float) -> Atoms:
    return Atoms("KSb", [[x, 0, 0], REST], cell=[12, 12, 12], pbc=True)


def double_well(steepness: float, saddle: float) -> Line:
    """V(x) = ∫ s (x + 1)(x − p)(x − 1) dx: minima at ±1 Å, the saddle at p."""
    return Line(steepness * Polynomial.fromroots([-1, saddle, 1]))


def triple_well(steepness: float, saddle: float) -> Line:
    """V(x) = ∫ s (x + 1)(x + p) x (x − p)(x − 1) dx: minima at ±1 and 0 Å, saddles at ±p."""
    return Line(steepness * Polynomial.fromroots([-1, -saddle, 0, saddle, 1]))


class Counted(Calculator):
    """EMT that counts its calls and may be stopped. It remembers nothing: the same atoms give the same last digits."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, stop: float = np.inf) -> None:
        super().__init__()
        self.asked: list[np.ndarray] = []
        self.stop = stop

    @property
    def calls(self) -> int:
        return len(self.asked)

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        if self.calls >= self.stop:
            raise KeyboardInterrupt
        self.asked.append(self.atoms.positions.copy())
        bare = self.atoms.copy()
        bare.calc = EMT()
        bare.get_forces()
        self.results = dict(bare.calc.results)


def _relaxed(*ends: Atoms) -> Ends:
    for end in ends:
        end.calc = EMT()
        assert BFGS(end, logfile=None).run(fmax=0.005, steps=300)
        end.calc = None
    return ends[0], ends[1]


@cache
def gold_on_aluminium() -> Ends:
    """Au on Al(100) from hollow to hollow, half the cell's length away; two layers are frozen."""
    slab = fcc100("Al", size=(2, 2, 3))
    add_adsorbate(slab, "Au", 1.7, "hollow")
    slab.center(axis=2, vacuum=4.0)
    slab.set_constraint(FixAtoms(mask=slab.get_tags() > 1))
    moved = slab.copy()
    moved.positions[-1] += slab.cell[0] / 2
    return _relaxed(slab, moved)


@cache
def copper_on_copper() -> Ends:
    """Cu on Cu(111) from fcc to hcp: a low barrier."""
    ends = []
    for site in ("fcc", "hcp"):
        slab = fcc111("Cu", (3, 3, 3), vacuum=7.0)
        slab.set_constraint(FixAtoms(mask=slab.get_tags() > 1))
        add_adsorbate(slab, "Cu", 1.9, site, offset=(1, 1))
        ends.append(slab)
    return _relaxed(*ends)


@cache
def vacancy(impurity: str = "Cu") -> Ends:
    """A vacancy in 31 atoms of copper; it leaves the side of an impurity."""
    host = bulk("Cu", a=3.61, cubic=True).repeat(2)
    near = [i for i in range(1, len(host)) if host.get_distance(0, i, mic=True) < 2.7]
    ion = next(i for i in near if host.get_distance(near[0], i, mic=True) > 4.0)
    host.symbols[near[0]] = impurity
    vector = host.get_distance(0, ion, mic=True, vector=True)
    before, after = host.copy(), host.copy()
    after.positions[ion] -= vector
    del before[0], after[0]
    return _relaxed(before, after)


def copies(ends: Ends) -> Ends:
    return ends[0].copy(), ends[1].copy()
