"""Surfaces: a layer with its relaxed cell, or a slab cut from the relaxed crystal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Job, job

from potash.campaign import PhaseName
from potash.errors import BadInput
from potash.structures.adsorption import VACUUM, facet_slab
from potash.structures.encoding import Plain, decode, encode
from potash.structures.supercells import supercell
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell

if TYPE_CHECKING:
    from ase import Atoms


def surface_of(
    bench: Bench, phase: PhaseName, facet: tuple[int, int, int] | None, layers: int
) -> tuple[Any, Atoms, list[Job]]:
    """Give a surface's cell (a reference), the same before relaxation, and the jobs that make it, its cell's first.

    Parameters
    ----------
    phase
        A layer; or a crystal, whose facet is cut.
    facet, layers
        Miller indices and number of lattice planes of the slab; None where the phase is a layer.
    """
    ideal = bench.atoms(phase)
    if facet is None:
        if ideal.pbc[2]:
            raise BadInput(f"{label_of(phase)} is a crystal: name its facet, [1, 1, 1] say")
        if not ideal.pbc[:2].all():
            raise BadInput(f"{label_of(phase)} is no layer: it is not periodic in x and y")
        ideal.center(vacuum=VACUUM, axis=2)
        cell = bench.calculate("cell", [ideal], f"cell of {label_of(phase)}", symmetry=True)
        return cell.output["atoms"], ideal, [cell]
    bulk = relaxed_cell(bench, phase)
    cut = slab(bulk.output["atoms"], encode(bench.atoms(phase, primitive=True)), encode(ideal), list(facet), layers)
    return cut.output, facet_slab(ideal, facet, layers), [bulk, cut]


@job
def slab(relaxed: Plain, primitive: Plain, given: Plain, facet: list[int], layers: int) -> Plain:
    """Cut the facet from the relaxed crystal."""
    from potash.structures.supercells import regrown

    bulk = regrown(decode(relaxed), decode(given), decode(primitive))
    return encode(facet_slab(bulk, (facet[0], facet[1], facet[2]), layers))


@job
def grow(surface: Plain, size: list[int], frozen: bool) -> Plain:
    """Repeat the surface; freeze it where asked."""
    from ase.constraints import FixAtoms

    atoms = supercell(decode(surface), (size[0], size[1], size[2]))
    if frozen:
        atoms.set_constraint(FixAtoms(range(len(atoms))))
    return encode(atoms)
