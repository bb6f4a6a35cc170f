"""An ion with molecules around it: many starts, which molecules coordinate, and which of two shells are one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from potash.errors import BadInput, near
from potash.structures.molecules import load, molecule
from potash.structures.topology import Species, Topology

if TYPE_CHECKING:
    from ase import Atoms

DATA = Path(__file__).parent / "data" / "alkali_ions.yaml"
#: Two atoms of a molecule are bonded where they are nearer than this times the sum of their covalent radii: bonds reach 1.06,
#: the two S of an imide lie at 1.22.
BONDED = 1.15
#: Atoms of two molecules start no nearer than the sum of their covalent radii and this, in Å.
APART = 1.0
#: A molecule is tried at so many places before it is moved outwards, by this factor.
TRIES, OUTWARDS = 40, 1.1
#: Two shells of the same contacts whose energies differ by less are one, in eV.
ALIKE = 0.01


@dataclass(frozen=True)
class Coordination:
    """What coordinates an ion.

    Attributes
    ----------
    atoms
        The coordinating atoms, by their indices.
    molecules
        How many molecules of each species they belong to, the ion's own being 0.
    cutoff
        In Å.
    """

    atoms: tuple[int, ...]
    molecules: tuple[int, ...]
    cutoff: float

    @property
    def number(self) -> int:
        """The coordination number: how many atoms coordinate."""
        return len(self.atoms)


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return facts


def bond_length(ion: str) -> float:
    """Give the sum (Å) of an alkali ion's radius and that of oxide.

    Raises
    ------
    BadInput
        If the ion is none of Li⁺, Na⁺ and K⁺.
    """
    radii = _facts()["cations"]
    symbol = ion.rstrip("+")
    if symbol not in radii:
        known = [f"{each}+" for each in radii]
        raise BadInput(f"a shell is made around {', '.join(known)}, not around '{ion}'{near(ion, known)}")
    return float(radii[symbol] + _facts()["oxide"])


def cutoff(ion: str) -> float:
    """Give the distance (Å) up to which an atom coordinates an ion."""
    return float(_facts()["coordinated"]) * bond_length(ion)


def has_ion(content: Topology) -> bool:
    """Say whether the first species is an alkali ion; else it is molecules alone."""
    return content.species[0].name.rstrip("+") in _facts()["cations"]


def species(name: str, count: int) -> Species:
    """Say what a molecule is made of, its bonds read from its geometry."""
    atoms, entry = molecule(name), load(name)
    bonds = tuple((int(one), int(other)) for one, other in np.argwhere(np.triu(_bonded(atoms))))
    return Species(entry.name, entry.charge, tuple(atoms.symbols), bonds, count)


def topology(ion: str, counts: dict[str, int]) -> Topology:
    """List the ion and then its molecules; those that are none are left out."""
    bond_length(ion)
    return Topology((species(ion, 1), *(species(name, count) for name, count in counts.items() if count)))


def starts(content: Topology, conformers: dict[str, list[Atoms]], count: int, seed: int) -> list[Atoms]:
    """Lay molecules around an ion at random, an atom that can coordinate towards it.

    Parameters
    ----------
    content
        The ion, and its molecules.
    conformers
        Of each species of molecules, in the order of its elements; each molecule takes one at random.
    count
        How many starts.
    seed
        The same one gives the same starts.

    Returns
    -------
    list of Atoms
        The ion at the origin, then the molecules in the order of the topology, without a cell.
    """
    return [_start(content, conformers, np.random.default_rng([seed, number])) for number in range(count)]


def _start(content: Topology, conformers: dict[str, list[Atoms]], numbers: np.random.Generator) -> Atoms:
    from ase import Atoms

    ion = content.species[0]
    made: Atoms = Atoms(list(ion.elements), np.zeros((1, 3)))
    whose = [number for number in content.kinds.tolist() if number]
    placed: list[tuple[int, Atoms]] = []
    # The order in which they find their places is random, that of the atoms is the topology's.
    for place in numbers.permutation(len(whose)).tolist():
        laid = _laid(made, conformers[content.species[whose[place]].name], bond_length(ion.name), numbers)
        made += laid
        placed.append((place, laid))
    whole: Atoms = Atoms(list(ion.elements), np.zeros((1, 3)))
    for _, laid in sorted(placed, key=lambda pair: pair[0]):
        whole += laid
    return whole


def _laid(around: Atoms, choices: list[Atoms], distance: float, numbers: np.random.Generator) -> Atoms:
    """Find a place for a molecule: where most of its atoms can coordinate, of one or of several places without a clash."""
    wanted = int(numbers.choice([1, 6]))
    best: tuple[int, Atoms] | None = None
    reach, tried, found = distance, 0, 0
    while best is None or (found < wanted and tried < TRIES):
        one = _turned(choices[int(numbers.integers(len(choices)))], reach, numbers)
        tried += 1
        if tried % TRIES == 0:
            reach *= OUTWARDS
        if _clash(around, one):
            continue
        found += 1
        bound = int((np.linalg.norm(one.positions[_donors(one)], axis=1) < 1.5 * distance).sum())
        if best is None or bound > best[0]:
            best = bound, one
    return best[1]


def _turned(given: Atoms, reach: float, numbers: np.random.Generator) -> Atoms:
    """Turn a molecule at random, and put one of its atoms that coordinate at a distance (Å), the rest outside."""
    from scipy.spatial.transform import Rotation

    atoms: Atoms = given.copy()
    donors = _donors(atoms)
    chosen = int(numbers.choice(donors)) if len(donors) else int(numbers.integers(len(atoms)))
    direction = numbers.normal(size=3)
    direction /= np.linalg.norm(direction)
    turned = Rotation.random(rng=numbers).apply(atoms.positions - atoms.positions[chosen])
    if turned.mean(axis=0) @ direction < 0:  # half a turn about an axis across the direction
        across = np.cross(direction, np.eye(3)[np.argmin(np.abs(direction))])
        across /= np.linalg.norm(across)
        turned = 2 * np.outer(turned @ across, across) - turned
    atoms.positions[:] = turned + reach * direction
    return atoms


def _donors(atoms: Atoms) -> np.ndarray:
    return np.flatnonzero(np.isin(list(atoms.symbols), _facts()["donors"]))


def _clash(around: Atoms, one: Atoms) -> bool:
    from ase.data import covalent_radii

    radii = covalent_radii[around.numbers][:, None] + covalent_radii[one.numbers]
    # The ion holds on to what coordinates it, and is as large as its bonds are long.
    radii[0] = np.where(np.isin(list(one.symbols), _facts()["donors"]), 0.0, 1.2)
    distances = np.linalg.norm(around.positions[:, None] - one.positions, axis=2)
    return bool((distances < radii + APART).any())


def coordination(atoms: Atoms, content: Topology) -> Coordination:
    """Read from a geometry what coordinates its ion: N, O, F and Cl up to the cutoff.

    Parameters
    ----------
    atoms
        The cluster, the ion first.
    content
        Its molecules.
    """
    reach = cutoff(content.species[0].name)
    donors = _donors(atoms)
    donors = donors[donors > 0]
    close = donors[np.linalg.norm(atoms.positions[donors] - atoms.positions[0], axis=1) <= reach]
    bound = np.unique(content.molecules[close])
    counts = np.bincount(content.kinds[bound], minlength=len(content.species))
    return Coordination(tuple(close.tolist()), tuple(counts.tolist()), reach)


def intact(atoms: Atoms, content: Topology) -> bool:
    """Say whether the molecules have the bonds that they should have, and no others to each other."""
    stated = {(min(pair), max(pair)) for pair in content.bonds()}
    found = _bonded(atoms)
    if has_ion(content):
        found[0] = found[:, 0] = False  # what the ion touches is no bond
    return stated == {(int(one), int(other)) for one, other in np.argwhere(np.triu(found))}


def _bonded(atoms: Atoms) -> np.ndarray:
    from ase.data import covalent_radii

    radii = covalent_radii[atoms.numbers]
    near_by: np.ndarray = atoms.get_all_distances() < BONDED * (radii[:, None] + radii)
    np.fill_diagonal(near_by, val=False)
    return near_by


def connectivity(atoms: Atoms, content: Topology) -> str:
    """Give a name to who is bonded to whom, and what coordinates the ion: the same whatever the atoms' order.

    It is the hash of Weisfeiler and Lehman (networkx), in which atoms are told apart by their elements.
    """
    from networkx import Graph, weisfeiler_lehman_graph_hash

    bonds: Any = Graph()
    for number, symbol in enumerate(atoms.symbols):
        bonds.add_node(number, element=symbol)
    bonds.add_edges_from(content.bonds())
    if has_ion(content):
        bonds.add_edges_from((0, donor) for donor in coordination(atoms, content).atoms)
    return str(weisfeiler_lehman_graph_hash(bonds, node_attr="element", iterations=4))


def distinct(found: list[tuple[Atoms, float]], content: Topology) -> list[tuple[int, int]]:
    """Merge shells of the same connectivity and energy, the lowest first.

    Parameters
    ----------
    found
        Relaxed shells with their energies in eV.
    content
        Their molecules.

    Returns
    -------
    list of tuple
        Of each distinct shell, its number in what was found and how many starts ended there.
    """
    merged: list[tuple[int, int, str]] = []
    for number in sorted(range(len(found)), key=lambda each: found[each][1]):
        atoms, energy = found[number]
        name = connectivity(atoms, content)
        for place, (other, times, own) in enumerate(merged):
            if own == name and abs(energy - found[other][1]) < ALIKE:
                merged[place] = (other, times + 1, own)
                break
        else:
            merged.append((number, 1, name))
    return [(number, times) for number, times, _ in merged]
