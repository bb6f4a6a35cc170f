"""Known faults of pymatgen's slabs and interfaces, beside what potash does: each test shows both."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from pymatgen.analysis.interfaces.coherent_interfaces import CoherentInterfaceBuilder, get_2d_transform
from pymatgen.analysis.interfaces.zsl import ZSLGenerator
from pymatgen.core import Structure
from pymatgen.core.surface import SlabGenerator
from pymatgen.io.ase import AseAtomsAdaptor

from potash.structures.cuts import cut_cell, facet_cuts
from potash.structures.interfaces import FILM, Stack, alone, interface
from potash.structures.matching import common_cell, matches
from potash.structures.phases import phase
from potash.structures.strain import strained
from potash.structures.terminations import terminations
from tests.structures.faces import face_of
from tests.structures.test_terminations import corundum

FACET = (1, 1, 1)


def given(atoms: Atoms) -> Structure:
    return AseAtomsAdaptor.get_structure(atoms)


def builder(film: Atoms, substrate: Atoms, facets: tuple, area: float) -> CoherentInterfaceBuilder:  # type: ignore[type-arg]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CoherentInterfaceBuilder(
            film_structure=given(film),
            substrate_structure=given(substrate),
            film_miller=facets[0],
            substrate_miller=facets[1],
            zslgen=ZSLGenerator(max_area=area),
        )


def test_1894_both_sides_of_a_slab_are_surfaces() -> None:
    sites = [(0, 0, 0), (0.5, 0.5, 0), (0, 0.5, 0.5), (0.5, 0, 0.5)]
    alloy = Atoms(["Fe", "Cu", "Pt", "Pt"], cell=[3.88, 3.88, 3.7], scaled_positions=sites, pbc=True)
    assert len(SlabGenerator(given(alloy), (1, 0, 0), 6, 12).get_slabs()) == 1
    assert sorted(terminations(alloy, (1, 0, 0)).known) == ["CuPt", "FePt"]
    # An interface may have either of them.
    assert len(facet_cuts(alloy, alloy, (1, 0, 0))) == 2


def test_3854_terminations_that_pymatgen_calls_by_one_name_are_kept_apart() -> None:
    theirs = builder(phase("Al"), corundum(), (FACET, (0, 0, 1)), 30)
    assert len(theirs.terminations) == 1
    assert list(terminations(corundum(), (0, 0, 1)).known) == ["Al-1", "Al-2", "O"]
    cuts = facet_cuts(corundum(), corundum(), (0, 0, 1))
    assert len({(cut.symmetric, round(cut.level, 3)) for cut in cuts}) == len(cuts) >= 3


def fingerprint(atoms: Atoms) -> tuple[float, ...]:
    """Distances between all atoms below 5 Å, sorted, per atom: the same for structures that are one."""
    found = np.sort(neighbor_list("d", atoms, 5.0))
    return (len(atoms), round(float((1 / found**6).sum()) / len(atoms), 7), round(float(found.sum()) / len(atoms), 2))


def test_3683_no_interface_is_offered_twice() -> None:
    film, substrate = face_of("Al", FACET), face_of("Cu", FACET)
    theirs = builder(phase("Al", primitive=True), phase("Cu", primitive=True), (FACET, FACET), 90)
    (termination,) = theirs.terminations
    built = [fingerprint(AseAtomsAdaptor.get_atoms(one)) for one in theirs.get_interfaces(termination, gap=2.3)]
    assert len(set(built)) < len(built)
    mine = []
    for match in matches(film, substrate, max_area=90, max_strain=0.12):
        both = common_cell(film, substrate, match, 0.0)
        stack = Stack(match.film, match.substrate, (2, 2))
        mine.append(
            fingerprint(interface(strained(film, both.film), strained(substrate, both.substrate), stack, gap=2.3))
        )
    assert len(mine) > 1
    assert len(set(mine)) == len(mine)


PEROVSKITE = Atoms(
    "LaCoO3",
    cell=[3.816817] * 3,
    scaled_positions=[(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5)],
    pbc=True,
)


@pytest.mark.parametrize("facet", [(1, 1, 0), (1, 1, 1), (2, 1, 0)])
def test_4651_every_match_is_a_supercell_with_all_its_atoms(facet: tuple[int, int, int]) -> None:
    """Matrices are the search's own whole numbers, never read off the vectors of a slab that was made anew.

    pymatgen reads them off, and another slab of the same film may have other vectors: those below are the issue's
    (2023.9.10). With 2025.10.7 no crystal that was tried here did that.
    """
    slab = [(-1.96204495, 5.88613486, -6.26018476), (5.88613486, 5.88613486, 6.26018476)]
    asked = [(-7.84817982, 0, 0), (-3.92408991, -11.77226973, -12.52036953)]
    assert round(np.linalg.det(np.round(get_2d_transform(slab, asked)))) == 0
    substrate = face_of("Cu", (1, 0, 0))
    for cut in facet_cuts(PEROVSKITE, PEROVSKITE, facet):
        film = cut_cell(PEROVSKITE, cut)
        found = matches(film, substrate, max_area=120, max_strain=0.08)
        assert found
        for match in found:
            both = common_cell(film, substrate, match, 0.0)
            atoms = interface(
                strained(film, both.film),
                strained(substrate, both.substrate),
                Stack(match.film, match.substrate, (1, 2)),
                gap=2.0,
            )
            assert min(match.multiples) >= 1
            counts = atoms.symbols.formula.count()
            assert counts.pop("Cu") == 2 * match.multiples[1]
            assert counts == {"La": match.multiples[0], "Co": match.multiples[0], "O": 3 * match.multiples[0]}
            assert neighbor_list("d", alone(atoms, FILM), 1.5).size == 0
