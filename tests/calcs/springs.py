"""Springs between nearest neighbours: crystals whose vibrations are known in closed form."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import neighbor_list


class Springs(Calculator):
    """E = ½ K Σ (r − r₀)² over pairs of neighbours, and ½ κ u² for every atom's way from its place, where κ is given."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, stiffness: float, length: float = 3.6 / 2**0.5, tether: float = 0.0) -> None:
        super().__init__()
        self.stiffness, self.length, self.tether = stiffness, length, tether
        self.places: np.ndarray | None = None

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        if self.places is None:
            self.places = self.atoms.get_positions()
        i, d, vectors = neighbor_list("idD", self.atoms, 1.2 * self.length)
        stretch = d - self.length
        away = self.atoms.positions - self.places
        forces = -self.tether * away
        np.add.at(forces, i, (self.stiffness * stretch / d)[:, None] * vectors)
        energy = self.stiffness * np.sum(stretch**2) / 4 + self.tether * np.sum(away**2) / 2
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}


class Axes(Calculator):
    """E = ½ Σ c(n) |u − u′|² over pairs n lattice constants apart along a cube's edges, u being the way from the place."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, constant: float, couplings: dict[int, float]) -> None:
        super().__init__()
        self.constant, self.couplings = constant, couplings
        self.places: np.ndarray | None = None

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        if self.places is None:
            self.places = self.atoms.get_positions()
            i, j, d, vectors = neighbor_list("ijdD", self.atoms, (max(self.couplings) + 0.1) * self.constant)
            along = np.isclose(np.abs(vectors).max(axis=1), d)
            self.i, self.j = i[along], j[along]
            self.c = np.array([self.couplings[round(length / self.constant)] for length in d[along]])
        away = self.atoms.positions - self.places
        apart = away[self.j] - away[self.i]
        forces = np.zeros_like(away)
        np.add.at(forces, self.i, self.c[:, None] * apart)
        energy = float(np.sum(self.c[:, None] * apart**2) / 4)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}
