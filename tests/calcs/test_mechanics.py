"""A force field's energy as OpenMM has it, against the terms written out, and forces against its differences."""

from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import openmm
import pytest
from openmm.app import AmberPrmtopFile, NoCutoff
from scipy.special import erfc

from potash.calcs.mechanics import system
from potash.errors import BadInput
from potash.structures.boxes import Recipe, mixture
from potash.structures.components import component
from potash.structures.forcefields import parametrise, rules
from potash.structures.topology import Species, Topology

EDGE, CUTOFF = 24.0, 9.0
#: e²/(4πε0) in kJ/mol Å.
COULOMB = 1389.35456
SETTINGS = {"cutoff": CUTOFF, "ewald": 1e-7}


class Cluster:
    """One of each species, a few Å apart, and all pairs of it written out."""

    def __init__(self, names: list[str], charged: bool = True, family: str = "opls") -> None:
        parts = [component(name) for name in names]
        self.topology = Topology(tuple(each.species(1) for each in parts))
        self.rules = rules(family)
        self.parameters = [parametrise(each, family) for each in parts]
        numbers = np.random.default_rng(4)
        for part, each in zip(parts, self.parameters, strict=True):
            if not charged:
                each["charges"] = [0.0] * len(part.elements)
            elif each["charges"] is None:
                drawn = 0.3 * numbers.standard_normal(len(part.elements))
                each["charges"] = (drawn + (part.charge - drawn.sum()) / len(drawn)).tolist()
        self.positions = np.vstack(
            [np.array(each.positions) + np.array([5.5 * n, 1.0 * n, 0.5 * n]) for n, each in enumerate(parts)]
        )
        self.positions += 0.05 * numbers.standard_normal(self.positions.shape) + 3.0
        self.charges, self.sigma, self.epsilon = (
            np.concatenate([each[name] for each in self.parameters]) for name in ("charges", "sigma", "epsilon")
        )

    def context(self) -> openmm.Context:
        made = system(self.topology, self.parameters, self.rules, [EDGE] * 3, SETTINGS)
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

    def share(self, i: int, j: int, three: float) -> float:
        """Give how much of a pair's terms counts: none over one or two bonds, so much over three."""
        near: set[int] = {i}
        for bonds in (1, 2, 3):
            near |= {b for a, b in self.links() if a in near}
            if j in near:
                return three if bonds == 3 else 0.0
        return 1.0

    def mean(self, i: int, j: int) -> float:
        """Give the sigma of a pair."""
        one, other = self.sigma[i], self.sigma[j]
        return float(np.sqrt(one * other) if self.rules.combination == "geometric" else (one + other) / 2)

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
        share = of.share(i, j, of.rules.dispersion14)
        if distance < CUTOFF or share < 1:
            x = (of.mean(i, j) / distance) ** 6
            total += share * 4 * np.sqrt(of.epsilon[i] * of.epsilon[j]) * (x * x - x)
    for i, j in product(atoms, atoms):
        if i <= j:
            s, u = of.mean(i, j), np.sqrt(of.epsilon[i] * of.epsilon[j])
            beyond += 4 * u * (s**12 / (9 * CUTOFF**9) - s**6 / (3 * CUTOFF**3))
            count += 1
    return total + 2 * np.pi * len(of.positions) ** 2 / EDGE**3 * beyond / count


def ewald(of: Cluster) -> float:
    """Sum charges and their images by Ewald's formula, written out."""
    q, r, width = of.charges, of.positions, 0.35
    real = 0.0
    for i, j in combinations(range(len(q)), 2):
        distance = float(np.linalg.norm(fold(r[i] - r[j])))
        real += q[i] * q[j] * (erfc(width * distance) - (1 - of.share(i, j, of.rules.charges14))) / distance
    waves = 0.0
    reach = 13
    for n in product(range(-reach, reach + 1), repeat=3):
        k = 2 * np.pi / EDGE * np.array(n)
        if 0 < (square := float(k @ k)) < (2 * np.pi * reach / EDGE) ** 2:
            waves += np.exp(-square / (4 * width**2)) / square * abs((q * np.exp(1j * r @ k)).sum()) ** 2
    own = width / np.sqrt(np.pi) * (q**2).sum()
    return COULOMB * float(real + 2 * np.pi / EDGE**3 * waves - own)


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (["DME"], "opls"),
        (["EC", "FSI-", "K+"], "opls"),
        (["TFSI-", "Li+"], "opls"),
        (["PF6-", "Na+"], "opls"),
        (["C1COCOC1"], "opls"),
        (["DEC", "FSI-", "K+"], "gaff"),
        (["TMP", "TTE"], "gaff"),
    ],
)
def test_the_energy_is_the_sum_of_the_terms(names: list[str], family: str) -> None:
    whole = Cluster(names, family=family)
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
    made = system(water.topology, [parametrise(water.components[0], "opls")], rules("opls"), [EDGE] * 3, SETTINGS)
    assert made.getNumConstraints() == 3 * 100
    lengths = sorted({round(made.getConstraintParameters(n)[2]._value, 5) for n in range(3)})
    assert lengths == pytest.approx([0.1, 0.1633], abs=1e-4)
    argon = mixture(Recipe(None, {"Ar": 1}, atoms=100))
    plain = system(argon.topology, [parametrise(argon.components[0], "opls")], rules("opls"), [EDGE] * 3, SETTINGS)
    (force,) = [each for each in plain.getForces() if isinstance(each, openmm.NonbondedForce)]
    assert force.getNonbondedMethod() == openmm.NonbondedForce.CutoffPeriodic


def test_a_box_too_small_for_the_cutoff() -> None:
    argon = mixture(Recipe(None, {"Ar": 1}, atoms=100))
    with pytest.raises(BadInput, match=r"a box of 15\.0 Å is too small for a cutoff of 9 Å"):
        system(argon.topology, [parametrise(argon.components[0], "opls")], rules("opls"), [15.0] * 3, SETTINGS)


@pytest.mark.parametrize(("family", "mean"), [("opls", np.sqrt(3.0 * 5.0)), ("gaff", 4.0)])
def test_a_family_has_its_own_combination(family: str, mean: float) -> None:
    """Two atoms without charges: all of their energy is the Lennard-Jones term, at its least where it should be."""
    alone = {
        "masses": [40.0],
        "charges": [0.0],
        "bonds": [],
        "angles": [],
        "dihedrals": [],
        "impropers": [],
        "rigid": False,
    }
    two = Topology(tuple(Species(name, 0, ("Ar",), (), 1) for name in ("a", "b")))
    sizes = [{**alone, "sigma": [3.0], "epsilon": [0.4]}, {**alone, "sigma": [5.0], "epsilon": [0.9]}]
    made = system(two, sizes, rules(family), [60.0] * 3, {"cutoff": 25.0, "ewald": 1e-6})
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))

    def energy(distance: float) -> float:
        context.setPositions(np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0 + 0.1 * distance]]))
        return float(context.getState(energy=True).getPotentialEnergy()._value)

    far = energy(24.0)
    assert energy(mean * 2 ** (1 / 6)) - far == pytest.approx(-0.6, abs=1e-3)
    assert energy(mean) - far == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("name", ["DEC", "TEP", "TFSI-", "FSI-", "DMA"])
def test_gaff_is_what_tleap_makes_of_it(name: str) -> None:
    """Every part of the energy against AmberTools' own: topologies by tleap 22, from the same types and charges at random.

    Dihedrals differ by a constant, bonds to hydrogen are constrained here. The imides' angle F-S-N, which GAFF lacks, was
    given to tleap as it is here.
    """
    file = AmberPrmtopFile(str(Path(__file__).parent / "prmtop" / f"{name}.prmtop"))
    theirs = file.createSystem(nonbondedMethod=NoCutoff, constraints=None, removeCMMotion=False)
    stretch = next(each for each in theirs.getForces() if isinstance(each, openmm.HarmonicBondForce))
    for number in range(stretch.getNumBonds()):
        i, j, length, _ = stretch.getBondParameters(number)
        if min(theirs.getParticleMass(atom)._value for atom in (i, j)) < 1.5:
            stretch.setBondParameters(number, i, j, length, 0.0)
    charges = next(each for each in theirs.getForces() if isinstance(each, openmm.NonbondedForce))
    one = component(name)
    own = parametrise(one, "gaff")
    own["charges"] = [charges.getParticleParameters(atom)[0]._value for atom in range(len(one.elements))]
    ours = system(Topology((one.species(1),)), [own], rules("gaff"), [60.0] * 3, {"cutoff": 25.0, "ewald": 1e-6})
    pairs = next(each for each in ours.getForces() if isinstance(each, openmm.NonbondedForce))
    pairs.setNonbondedMethod(openmm.NonbondedForce.NoCutoff)
    pairs.setUseDispersionCorrection(False)
    numbers = np.random.default_rng(1)
    shaken = [np.array(one.positions) + 0.12 * numbers.standard_normal((len(one.elements), 3)) for _ in range(3)]
    for force, values in _parts(theirs, shaken).items():
        differences = np.array(values) - np.array(_parts(ours, shaken)[force])
        offset = differences.mean() if force == "PeriodicTorsionForce" else 0.0
        assert differences == pytest.approx(offset, abs=2e-3), force


def _parts(made: openmm.System, shapes: list[np.ndarray]) -> dict[str, list[float]]:
    """Give the energy of each force in each shape, in kJ/mol."""
    for group, force in enumerate(made.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    found: dict[str, list[float]] = {type(force).__name__: [] for force in made.getForces()}
    for shape in shapes:
        context.setPositions(shape * 0.1)
        for group, name in enumerate(found):
            found[name].append(context.getState(energy=True, groups={group}).getPotentialEnergy()._value)
    return found
