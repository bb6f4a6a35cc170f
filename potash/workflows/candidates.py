"""The candidates of an interface study, ranked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from potash.errors import BadInput
from potash.structures.candidates import Candidate, candidates
from potash.structures.cuts import VACUUM
from potash.structures.faces import Face, face, faces
from potash.structures.facets import Facet
from potash.structures.interfaces import interface
from potash.structures.registry import registry
from potash.structures.strain import strained
from potash.studies.common import PhaseName
from potash.studies.interfaces import Coherent
from potash.workflows.bench import Bench, label_of

if TYPE_CHECKING:
    from ase import Atoms


def ranking(bench: Bench) -> tuple[Candidate, ...]:
    """Rank the candidates of a study, on cells that are not relaxed yet.

    Raises
    ------
    BadInput
        If there is none, or fewer than the study's ``match`` asks for.
    """
    study = bench.study
    assert isinstance(study, Coherent)
    films, substrates = _faces(bench, study)
    found = candidates(films, substrates, study.max_area, study.max_strain)
    if not found:
        raise BadInput(
            f"no match of {' and '.join(map(label_of, names_of(study)))} has at most {study.max_area:g} Å² and a strain of "
            f"at most {study.max_strain:g}; allow more with max_area or max_strain, or take other facets"
        )
    if study.match > len(found):
        raise BadInput(f"match: there are {len(found)} matches, not {study.match}")
    return found


def table(ranked: tuple[Candidate, ...]) -> list[dict[str, Any]]:
    """Write candidates as rows of plain data, ``area`` in Å² and ``turn`` in degrees; ``facing``: the planes that touch."""
    return [
        {
            "film": each.film.facet,
            "substrate": each.substrate.facet,
            "multiples": list(each.match.multiples),
            "area": each.match.area,
            "strain": each.match.strain,
            "turn": each.match.turn,
            "atoms": each.atoms,
            "facing": each.facing,
        }
        for each in ranked
    ]


def names_of(study: Coherent) -> tuple[PhaseName, PhaseName]:
    """Give the names of film and substrate."""
    assert not isinstance(study.film, tuple)
    return study.film, study.substrate


def _sides(study: Coherent) -> list[tuple[PhaseName, tuple[Facet | None, ...], int, float]]:
    """Give phase, facets, termination and thickness of film and substrate."""
    film, substrate = names_of(study)
    return [
        (film, _listed(study.film_facet), study.film_termination, study.film_thickness),
        (substrate, _listed(study.substrate_facet), study.substrate_termination, study.substrate_thickness),
    ]


def _faces(bench: Bench, study: Coherent) -> list[list[Face]]:
    cut = study.cut_molecules
    return [
        [
            face(atoms_of(bench, name), bench.atoms(name), facet, number, thickness, cut_molecules=cut)
            for facet in facets
        ]
        for name, facets, number, thickness in _sides(study)
    ]


def every_face(bench: Bench) -> list[list[Face]]:
    """List all ways to cut film and substrate, by the numbers that ``film_termination`` and ``substrate_termination`` take."""
    study = bench.study
    assert isinstance(study, Coherent)
    return [
        [
            each
            for facet in facets
            for each in faces(
                atoms_of(bench, name), bench.atoms(name), facet, thickness, cut_molecules=study.cut_molecules
            )
        ]
        for name, facets, _, thickness in _sides(study)
    ]


def _listed(facets: Any) -> tuple[Facet | None, ...]:
    return facets if facets and isinstance(facets[0], tuple) else (facets,)


def atoms_of(bench: Bench, name: PhaseName) -> Atoms:
    """Give the cell that is relaxed: a crystal's primitive one, a layer's own between vacuum."""
    ideal = bench.atoms(name)
    if ideal.pbc.all():
        return bench.atoms(name, primitive=True)
    ideal.center(vacuum=VACUUM, axis=2)
    return ideal


def fitted(chosen: Candidate, study: Coherent) -> tuple[Atoms, Atoms]:
    """Strain the cut cells of film and substrate to fit, in the plane alone."""
    both = chosen.common(study.share)
    return strained(chosen.film.cell, both.film), strained(chosen.substrate.cell, both.substrate)


def shifts_of(chosen: Candidate, study: Coherent) -> int:
    """Count the distinct shifts, on cells that are not relaxed yet."""
    film, substrate = fitted(chosen, study)
    return len(registry(interface(film, substrate, chosen.stack(0), gap=3.0), study.scan.grid).shifts)
