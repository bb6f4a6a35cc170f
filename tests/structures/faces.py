"""Crystals and faces of several tests."""

from __future__ import annotations

from ase import Atoms
from ase.spacegroup import crystal

from potash.structures.cuts import cut_cell, facet_cuts, layer_cell
from potash.structures.phases import phase


def face_of(name: str, facet: tuple[int, int, int] | None = None, termination: int = 1) -> Atoms:
    primitive = phase(name, primitive=True)
    if facet is None:
        return layer_cell(primitive)
    return cut_cell(primitive, facet_cuts(primitive, phase(name), facet)[termination - 1])


def phosphate() -> Atoms:
    """Li3PO4 (Pmn21): isolated tetrahedra."""
    sites = [
        (0.248, 0.328, 0.986),
        (0.5, 0.843, 0.989),
        (0, 0.824, 0),
        (0.209, 0.686, 0.895),
        (0, 0.105, 0.901),
        (0.5, 0.187, 0.822),
    ]
    return crystal(["Li", "Li", "P", "O", "O", "O"], sites, spacegroup=31, cellpar=[6.115, 5.239, 4.855, 90, 90, 90])
