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


#: Force constants of about graphene's size up to fourth neighbours, in N/m: along the bond, across it in the plane, out of it.
SHEET = np.array([(365.0, 245.0, 98.2), (88.0, -32.3, -4.0), (30.0, -52.5, 1.5), (-19.2, 22.9, -5.8)])
BOND = 1.42


class Sheet(Calculator):
    """Graphene on springs, and an atom over it that a Lennard-Jones potential holds: a soft adatom on a stiff host.

    Parameters
    ----------
    sheet
        Flat graphene. The adatom comes last in the atoms that are asked for.
    depth, distance
        Of the adatom's pair potential with each carbon atom, in eV and Å.
    noise
        Standard deviation of the forces' error, in eV/Å.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(self, sheet: Any, depth: float, distance: float, noise: float = 0.0) -> None:
        super().__init__()
        self.flat = sheet.positions.copy()
        self.depth, self.distance, self.noise = depth, distance, noise
        self.errors = np.random.default_rng(0)
        self.calls = 0
        i, j, vectors = neighbor_list("ijD", sheet, 2.8 * BOND)
        lengths = np.linalg.norm(vectors, axis=1)
        shells = BOND * np.sqrt([1, 3, 4, 7])
        shell = np.abs(lengths[:, None] - shells).argmin(axis=1)
        along = vectors / lengths[:, None]
        up = np.tile([0.0, 0.0, 1.0], (len(i), 1))
        self.matrix = np.zeros((len(sheet), 3, len(sheet), 3))
        for direction, constants in zip((along, np.cross(up, along), up), SHEET.T[:, shell], strict=True):
            blocks = constants[:, None, None] * direction[:, :, None] * direction[:, None, :] / 16.0218
            for first, second, block in zip(i, j, blocks, strict=True):
                self.matrix[first, :, second] -= block
                self.matrix[first, :, first] += block

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        self.calls += 1
        count = len(self.flat)
        away = self.atoms.positions[:count] - self.flat
        pull = -np.einsum("iajb,jb->ia", self.matrix, away)
        i, j, d, vectors = neighbor_list("ijdD", self.atoms, 9.0)
        held = (i == count) & (j < count)
        j, d, vectors = j[held], d[held], vectors[held]
        sixth = (self.distance / d) ** 6
        push = (12 * self.depth * (sixth**2 - sixth) / d**2)[:, None] * vectors
        forces = np.vstack([pull, -push.sum(axis=0)])
        np.add.at(forces, j, push)
        energy = float(self.depth * np.sum(sixth**2 - 2 * sixth) - np.sum(away * pull) / 2)
        noisy = forces + self.noise * self.errors.normal(size=forces.shape)
        self.results = {"energy": energy, "free_energy": energy, "forces": noisy}
