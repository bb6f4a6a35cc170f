"""Shells cut out of a liquid: an ion with the molecules around it, whole across the cell's edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.structures.encoding import Plain
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
        The ion first, at the origin; no cell. ``info`` has ``name`` and ``charge``.
    """

    label: str
    composition: dict[str, int]
    population: float
    error: float
    charge: int
    frame: int
    atoms: Plain

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
