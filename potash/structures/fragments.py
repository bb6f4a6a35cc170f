"""Molecules of a user's trajectory: from its topology file, from a list, or from the distances in its first frame."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.errors import BadInput
from potash.extras import needed
from potash.structures.components import SIMPLE, component
from potash.structures.molecules import load, names
from potash.structures.periodic import near_pairs, shortest
from potash.structures.topology import Species, Topology

if TYPE_CHECKING:
    import networkx as nx

#: Nonmetals nearer than this times the sum of their covalent radii are bonded; of what is said to be bonded, nothing is
#: farther apart than the second.
BONDED, TORN = 1.25, 1.6
#: No bond is longer, in Å.
LONGEST = 3.0
#: Elements that are ions in a liquid, bonded to nothing.
METALS = frozenset(["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Al"])


def listed(molecules: Sequence[tuple[str, str | None, int]]) -> Topology:
    """Make the topology of a list of molecules.

    Parameters
    ----------
    molecules
        Of each its name, its SMILES (None: the name is one that potash knows), and how many there are. Atoms are in the
        order of the SMILES, hydrogens after them.
    """
    species = []
    for name, smiles, count in molecules:
        found = component(smiles or name).species(count)
        species.append(Species(name, found.charge, found.elements, found.bonds, count))
    return Topology(tuple(species))


def check_listed(topology: Topology, positions: np.ndarray, cell: np.ndarray) -> None:
    """Refuse a list that is not that of a trajectory: bonded atoms must be near each other in its first frame.

    Raises
    ------
    BadInput
        Naming the first molecule whose atoms are elsewhere.
    """
    radii = _radii(topology.elements)
    for one, other in topology.bonds():
        apart = float(np.linalg.norm(shortest((positions[one] - positions[other])[None], cell)))
        if apart > TORN * (radii[one] + radii[other]):
            name = topology.species[topology.kinds[topology.molecules[one]]].name
            raise BadInput(
                f"atoms {one + 1} and {other + 1} of the trajectory are {apart:.2f} Å apart, but bonded in {name}: molecules must "
                "be listed in the trajectory's order, their atoms in the order of the SMILES with hydrogens behind"
            )


def from_file(path: Path, positions: np.ndarray, cell: np.ndarray) -> tuple[Topology, np.ndarray]:
    """Read molecules from a topology file that MDAnalysis knows; without bonds in it, they follow from distances.

    Parameters
    ----------
    path
        PSF, TPR, PRMTOP, LAMMPS data, PDB, GRO or another.
    positions, cell
        The trajectory's first frame, in the file's order, (atoms, 3) and (3, 3) in Å.

    Returns
    -------
    tuple
        The topology, and the file's atoms in its order, (atoms,).

    Raises
    ------
    BadInput
        If the file cannot be read, or the molecules' charges are not told and do not follow.
    """
    atoms = _universe(path)
    if len(atoms) != len(positions):
        raise BadInput(f"{path} has {len(atoms)} atoms, the trajectory {len(positions)}")
    elements = _elements(atoms, path)
    bonds = [(int(one), int(other)) for one, other in atoms.bonds.indices] if hasattr(atoms, "bonds") else []
    residues = [str(name) for name in atoms.resnames] if hasattr(atoms, "resnames") else None
    charges = np.array(atoms.charges, float) if hasattr(atoms, "charges") and np.any(atoms.charges) else None
    return grouped(elements, bonds or perceived(elements, positions, cell), residues, charges)


def count(path: Path) -> int:
    """Count the atoms of a topology file."""
    return len(_universe(path))


def _universe(path: Path) -> Any:
    """Open a topology file; gives its atoms."""
    mda = needed("MDAnalysis", "trajectories")
    if not path.is_file():
        raise BadInput(f"no topology file at {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a format leaves out; what counts is checked
            return mda.Universe(str(path)).atoms
    except Exception as error:  # every one of some twenty parsers raises its own
        words = str(error).split("\n", 1)[0][:200]
        raise BadInput(f"{path} is no topology that MDAnalysis can read: {words}") from error


def _elements(atoms: Any, path: Path) -> list[str]:
    """Give the element of each atom: as the file says, or else by its mass."""
    from ase.data import atomic_masses, chemical_symbols

    if hasattr(atoms, "elements") and all(atoms.elements):
        return [str(element).capitalize() for element in atoms.elements]
    masses = np.asarray(atoms.masses, float) if hasattr(atoms, "masses") else np.zeros(len(atoms))
    if (masses < 0.9).any():
        raise BadInput(f"{path} tells neither elements nor masses of all atoms; list the molecules instead")
    nearest = np.abs(masses[:, None] - atomic_masses[None, 1:104]).argmin(axis=1) + 1
    return [chemical_symbols[number] for number in nearest]


def perceived(elements: Sequence[str], positions: np.ndarray, cell: np.ndarray) -> list[tuple[int, int]]:
    """Find bonds by distances: atoms nearer than `BONDED` times the sum of their covalent radii, metals left out."""
    radii = _radii(elements)
    own = np.flatnonzero([element not in METALS for element in elements])
    one, other, distances = near_pairs(positions[own], positions[own], cell, LONGEST)
    one, other = own[one], own[other]
    bonded = (one < other) & (distances < BONDED * (radii[one] + radii[other]))
    return [(int(i), int(j)) for i, j in zip(one[bonded], other[bonded], strict=True)]


def _radii(elements: Sequence[str]) -> np.ndarray:
    from ase.data import atomic_numbers, covalent_radii

    return np.array([covalent_radii[atomic_numbers[element]] for element in elements])


def grouped(
    elements: Sequence[str],
    bonds: Sequence[tuple[int, int]],
    residues: Sequence[str] | None = None,
    charges: np.ndarray | None = None,
) -> tuple[Topology, np.ndarray]:
    """Put atoms that bonds tie together into molecules, and those that are alike into species.

    Parameters
    ----------
    elements
        Of each atom.
    bonds
        Pairs of atoms, counted from 0.
    residues
        The residue that each atom is in, which names the species; None: a molecule that potash knows, or the formula does.
    charges
        In e, scaled or not, (atoms,); None: those of ions that potash knows, by their formula.

    Returns
    -------
    tuple
        The topology, and the atoms in its order, (atoms,).
    """
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from((k, {"element": element}) for k, element in enumerate(elements))
    graph.add_edges_from(bonds)
    kinds: dict[tuple[str, str, str], list[list[int]]] = {}
    for part in nx.connected_components(graph):
        atoms = sorted(part)
        formula = _formula([elements[atom] for atom in atoms])
        piece = graph.subgraph(atoms)
        shape = str(nx.weisfeiler_lehman_graph_hash(piece, node_attr="element"))
        own = residues[atoms[0]] if residues else ""
        alike = kinds.setdefault((formula, shape, own), [])
        alike.append(_like(graph, alike[0], atoms) if alike else atoms)
    species: list[Species] = []
    order: list[int] = []
    taken: set[str] = set()
    for (formula, _, own), molecules in kinds.items():
        first = molecules[0]
        known = _known(formula)
        charge = known[1] if charges is None else round(float(charges[first].sum()) * 1.0001)
        name = own or known[0]
        name = name if name not in taken else f"{name}-{len(species) + 1}"
        taken.add(name)
        place = {atom: k for k, atom in enumerate(first)}
        inner = tuple((place[one], place[other]) for one, other in graph.subgraph(first).edges)
        species.append(Species(name, charge, tuple(elements[atom] for atom in first), inner, len(molecules)))
        order += [atom for molecule in molecules for atom in molecule]
    if total := sum(each.charge * each.count for each in species):
        told = ", ".join(f"{each.count} {each.name} of {each.charge:+d}" for each in species)
        raise BadInput(
            f"the molecules' charges add up to {total:+d} e ({told}); list them by name or SMILES with the key molecules"
        )
    return Topology(tuple(species)), np.array(order)


def _like(graph: nx.Graph, first: list[int], atoms: list[int]) -> list[int]:
    """Order a molecule's atoms as those of the first of its kind."""
    import networkx as nx

    step = atoms[0] - first[0]
    if [atom - step for atom in atoms] == sorted(first):
        same = [atom + step for atom in first]
        if all(graph.has_edge(one + step, other + step) for one, other in graph.subgraph(first).edges) and all(
            graph.nodes[one]["element"] == graph.nodes[other]["element"] for one, other in zip(first, same, strict=True)
        ):
            return same
    found = nx.vf2pp_isomorphism(graph.subgraph(first), graph.subgraph(atoms), node_label="element")
    return [found[atom] for atom in first] if found else atoms


def _formula(elements: Sequence[str]) -> str:
    from ase.formula import Formula

    return str(Formula.from_list(list(elements)).format("hill"))


def _known(formula: str) -> tuple[str, int]:
    """Name a molecule, and give its charge, by its formula: ions and molecules that no other known one is an isomer of."""
    simple = {name.rstrip("+"): name for name in SIMPLE if name.endswith("+")}
    if formula in simple:
        return simple[formula], 1
    alike = [entry for entry in map(load, names()) if _hill(entry.formula) == formula]
    return (alike[0].name, alike[0].charge) if len(alike) == 1 else (formula, 0)


def _hill(formula: str) -> str:
    from ase.formula import Formula

    return str(Formula(formula).format("hill"))
