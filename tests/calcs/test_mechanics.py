"""A force field's energy as OpenMM has it, against the terms written out, and forces against its differences."""

from itertools import combinations, product
from typing import Any

import numpy as np
import openmm
import pytest
from scipy.special import erfc

from potash.calcs.mechanics import system
from potash.errors import BadInput
from potash.structures.boxes import Recipe, mixture
from potash.structures.components import component
from potash.structures.forcefields import parametrise
from potash.structures.topology import Topology

EDGE, CUTOFF = 24.0, 9.0
#: e²/(4πε0) in kJ/mol Å.
COULOMB = 1389.35456
SETTINGS = {"cutoff": CUTOFF, "ewald": 1e-7}


class Cluster:
    """One of each species, a few Å apart, and all pairs of it written out."""

    def __init__(self, names: list[str], charged: bool = True) -> None:
        parts = [component(name) for name in names]
        self.topology = Topology(tuple(each.species(1) for each in parts))
        self.parameters = [parametrise(each) for each in parts]
        if not charged:
            for each in self.parameters:
                each["charges"] = [0.0] * len(each["charges"])
        numbers = np.random.default_rng(4)
        self.positions = np.vstack(
            [np.array(each.positions) + np.array([5.5 * n, 1.0 * n, 0.5 * n]) for n, each in enumerate(parts)]
        )
        self.positions += 0.05 * numbers.standard_normal(self.positions.shape) + 3.0
        self.charges, self.sigma, self.epsilon = (
            np.concatenate([each[name] for each in self.parameters]) for name in ("charges", "sigma", "epsilon")
        )

    def context(self) -> openmm.Context:
        made = system(self.topology, self.parameters, [EDGE] * 3, SETTINGS)
        context = openmm.Context(made, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
        context.setPositions(self.positions * 0.1)
        return context

    def energy(self) -> float:
        return float(self.context().getState(energy=True).getPotentialEnergy()._value)

    def rows(self, name: str) -> list[list[Any]]:
        """List bonded terms with atoms counted through all molecules."""
        size = {"bonds": 2, "angles": 3, "dihedrals": 4, "impropers": 4}[name]
        return [
            [*(first + atom for atom in row[:size]), *row[size:]]
            for first, each in zip(self.topology.first.tolist(), self.parameters, strict=True)
            for row in each[name]
        ]

    def share(self, i: int, j: int) -> float:
        """Give how much of a pair's terms counts: none over one or two bonds, half over three."""
        near: set[int] = {i}
        for bonds in (1, 2, 3):
            near |= {b for a, b in self.links() if a in near}
            if j in near:
                return 0.5 if bonds == 3 else 0.0
        return 1.0

    def links(self) -> list[tuple[int, int]]:
        return [pair for i, j in self.topology.bonds() for pair in ((i, j), (j, i))]


def fold(vector: np.ndarray) -> np.ndarray:
    return vector - EDGE * np.round(vector / EDGE)


def angle(r: np.ndarray, i: int, j: int, k: int) -> float:
    a, b = r[i] - r[j], r[k] - r[j]
    return float(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))


def dihedral(r: np.ndarray, i: int, j: int, k: int, m: int) -> float:
    one, two, three = r[j] - r[i], r[k] - r[j], r[m] - r[k]
    n, o = np.cross(one, two), np.cross(two, three)
    return float(np.arctan2(np.linalg.norm(two) * one @ o, n @ o))


def bonded(of: Cluster) -> float:
    r, total = of.positions, 0.0
    masses = np.concatenate([each["masses"] for each in of.parameters])
    for i, j, length, k in of.rows("bonds"):
        if min(masses[i], masses[j]) > 1.5:  # those of hydrogen are constrained
            total += k / 2 * (np.linalg.norm(r[i] - r[j]) - length) ** 2
    for i, j, m, degrees, k in of.rows("angles"):
        total += k / 2 * (angle(r, i, j, m) - np.radians(degrees)) ** 2
    for i, j, k, m, v1, v2, v3, v4 in of.rows("dihedrals"):
        phi = dihedral(r, i, j, k, m)
        total += v1 / 2 * (1 + np.cos(phi)) + v2 / 2 * (1 - np.cos(2 * phi))
        total += v3 / 2 * (1 + np.cos(3 * phi)) + v4 / 2 * (1 - np.cos(4 * phi))
    for i, j, k, m, v2 in of.rows("impropers"):
        total += v2 / 2 * (1 - np.cos(2 * dihedral(r, i, j, k, m)))
    return total


def lennard_jones(of: Cluster) -> float:
    """Sum pairs within the cutoff, and the mean of what lies beyond as OpenMM takes it: over all pairs and each with itself."""
    total, beyond, count = 0.0, 0.0, 0
    atoms = range(len(of.positions))
    for i, j in combinations(atoms, 2):
        distance = float(np.linalg.norm(fold(of.positions[i] - of.positions[j])))
        share = of.share(i, j)
        if distance < CUTOFF or share < 1:
            x = (np.sqrt(of.sigma[i] * of.sigma[j]) / distance) ** 6
            total += share * 4 * np.sqrt(of.epsilon[i] * of.epsilon[j]) * (x * x - x)
    for i, j in product(atoms, atoms):
        if i <= j:
            s, u = np.sqrt(of.sigma[i] * of.sigma[j]), np.sqrt(of.epsilon[i] * of.epsilon[j])
            beyond += 4 * u * (s**12 / (9 * CUTOFF**9) - s**6 / (3 * CUTOFF**3))
            count += 1
    return total + 2 * np.pi * len(of.positions) ** 2 / EDGE**3 * beyond / count


def ewald(of: Cluster) -> float:
    """Sum charges and their images by Ewald's formula, written out."""
    q, r, width = of.charges, of.positions, 0.35
    real = 0.0
    for i, j in combinations(range(len(q)), 2):
        distance = float(np.linalg.norm(fold(r[i] - r[j])))
        real += q[i] * q[j] * (erfc(width * distance) - (1 - of.share(i, j))) / distance
    waves = 0.0
    reach = 13
    for n in product(range(-reach, reach + 1), repeat=3):
        k = 2 * np.pi / EDGE * np.array(n)
        if 0 < (square := float(k @ k)) < (2 * np.pi * reach / EDGE) ** 2:
            waves += np.exp(-square / (4 * width**2)) / square * abs((q * np.exp(1j * r @ k)).sum()) ** 2
    own = width / np.sqrt(np.pi) * (q**2).sum()
    return COULOMB * float(real + 2 * np.pi / EDGE**3 * waves - own)


@pytest.mark.parametrize("names", [["DME"], ["EC", "FSI-", "K+"], ["TFSI-", "Li+"], ["PF6-", "Na+"], ["C1COCOC1"]])
def test_the_energy_is_the_sum_of_the_terms(names: list[str]) -> None:
    whole = Cluster(names)
    expected = bonded(whole) + lennard_jones(whole) + ewald(whole)
    assert whole.energy() == pytest.approx(expected, abs=0.02)


def test_the_energy_without_charges_is_closed_form() -> None:
    bare = Cluster(["DME", "PC"], charged=False)
    assert bare.energy() == pytest.approx(bonded(bare) + lennard_jones(bare), abs=1e-4)


def test_forces_are_the_slopes_of_the_energy() -> None:
    cluster = Cluster(["EC", "FSI-", "K+"])
    context = cluster.context()
    forces = context.getState(forces=True).getForces(asNumpy=True)._value  # kJ/mol/nm
    step, numbers = 1e-4, np.random.default_rng(1)
    for atom, axis in zip(numbers.integers(len(forces), size=12), numbers.integers(3, size=12), strict=True):
        energies = []
        for sign in (1, -1):
            moved = cluster.positions * 0.1
            moved[atom, axis] += sign * step
            context.setPositions(moved)
            energies.append(context.getState(energy=True).getPotentialEnergy()._value)
        assert forces[atom, axis] == pytest.approx((energies[1] - energies[0]) / (2 * step), rel=2e-3, abs=0.5)


def test_water_is_rigid_and_argon_has_no_charges() -> None:
    water = mixture(Recipe(None, {"water": 1}, atoms=300))
    made = system(water.topology, [parametrise(water.components[0])], [EDGE] * 3, SETTINGS)
    assert made.getNumConstraints() == 3 * 100
    lengths = sorted({round(made.getConstraintParameters(n)[2]._value, 5) for n in range(3)})
    assert lengths == pytest.approx([0.1, 0.1633], abs=1e-4)
    argon = mixture(Recipe(None, {"Ar": 1}, atoms=100))
    plain = system(argon.topology, [parametrise(argon.components[0])], [EDGE] * 3, SETTINGS)
    (force,) = [each for each in plain.getForces() if isinstance(each, openmm.NonbondedForce)]
    assert force.getNonbondedMethod() == openmm.NonbondedForce.CutoffPeriodic


def test_a_box_too_small_for_the_cutoff() -> None:
    argon = mixture(Recipe(None, {"Ar": 1}, atoms=100))
    with pytest.raises(BadInput, match=r"a box of 15\.0 Å is too small for a cutoff of 9 Å"):
        system(argon.topology, [parametrise(argon.components[0])], [15.0] * 3, SETTINGS)
