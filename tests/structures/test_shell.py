"""The shell of a hop: the ion, those that touch it, those within a radius."""

from __future__ import annotations

import pytest
from ase.build import bulk
from ase.constraints import FixAtoms

from potash.structures.shell import shell_of

COPPER = bulk("Cu", a=3.6, cubic=True) * (3, 3, 3)


def test_the_ion_alone() -> None:
    assert shell_of(COPPER, [5], "ion") == [5]
    assert shell_of(COPPER, [5, 2], "ion") == [5, 2]


@pytest.mark.parametrize(("reach", "count"), [("neighbours", 12), (2.5, 0), (2.6, 12), (3.7, 18), (4.5, 42)])
def test_shells_of_a_face_centred_crystal(reach: float, count: int) -> None:
    """12 at a/√2, 6 at a, 24 at a √(3/2), across the faces of the cell as well."""
    found = shell_of(COPPER, [0], reach)
    assert found[0] == 0
    assert len(found) == len(set(found)) == 1 + count
    limit = 2.6 if reach == "neighbours" else reach
    assert all(COPPER.get_distance(0, other, mic=True) < limit for other in found[1:])


def test_two_ions_share_their_neighbours() -> None:
    near = int(COPPER.get_distances(0, range(len(COPPER)), mic=True).argsort()[1])
    found = shell_of(COPPER, [0, near], "neighbours")
    assert found[:2] == [0, near]
    # Of eleven others each, four touch both.
    assert len(found) == len(set(found)) == 2 + 11 + 11 - 4


def test_frozen_atoms_do_not_move() -> None:
    frozen = COPPER.copy()
    neighbours = shell_of(COPPER, [0], "neighbours")[1:]
    frozen.set_constraint(FixAtoms(neighbours[:5]))
    assert shell_of(frozen, [0], "neighbours") == [0, *neighbours[5:]]
    assert shell_of(frozen, [0], "ion") == [0]
    assert shell_of(frozen, [0], "cell") == [index for index in range(len(COPPER)) if index not in neighbours[:5]]
