"""What force calls tell of an energy, and what a Gaussian process makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from potash.calcs.gaussian import Array, Gaussian
from potash.calcs.relax import largest, moments_of

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: What is unknown is taken to lie so high above the highest known energy, in eV: paths keep near what is known.
ABOVE = 2.0
#: Between calls nearer than this, in Å, forces explain energies to a few hundredths of an eV, even along stiff bonds.
CLOSE = 0.2


@dataclass
class Known:
    """The force calls so far.

    A place is the flat array (D,) of the coordinates of the free atoms, in Å.

    Attributes
    ----------
    base
        A structure whose free atoms are moved about.
    engine
        The calculator whose energy is sought.
    prior
        A cheaper one whose error alone is learned, or None.
    free
        Indices of the free atoms.
    energies, gradients
        Of each call: the energy that the forces derive from (eV), and its gradient (eV/Å).
    printed
        The energies that the engine gives for a structure's own: extrapolated to no smearing, where it smears.
    moments
        Of each call: the atoms' magnetic moments in Bohr magnetons, where the engine gives them.
    """

    base: Atoms
    engine: Calculator
    prior: Calculator | None
    free: Array = field(init=False)
    places: list[Array] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    gradients: list[Array] = field(default_factory=list)
    printed: list[float] = field(default_factory=list)
    moments: list[list[float] | None] = field(default_factory=list)
    priors: list[tuple[float, Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        frozen = {int(i) for fix in self.base.constraints for i in fix.get_indices()}
        self.free = np.array([i for i in range(len(self.base)) if i not in frozen], dtype=int)

    def place(self, atoms: Atoms) -> Array:
        """Give the place of a structure."""
        place: Array = atoms.positions[self.free].ravel()
        return place

    def atoms(self, place: Array) -> Atoms:
        """Build the structure at a place."""
        atoms: Atoms = self.base.copy()
        positions = atoms.positions.copy()
        positions[self.free] = place.reshape(-1, 3)
        atoms.set_positions(positions, apply_constraint=False)
        return atoms

    def call(self, place: Array) -> None:
        """Ask the engine."""
        energy, gradient, printed = self._ask(self.engine, place)
        self.places.append(place.copy())
        self.energies.append(energy)
        self.gradients.append(gradient)
        self.printed.append(printed)
        self.moments.append(moments_of(self.engine))

    def _ask(self, calculator: Calculator, place: Array) -> tuple[float, Array, float]:
        atoms = self.atoms(place)
        atoms.set_constraint()
        atoms.calc = calculator
        printed = float(atoms.get_potential_energy())
        gradient = -atoms.get_forces()[self.free].ravel()
        return float(calculator.results.get("free_energy", printed)), gradient, printed

    def force(self, index: int) -> float:
        """Give the largest force on a free atom in a call, in eV/Å."""
        return largest(self.gradients[index].reshape(-1, 3))

    def last(self, count: int) -> Known:
        """Give the last calls alone."""
        few = slice(-count, None)
        return replace(
            self,
            places=self.places[few],
            energies=self.energies[few],
            gradients=self.gradients[few],
            printed=self.printed[few],
            moments=self.moments[few],
            priors=[],
        )

    def rough(self) -> float:
        """Give the largest difference between the energies of close calls that forces do not explain, in eV.

        As `calcs.band.roughness`: more than a little is a jump, from one electronic state to another, say. 0 where no
        two calls are close.
        """
        worst = 0.0
        for i, j in combinations(range(len(self.places)), 2):
            step = self.places[j] - self.places[i]
            if np.linalg.norm(step) < CLOSE:
                work = step @ (self.gradients[i] + self.gradients[j]) / 2
                worst = max(worst, float(abs(self.energies[j] - self.energies[i] - work)))
        return worst

    def expect(self, at: Array) -> tuple[Array, Array]:
        """Give the prior's energies (m,) and gradients (m, D) at places (m, D); zeros where there is none."""
        if self.prior is None:
            return np.zeros(len(at)), np.zeros_like(at)
        asked = [self._ask(self.prior, place)[:2] for place in at]
        return np.array([energy for energy, _ in asked]), np.array([gradient for _, gradient in asked])

    def learn(self, scale: tuple[Array, Array]) -> Learned:
        """Fit the Gaussian process, in coordinates as `metric.stiffness` gives them."""
        stretch, shrink = scale
        self.priors += zip(*self.expect(np.array(self.places[len(self.priors) :])), strict=True)
        process = Gaussian.fit(
            np.array(self.places) @ stretch,
            np.array(self.energies) - [energy for energy, _ in self.priors],
            (np.array(self.gradients) - [gradient for _, gradient in self.priors]) @ shrink,
            above=ABOVE if self.prior is None else 0.0,
        )
        return Learned(self, process, stretch)


@dataclass(frozen=True)
class Learned:
    """The energy at any place, as far as the calls tell."""

    known: Known
    process: Gaussian
    stretch: Array

    def predict(self, at: Array) -> tuple[Array, Array]:
        """Give energies (m,) and gradients (m, D) at places (m, D)."""
        energies, gradients = self.process.predict(at @ self.stretch)
        added, slopes = self.known.expect(at)
        return energies + added, gradients @ self.stretch + slopes

    def spread(self, at: Array) -> Array:
        """Give the standard deviations of the energies at places (m, D), in eV."""
        return self.process.spread(at @ self.stretch)
