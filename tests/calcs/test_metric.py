"""Coordinates of even stiffness: what symmetry and neighbours say of them."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, graphene

from potash.calcs.metric import BEND, FLOOR, POWER, stiffness

#: The stiffness of a direction in which no distance changes.
LEAST = FLOOR / (1 + FLOOR)


def copper(seed: int = 0) -> list[Atoms]:
    """Three structures of a small cell with a vacancy, rattled."""
    cell = bulk("Cu", cubic=True).repeat(2)
    del cell[0]
    path = [cell.copy() for _ in range(3)]
    for number, atoms in enumerate(path):
        atoms.rattle(0.05, seed=seed + number)
    return path


@pytest.mark.parametrize("free", [np.arange(31), np.array([4, 9, 30]), np.array([7])])
def test_symmetric_positive_and_one_on_average(free: np.ndarray) -> None:
    stretch, shrink = stiffness(copper(), free)
    assert stretch == pytest.approx(stretch.T)
    assert stretch @ shrink == pytest.approx(np.eye(3 * len(free)), abs=1e-10)
    values = np.linalg.eigvalsh(stretch @ stretch)
    assert values.min() >= LEAST * (1 - 1e-9)
    assert values.mean() == pytest.approx(1.0)


def test_moving_all_atoms_at_once_costs_least() -> None:
    stretch, _ = stiffness(copper(), np.arange(31))
    for axis in np.eye(3):
        moved = np.tile(axis, 31) / np.sqrt(31)
        assert moved @ stretch @ stretch @ moved == pytest.approx(LEAST)


def test_leaving_a_flat_sheet_is_soft_but_not_free() -> None:
    """Three neighbours around: half of a bond's stretching and half of its bending in the plane, bending alone out of it."""
    sheet = graphene(size=(5, 5, 1), vacuum=8.0)
    sheet.pbc = True
    stretch, _ = stiffness([sheet], np.array([24]))
    square = (stretch @ stretch) * (1 + FLOOR) - FLOOR * np.eye(3)
    assert square[2, 2] / square[0, 0] == pytest.approx(BEND / ((1 + BEND) / 2))
    assert square[0, 0] == pytest.approx(square[1, 1])


def test_the_stiff_direction_points_to_the_neighbour() -> None:
    # Two frozen atoms on a line with the free one: the way between them stretches bonds, the others bend them.
    row = Atoms("H3", [[0, 0, 0], [2, 0, 0], [4, 0, 0]])
    stretch, _ = stiffness([row], np.array([1]))
    assert stretch @ stretch == pytest.approx(
        (np.diag([1, BEND, BEND]) * 3 / (1 + 2 * BEND) + FLOOR * np.eye(3)) / (1 + FLOOR)
    )


def test_a_pair_by_hand() -> None:
    """The gradient of r⁻³ is −3 r⁻⁴ along the bond: stretching is stiff, bending less so, and a nearer pair is stiffer."""
    pairs = Atoms("H4", [[0, 0, 0], [1, 0, 0], [50, 0, 0], [50, 1.25, 0]])
    stretch, _ = stiffness([pairs], np.arange(4))
    square = (stretch @ stretch) * (1 + FLOOR) - FLOOR * np.eye(12)
    bonds = [np.array([-1, 0, 0, 1, 0, 0, *[0] * 6]), np.array([*[0] * 6, 0, -1, 0, 0, 1, 0])]
    stiff = [bond @ square @ bond / 2 for bond in bonds]
    assert stiff[0] / stiff[1] == pytest.approx(1.25 ** (2 * POWER + 2))
    assert sum(stiff) == pytest.approx(12 / (1 + 2 * BEND))


def test_permuted_atoms_have_the_permuted_map() -> None:
    path, order = copper(), np.random.default_rng(2).permutation(31)
    stretch, _ = stiffness(path, np.arange(31))
    other, _ = stiffness([atoms[order] for atoms in path], np.arange(31))
    picked = (3 * order[:, None] + np.arange(3)).ravel()
    assert other == pytest.approx(stretch[np.ix_(picked, picked)], abs=1e-9)


def test_turned_atoms_have_the_turned_map() -> None:
    path = copper()
    stretch, _ = stiffness(path, np.arange(31))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turned = [Atoms(atoms.symbols, atoms.positions @ turn, cell=atoms.cell.array @ turn, pbc=True) for atoms in path]
    other, _ = stiffness(turned, np.arange(31))
    all_turned = np.kron(np.eye(31), turn)
    assert other == pytest.approx(all_turned.T @ stretch @ all_turned, abs=1e-9)


def test_frozen_atoms_hold_the_others() -> None:
    atoms = copper()[0]
    free = np.array([3, 4, 20])
    stretch, _ = stiffness([atoms], free)
    moved = np.tile([1.0, 0, 0], 3) / np.sqrt(3)
    assert moved @ stretch @ stretch @ moved > 0.5, "moved against the frozen atoms around"


def test_an_atom_that_travels_far_meets_the_neighbours_of_its_way() -> None:
    """The pairs are found once for the whole path: none of those may be missed that come near later."""
    wall = [[20, y, 0] for y in (-2, 0, 2)]
    path = [Atoms("H4", [[x, 0.5, 0], *wall]) for x in (0.0, 9.0, 18.0)]
    near, _ = stiffness([path[2]], np.array([0]))
    along, _ = stiffness(path, np.array([0]))
    assert along == pytest.approx(near, abs=1e-6), "at the first two places nothing is near"
    assert np.linalg.eigvalsh(near)[-1] > 1.4


def test_a_lone_atom_is_as_stiff_in_every_direction() -> None:
    stretch, shrink = stiffness([Atoms("H")], np.array([0]))
    assert np.isfinite(stretch).all()
    assert shrink == pytest.approx(np.linalg.inv(stretch))
    assert stretch == pytest.approx(stretch[0, 0] * np.eye(3))
