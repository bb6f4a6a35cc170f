"""Surfaces: a layer with its relaxed cell, or a slab cut from the relaxed crystal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Job, job

from potash.errors import BadInput
from potash.structures.bonds import formula_of
from potash.structures.encoding import Plain, decode, encode
from potash.structures.facets import Facet
from potash.structures.slabs import VACUUM, layers_of, stacked
from potash.structures.supercells import carried, supercell
from potash.structures.termination_record import Termination
from potash.structures.terminations import terminations
from potash.studies.common import PhaseName
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.studies.slabs import AdsorptionStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell

if TYPE_CHECKING:
    from ase import Atoms


def surface_of(bench: Bench, phase: PhaseName, facet: Facet | None) -> tuple[Any, Atoms, list[Job], list[str]]:
    """Make the surface that a study asks for.

    Parameters
    ----------
    phase
        A layer; or a crystal, whose facet is cut.
    facet
        Miller indices; None where the phase is a layer.

    Returns
    -------
    tuple
        The surface's cell (a reference), the same before relaxation, the jobs that make it, its cell's first, and
        what is to be said about it.
    """
    study = bench.study
    assert isinstance(study, AdsorptionStudy | BarrierStudy | NetworkStudy)
    ideal = bench.atoms(phase)
    if facet is None:
        if ideal.pbc[2]:
            raise BadInput(f"{label_of(phase)} is a crystal: name its facet, [1, 1, 1] say")
        if not ideal.pbc[:2].all():
            raise BadInput(f"{label_of(phase)} is no layer: it is not periodic in x and y")
        ideal.center(vacuum=VACUUM, axis=2)
        cell = bench.calculate("cell", [ideal], f"cell of {label_of(phase)}", symmetry=True)
        return cell.output["atoms"], ideal, [cell], []
    bulk = relaxed_cell(bench, phase)
    known = terminations(ideal, facet)
    chosen = known.choose(study.termination)
    layers = layers_of(chosen, study.thickness) if study.thickness else study.layers
    start = bench.atoms(phase, primitive=True)
    cut = slab(bulk.output["atoms"], encode(start), encode(chosen.unit), layers, True, [])
    return cut.output, stacked(chosen.unit, layers), [bulk, cut], [remark(chosen)] if len(known.known) > 1 else []


def where(facet: Facet | None, termination: str | None) -> str:
    """Name a facet and a termination behind a phase's name."""
    return f" ({''.join(map(str, facet))}{f', {termination}' if termination else ''})" if facet else ""


def remark(termination: Termination, *, both: bool = False) -> str:
    """Say which termination a slab has; on `both` sides where its lowest layer lacks what is too much."""
    cut = ", ".join(f"{count:.1f} {kind}" for kind, count in termination.bonds.items()) or "no"
    polar = {
        True: "polar: the dipole grows with the slab's thickness",
        False: "not polar",
        None: "no formal charges can be guessed, so it is not known whether it is polar",
    }[termination.polar]
    sides = "both sides alike" if termination.symmetric else "the lower side differs"
    name = f"({' '.join(map(str, termination.facet))}), termination {termination.name}"
    if both:
        lacks = formula_of(termination.unit[list(termination.surplus or ())])
        return f"{name}: {cut} bonds cut per nm²; on both sides, for the lowest layer lacks {lacks}."
    return f"{name}: {cut} bonds cut per nm²; {polar}; {sides}."


@job
def slab(
    relaxed: Plain, before: Plain, unit: Plain, layers: int, freeze: bool, left_out: list[int], vacuum: float = VACUUM
) -> Plain:
    """Stack the repeat unit, as it is in the relaxed crystal."""
    carried_over = carried(decode(unit), decode(before), decode(relaxed))
    return encode(stacked(carried_over, layers, freeze=freeze, left_out=left_out, vacuum=vacuum))


@job
def widen(slab: Plain, vacuum: float) -> Plain:
    """Put another vacuum (Å on each side) around a slab, its atoms as they are."""
    atoms = decode(slab)
    atoms.center(vacuum=vacuum, axis=2)
    return encode(atoms)


@job
def grow(surface: Plain, size: list[int], frozen: bool) -> Plain:
    """Repeat the surface; freeze it where asked."""
    from ase.constraints import FixAtoms

    atoms = supercell(decode(surface), (size[0], size[1], size[2]))
    if frozen:
        atoms.set_constraint(FixAtoms(range(len(atoms))))
    return encode(atoms)
