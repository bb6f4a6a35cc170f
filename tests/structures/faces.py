"""Faces that several tests lay upon each other."""

from __future__ import annotations

from ase import Atoms

from potash.structures.cuts import cut_cell, facet_cuts, layer_cell
from potash.structures.phases import phase


def face_of(name: str, facet: tuple[int, int, int] | None = None, termination: int = 1) -> Atoms:
    primitive = phase(name, primitive=True)
    if facet is None:
        return layer_cell(primitive)
    return cut_cell(primitive, facet_cuts(primitive, phase(name), facet)[termination - 1])
