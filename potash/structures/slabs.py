"""Slabs of a facet's terminations: so many repeat units, between vacuum."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from potash.limits import keep
from potash.structures.facets import Facet
from potash.structures.termination_record import Termination
from potash.structures.terminations import terminations

if TYPE_CHECKING:
    from ase import Atoms

#: How far the vacuum reaches on each side, in Å.
VACUUM = 8.0


def layers_of(termination: Termination, thickness: float) -> int:
    """Give the least number of repeat units that make a slab of a thickness (Å)."""
    return max(1, ceil(thickness / termination.height - 1e-6))


def stacked(
    unit: Atoms, layers: int, *, freeze: bool = True, left_out: Sequence[int] = (), vacuum: float = VACUUM
) -> Atoms:
    """Stack repeat units between vacuum.

    Parameters
    ----------
    unit
        As in `terminations.Termination`, or the same of a relaxed crystal.
    layers
        How many of them. Each holds one lattice plane: one of atoms in fcc and bcc metals, a bilayer in antimony.
    freeze
        Freeze the lower half, as under an adsorbate; else all atoms are free.
    left_out
        Atoms of the lowest unit that are not there, as `Termination.surplus`.
    vacuum
        How far it reaches on each side, in Å.

    Returns
    -------
    Atoms
        The slab, periodic in x and y, its first vector along x, the facet upwards; of the bulk's composition where
        nothing is left out.
    """
    keep("atoms", len(unit) * layers, f"a slab of {layers} layers")
    slab: Atoms = unit.repeat((1, 1, layers))
    del slab[list(left_out)]
    first, second = unit.cell.array[:2]
    normal = np.cross(first, second) / np.linalg.norm(np.cross(first, second))
    along = first / np.linalg.norm(first)
    turn = np.array([along, np.cross(normal, along), normal]).T
    slab.set_cell(np.array([first, second, normal]) @ turn)
    slab.positions = slab.positions @ turn
    slab.pbc = (True, True, False)
    slab.center(vacuum=vacuum, axis=2)
    slab.wrap()
    if freeze:
        from ase.constraints import FixAtoms

        height = slab.positions[:, 2]
        slab.set_constraint(FixAtoms(np.flatnonzero(height < (height.min() + height.max()) / 2 - 1e-3).tolist()))
    return slab


def facet_slab(bulk: Atoms, facet: Facet, layers: int, termination: str | None = None) -> Atoms:
    """Cut a slab from a crystal; the lower half is frozen.

    Parameters
    ----------
    bulk
        The crystal's cell that the facet's indices refer to.
    facet
        Miller indices.
    layers
        Repeat units.
    termination
        As `terminations.Terminations.choose` takes it.
    """
    return stacked(terminations(bulk, facet).choose(termination).unit, layers)
