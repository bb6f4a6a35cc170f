"""A liquid's force field as an OpenMM system: bonds, angles, dihedrals, Lennard-Jones terms and charges."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import openmm

from potash.errors import BadInput
from potash.structures.forcefields import Rules
from potash.structures.topology import Topology

#: Lennard-Jones terms with the geometric mean of both sigma and epsilon, where a family of force fields has that. OpenMM's own
#: force has the arithmetic mean of sigma. The roots of sigma (nm) and of epsilon (kJ/mol) are each particle's.
GEOMETRIC = "4*u1*u2*(x^2-x); x=(s1*s2/r)^6"
#: Lengths are in nm there, in Å here; energies of force fields are in kJ/mol at both.
NM = 0.1


def system(
    topology: Topology, parameters: list[dict[str, Any]], rules: Rules, edges: list[float], settings: dict[str, Any]
) -> openmm.System:
    """Build the system of a liquid in an upright periodic box.

    Parameters
    ----------
    topology
        Its molecules.
    parameters
        Of each species, as `structures.forcefields.parametrise` gives them.
    rules
        Of the force fields' family: how two atoms' Lennard-Jones parameters are joined, what counts three bonds apart.
    edges
        Of the box, (3,) in Å.
    settings
        ``cutoff`` (Å) of Lennard-Jones terms and of charges in real space, ``ewald``: the relative error of PME's forces.

    Raises
    ------
    BadInput
        If the box is less than two cutoffs wide.
    """
    if settings["cutoff"] * 2 > min(edges):
        raise BadInput(
            f"a box of {min(edges):.1f} Å is too small for a cutoff of {settings['cutoff']:g} Å: take more atoms"
        )
    made = openmm.System()
    made.setDefaultPeriodicBoxVectors(*np.diag(np.array(edges) * NM))
    placed = list(_placed(topology, parameters))
    for _, one in placed:
        for mass in one["masses"]:
            made.addParticle(mass)
    _constrain(made, placed)
    for force in (_bonds(placed), _angles(placed), _dihedrals(placed)):
        force.setUsesPeriodicBoundaryConditions(False)
        made.addForce(force)
    for force in _nonbonded(placed, rules, settings):
        made.addForce(force)
    return made


def _placed(topology: Topology, parameters: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give each molecule's first atom and its parameters."""
    ready = [_with_pairs(each) for each in parameters]
    for first, kind in zip(topology.first.tolist(), topology.kinds.tolist(), strict=True):
        yield first, ready[kind]


def _with_pairs(one: dict[str, Any]) -> dict[str, Any]:
    """Find out how many bonds lie between atoms of a molecule: one or two, or three."""
    graph = nx.Graph([bond[:2] for bond in one["bonds"]])
    graph.add_nodes_from(range(len(one["masses"])))
    apart = dict(nx.all_pairs_shortest_path_length(graph, cutoff=3))
    pairs = [(i, j, apart[i][j]) for i, j in combinations(range(len(one["masses"])), 2) if j in apart[i]]
    return {**one, "pairs": pairs, "fixed": [_is_fixed(one, bond) for bond in one["bonds"]]}


def _is_fixed(one: dict[str, Any], bond: list[Any]) -> bool:
    """Say whether a bond's length is constrained: those of hydrogen are."""
    return bool(one["rigid"] or min(one["masses"][atom] for atom in bond[:2]) < 1.5)


def _constrain(made: openmm.System, placed: list[tuple[int, dict[str, Any]]]) -> None:
    for first, one in placed:
        lengths = {}
        for (i, j, length, _), fixed in zip(one["bonds"], one["fixed"], strict=True):
            lengths[frozenset((i, j))] = length
            if fixed:
                made.addConstraint(first + i, first + j, length * NM)
        for i, j, k, degrees, _ in one["angles"] if one["rigid"] else ():
            a, b = lengths[frozenset((i, j))], lengths[frozenset((j, k))]
            across = np.sqrt(a * a + b * b - 2 * a * b * np.cos(np.radians(degrees)))
            made.addConstraint(first + i, first + k, across * NM)


def _bonds(placed: list[tuple[int, dict[str, Any]]]) -> openmm.HarmonicBondForce:
    force = openmm.HarmonicBondForce()
    for first, one in placed:
        for (i, j, length, stiffness), fixed in zip(one["bonds"], one["fixed"], strict=True):
            if not fixed:
                force.addBond(first + i, first + j, length * NM, stiffness / NM**2)
    return force


def _angles(placed: list[tuple[int, dict[str, Any]]]) -> openmm.HarmonicAngleForce:
    force = openmm.HarmonicAngleForce()
    for first, one in placed:
        for i, j, k, degrees, stiffness in () if one["rigid"] else one["angles"]:
            force.addAngle(first + i, first + j, first + k, float(np.radians(degrees)), stiffness)
    return force


def _dihedrals(placed: list[tuple[int, dict[str, Any]]]) -> openmm.PeriodicTorsionForce:
    """Write V1/2 (1 + cos φ) + V2/2 (1 - cos 2φ) + V3/2 (1 + cos 3φ) + V4/2 (1 - cos 4φ) as OpenMM's k (1 + cos(nφ - φ0))."""
    force = openmm.PeriodicTorsionForce()
    for first, one in placed:
        for row in one["dihedrals"]:
            atoms = [first + atom for atom in row[:4]]
            for fold, height in enumerate(row[4:], start=1):
                if height:
                    force.addTorsion(*atoms, fold, np.pi if fold % 2 == 0 else 0.0, height / 2)
        for row in one["impropers"]:
            force.addTorsion(*(first + atom for atom in row[:4]), 2, np.pi, row[4] / 2)
    return force


def _nonbonded(placed: list[tuple[int, dict[str, Any]]], rules: Rules, settings: dict[str, Any]) -> list[openmm.Force]:
    """Make charges by PME, and Lennard-Jones terms beside them, in one force where that has the same mean."""
    geometric = rules.combination == "geometric"
    charges = openmm.NonbondedForce()
    charged = any(any(one["charges"]) for _, one in placed)
    charges.setNonbondedMethod(openmm.NonbondedForce.PME if charged else openmm.NonbondedForce.CutoffPeriodic)
    charges.setCutoffDistance(settings["cutoff"] * NM)
    charges.setEwaldErrorTolerance(settings["ewald"])
    sizes = {s for _, one in placed for s, u in zip(one["sigma"], one["epsilon"], strict=True) if u}
    alone = not geometric or len(sizes) < 2
    charges.setUseDispersionCorrection(alone)
    others = openmm.CustomNonbondedForce(GEOMETRIC)
    others.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    others.setCutoffDistance(settings["cutoff"] * NM)
    others.setUseLongRangeCorrection(True)
    others.addPerParticleParameter("s")
    others.addPerParticleParameter("u")
    for first, one in placed:
        size, depth, charge = (np.array(one[name]) for name in ("sigma", "epsilon", "charges"))
        for q, s, u in zip(charge, size * NM, depth, strict=True):
            charges.addParticle(q, s, u if alone else 0.0)
            others.addParticle([np.sqrt(s), np.sqrt(u)])
        for i, j, bonds in one["pairs"]:
            near, deep = (rules.charges14, rules.dispersion14) if bonds == 3 else (0.0, 0.0)
            mean = (np.sqrt(size[i] * size[j]) if geometric else (size[i] + size[j]) / 2) * NM
            deep *= np.sqrt(depth[i] * depth[j])
            charges.addException(first + i, first + j, near * charge[i] * charge[j], mean, deep)
            others.addExclusion(first + i, first + j)
    return [charges] if alone else [charges, others]
