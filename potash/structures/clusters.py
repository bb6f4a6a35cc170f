"""Shells cut out of a liquid: an ion with the molecules around it, whole across the cell's edges."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.structures.encoding import Plain, encode
from potash.structures.periodic import shortest, whole
from potash.structures.topology import Topology

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class Cluster:
    """A kind of shell, and one of its kind that was cut out.

    Attributes
    ----------
    label
        The ion and what surrounds it, as ``K⁺ + 3 DME + 1 FSI-``.
    composition
        How many of each species surround the ion.
    population, error
        The share of ions in such a shell, and half the width of its 95 % interval.
    charge
        In e.
    frame
        The frame that it was cut from.
    atoms
        The ion first, at the origin; no cell.
    molecules
        Its molecules in the atoms' order: the name of each, and how many atoms it has.
    """

    label: str
    composition: dict[str, int]
    population: float
    error: float
    charge: int
    frame: int
    atoms: Plain
    molecules: tuple[tuple[str, int], ...]

    def plain(self) -> dict[str, Any]:
        """Write it as plain data."""
        return dict(self.__dict__)


def cut(
    positions: np.ndarray, cell: np.ndarray, topology: Topology, ion: int, shell: list[int], contacts: list[int]
) -> Atoms:
    """Cut an ion and the molecules around it out of a frame.

    Parameters
    ----------
    positions
        (atoms, 3) in Å.
    cell
        (3, 3) in Å.
    topology
        The molecules.
    ion
        The molecule in the middle.
    shell
        The molecules around it.
    contacts
        Of each of them, the atom that is next to the ion: its nearest image is taken, and the molecule with it.

    Returns
    -------
    Atoms
        The ion first, its first atom at the origin; molecules whole; no cell. ``info`` has the ``charge`` in e.
    """
    from ase import Atoms

    sizes = [len(species.elements) for species in topology.species]
    members = [ion, *shell]
    inside = [np.arange(sizes[topology.kinds[one]]) + topology.first[one] for one in members]
    chosen = np.concatenate(inside)
    made = whole(positions, cell, topology, members)
    centre = made[topology.first[ion]].copy()
    for atoms, contact in zip(inside[1:], contacts, strict=True):
        step = made[contact] - centre
        made[atoms] += shortest(step[None], cell)[0] - step
    charge = sum(topology.species[topology.kinds[one]].charge for one in members)
    symbols = [topology.elements[atom] for atom in chosen]
    return Atoms(symbols, positions=made[chosen] - centre, info={"charge": charge})


def nearest(
    positions: np.ndarray, cell: np.ndarray, topology: Topology, cation: str, around: int, many: int
) -> tuple[Cluster, ...]:
    """Cut the first cations out with so many molecules that are nearest: what shells may look like where none are known.

    Parameters
    ----------
    positions, cell, topology
        As for `cut`.
    cation
        The name of the species in the middle.
    around, many
        How many molecules, which are no cations, and how many shells.

    Returns
    -------
    tuple of Cluster
        Equally populated.
    """
    names = [species.name for species in topology.species]
    ions = np.flatnonzero(topology.kinds == names.index(cation))[:many].tolist()
    found = []
    for ion in ions:
        apart = np.linalg.norm(shortest(positions - positions[topology.first[ion]], cell), axis=1)
        contacts = np.array(
            [first + apart[topology.molecules == one].argmin() for one, first in enumerate(topology.first)]
        )
        order = np.argsort(apart[contacts], kind="stable")
        shell = [int(one) for one in order if topology.species[topology.kinds[one]].charge <= 0][:around]
        atoms = cut(positions, cell, topology, ion, shell, contacts[shell].tolist())
        members = [topology.species[topology.kinds[one]] for one in (ion, *shell)]
        counts = Counter(each.name for each in members[1:])
        label = " + ".join([cation, *(f"{count} {name}" for name, count in counts.items())])
        told = tuple((each.name, len(each.elements)) for each in members)
        charge = int(atoms.info["charge"])
        found.append(Cluster(label, dict(counts), 1 / len(ions), 0.0, charge, 0, encode(atoms), told))
    return tuple(found)
