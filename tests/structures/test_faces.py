"""Faces of interfaces: what ends them, and whether they are polar, as the facet's terminations have it."""

from __future__ import annotations

import numpy as np
import pytest

from potash.errors import BadInput
from potash.structures.bonds import molecules
from potash.structures.candidates import candidates
from potash.structures.faces import face, faces
from potash.structures.interfaces import FILM, SIDE, interface, touching
from potash.structures.phases import phase
from potash.structures.strain import strained
from potash.structures.terminations import terminations

ALONG = (1, 1, 1)


def both(name: str) -> tuple[object, object]:
    return phase(name, primitive=True), phase(name)


@pytest.mark.parametrize(
    ("name", "facet"), [("K2Se", ALONG), ("KF", ALONG), ("KF", (1, 0, 0)), ("Cu", ALONG), ("ZnO", (0, 0, 1))]
)
def test_each_face_is_one_of_the_terminations(name: str, facet: tuple[int, int, int]) -> None:
    known = terminations(phase(name), facet).known.values()
    told = {(one.polar, one.tasker, one.symmetric) for one in known}
    for each in faces(*both(name), facet, 8.0):  # type: ignore[arg-type]  # two structures
        assert (each.polar, each.tasker, each.symmetric) in told
        assert each.ends[1] in {one.name.split("-")[0] for one in known}


def test_a_polar_face_is_called_so() -> None:
    first, second, third = faces(*both("K2Se"), ALONG, 8.0)  # type: ignore[arg-type]
    assert (first.ends, first.polar, first.tasker, first.symmetric) == (("K", "K"), False, 2, True)
    assert {second.ends, third.ends} == {("K", "Se"), ("Se", "K")}
    assert second.polar
    assert third.polar
    assert "cut 2 of 3: K below, Se above; polar (Tasker type 3)" in second.words
    assert "not polar (Tasker type 2); both sides alike" in first.words
    (layer,) = faces(*both("graphene"), None, 8.0)  # type: ignore[arg-type]
    assert layer.words == "a layer, C below and C above."


def test_it_is_said_which_planes_face_each_other() -> None:
    film, substrate = (faces(*both(name), ALONG, 5.0) for name in ("K3Sb-cubic", "K2Se"))  # type: ignore[arg-type]
    for upper in film:
        for lower in substrate:
            first = candidates([upper], [lower], 30, 0.15)[0]
            parts = (strained(side.cell, by) for side, by in zip(
                (upper, lower), (first.common(0.5).film, first.common(0.5).substrate), strict=True))  # fmt: skip
            made = interface(*parts, first.stack(0), gap=3.0)
            above, below = made[made.arrays[SIDE] == FILM], made[made.arrays[SIDE] != FILM]
            lowest, highest = (
                above.symbols[above.positions[:, 2].argmin()],
                below.symbols[below.positions[:, 2].argmax()],
            )
            assert first.facing == f"{lowest} | {highest}"


def test_a_film_of_molecules_has_them_whole() -> None:
    upper = face(*both("S-alpha"), (0, 0, 1), 1, 12.0)  # type: ignore[arg-type]
    lower = face(*both("graphene"), None, 1, 8.0)  # type: ignore[arg-type]
    first = candidates([upper], [lower], 200, 0.1)[0]
    common = first.common(0.0)
    film, substrate = strained(upper.cell, common.film), strained(lower.cell, common.substrate)
    made = interface(film, substrate, first.stack(0), gap=touching(film, substrate, first.stack(0)))
    rings = np.bincount(molecules(made[made.arrays[SIDE] == FILM])[0])
    assert set(rings.tolist()) == {8}
    assert upper.ends == ("S", "S")


def test_what_would_cut_molecules_is_told() -> None:
    with pytest.raises(BadInput, match=r"has 2 terminations .* not 5; more would cut molecules \(cut_molecules\)"):
        face(*both("S-alpha"), (1, 0, 0), 5, 8.0)  # type: ignore[arg-type]
    asked = face(*both("S-alpha"), (1, 0, 0), 5, 8.0, cut_molecules=True)  # type: ignore[arg-type]
    assert asked.number == 5
