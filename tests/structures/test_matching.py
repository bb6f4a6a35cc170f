"""Matches against pymatgen's own numbers, closed forms of shared strain, and a crystal upon itself."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.interfaces.substrate_analyzer import SubstrateAnalyzer
from pymatgen.io.ase import AseAtomsAdaptor

from potash.structures.candidates import candidates
from potash.structures.faces import face
from potash.structures.matching import common_cell, matches
from potash.structures.phases import phase
from potash.structures.strain import common, plane, strained, von_mises
from tests.structures.faces import face_of

K3SB, K2SE = face_of("K3Sb-cubic", (1, 1, 1)), face_of("K2Se", (1, 1, 1))


def test_area_and_strain_are_those_of_pymatgen() -> None:
    film, substrate = (AseAtomsAdaptor.get_structure(phase(name, primitive=True)) for name in ("K3Sb-cubic", "K2Se"))
    analyser = SubstrateAnalyzer(max_area=110, max_area_ratio_tol=0.15, max_length_tol=0.05, max_angle_tol=0.05)
    theirs = list(analyser.calculate(film, substrate, film_millers=[(1, 1, 1)], substrate_millers=[(1, 1, 1)]))
    best = min(theirs, key=lambda match: match.von_mises_strain)
    mine = matches(K3SB, K2SE, max_area=110)[0]
    assert mine.strain == pytest.approx(best.von_mises_strain, abs=1e-6)
    film_area = mine.multiples[0] * np.linalg.det(plane(K3SB))
    assert film_area == pytest.approx(best.match_area, abs=1e-3)
    assert mine.area == pytest.approx(4 * np.sqrt(3) / 4 * 7.671911**2, abs=1e-3)
    assert mine.multiples == (3, 4)


def test_candidates_on_graphene() -> None:
    found = matches(K3SB, face_of("graphene"), max_area=140)
    hexagon = np.sqrt(3) / 2 * 2.4612**2
    assert [match.multiples for match in found] == [(4, 25), (3, 19), (3, 16)]
    assert [match.area for match in found] == pytest.approx([n * hexagon for n in (25, 19, 16)], abs=1e-3)
    # (2×2) of K3Sb(111) on (5×5) of graphene: one ratio of lengths tells all.
    ratio = 5 * 2.4612 / (2 * 8.4551 / np.sqrt(2))
    assert found[0].stretch == pytest.approx(ratio - 1, abs=1e-5)
    assert found[0].strain == pytest.approx((ratio**2 - 1) / 3, abs=1e-5)
    assert [match.strain for match in found] == sorted(match.strain for match in found)
    # √3 × √3 against 4 × 4 must turn by 30°, √3 × √3 against √19 × √19 by 30° − 23.41°.
    assert found[2].turn == pytest.approx(30)
    assert found[1].turn == pytest.approx(30 - np.degrees(np.arctan(np.sqrt(3) / 4)), abs=1e-2)
    back = matches(face_of("graphene"), K3SB, max_area=150, max_strain=0.03)
    assert back[0].multiples == (25, 4)


def test_a_crystal_upon_itself_takes_no_strain() -> None:
    # Of fcc, (111) may go on or lie as a twin; (100) has four turns, so both are one.
    found = matches(face_of("Cu", (1, 1, 1)), face_of("Cu", (1, 1, 1)), max_area=40)
    assert [(match.multiples, match.turn) for match in found] == [((1, 1), 0), ((1, 1), pytest.approx(60))]
    assert max(match.strain for match in found) < 1e-9
    (square,) = matches(face_of("Cu", (1, 0, 0)), face_of("Cu", (1, 0, 0)), max_area=40)
    assert square.strain < 1e-9


def test_limits_are_kept() -> None:
    for match in matches(face_of("Al", (1, 0, 0)), face_of("Cu", (1, 1, 1)), max_area=60, max_strain=0.04):
        assert match.area <= 60
        assert match.stretch <= 0.04
        assert np.linalg.det(match.film) > 0
        assert np.linalg.det(match.substrate) > 0
    assert matches(K3SB, K2SE, max_area=100) == ()
    assert matches(K3SB, K2SE, max_area=110, max_strain=0.04) == ()


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.floats(0.9, 1.1), st.floats(0, 2 * np.pi))
def test_strain_is_shared_as_asked(share: float, ratio: float, angle: float) -> None:
    # A hexagonal film that is smaller by one factor, and turned: the common cell lies between, on one line.
    substrate = 5.0 * np.array([[1, 0], [0.5, np.sqrt(3) / 2]])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    film = ratio * substrate @ turn
    both = common(film, substrate, share)
    length = 5.0 * ((1 - share) + share * ratio)
    assert np.allclose(both.cell, length * substrate / 5.0)
    assert np.allclose(film @ both.film, both.cell)
    assert np.allclose(substrate @ both.substrate, both.cell)
    for found, start in zip(both.strains, (5.0 * ratio, 5.0), strict=True):
        assert found == pytest.approx(abs((length / start) ** 2 - 1) / 3, abs=1e-9)


def test_the_ends_of_sharing_leave_one_side_alone() -> None:
    match = matches(K3SB, K2SE, max_area=110)[0]
    all_film, all_substrate = (common_cell(K3SB, K2SE, match, share) for share in (0.0, 1.0))
    assert all_film.strains == (pytest.approx(match.strain), pytest.approx(0, abs=1e-9))
    assert all_substrate.strains[0] == pytest.approx(0, abs=1e-9)
    assert np.linalg.det(all_film.cell) == pytest.approx(match.area)
    cell = strained(K2SE, all_film.substrate)
    assert np.allclose(np.linalg.norm(plane(cell), axis=1), np.linalg.norm(plane(K2SE), axis=1))


def test_von_mises_of_one_stretch() -> None:
    # Uniaxial: E = diag(e, 0, 0), √(2/3 · 2/3) e.
    assert von_mises(np.array([1.1, 1.0])) == pytest.approx(2 / 3 * (1.21 - 1) / 2)


def test_turned_cells_match_alike() -> None:
    turned: Atoms = K3SB.copy()
    turned.rotate(23, "z", rotate_cell=True)
    one, other = matches(K3SB, K2SE, max_area=110)[0], matches(turned, K2SE, max_area=110)[0]
    assert other.strain == pytest.approx(one.strain)
    assert other.multiples == one.multiples


def test_candidates_are_ranked_over_facets() -> None:
    crystals = {name: (phase(name, primitive=True), phase(name)) for name in ("Al", "Cu")}
    facets = ((1, 0, 0), (1, 1, 1))
    films, substrates = ([face(*crystals[name], facet, 1, 5.0) for facet in facets] for name in ("Al", "Cu"))
    found = candidates(films, substrates, 35, 0.05)
    # Four squares of Al lie on five of Cu, three hexagons on four; a square fits on no hexagon that small.
    pairs = [(each.film.facet, each.substrate.facet, each.match.multiples) for each in found]
    assert pairs[0] == ((1, 0, 0), (1, 0, 0), (4, 5))
    assert ((1, 1, 1), (1, 1, 1), (3, 4)) in pairs
    assert {film == substrate for film, substrate, _ in pairs} == {True}
    strains = [round(each.match.strain, 4) for each in found]
    assert strains == sorted(strains)
    for each in found:
        film, substrate = each.match.multiples
        assert each.atoms == film * each.film.repeats + substrate * each.substrate.repeats
