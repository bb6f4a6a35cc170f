from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from potash.structures.periodic import heights, near_pairs, shortest, ways, whole
from potash.structures.topology import Species, Topology
from tests.analysis.liquids import TILTED, wrapped

CUBE = 15.0 * np.eye(3)


@pytest.mark.parametrize("cell", [CUBE, np.diag([12.0, 15.0, 20.0]), TILTED], ids=["cubic", "straight", "tilted"])
def test_near_pairs_are_those_that_all_images_give(cell: np.ndarray) -> None:
    random = np.random.default_rng(1)
    first, second = (random.uniform(-10, 30, (many, 3)) for many in (17, 90))
    reach = heights(cell).min() / 2
    steps = np.array(list(product(range(-4, 5), repeat=3))) @ cell
    apart = wrapped(second, cell)[None, :] - wrapped(first, cell)[:, None]
    least = np.array([[np.linalg.norm(vector + steps, axis=1).min() for vector in row] for row in apart])
    rows, columns, distances = near_pairs(first, second, cell, reach)
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == set(
        map(tuple, np.argwhere(least < reach).tolist())
    )
    assert distances == pytest.approx(least[rows, columns], abs=1e-4)


def test_blocks_of_rows_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    first, second = (random.uniform(0, 15, (many, 3)) for many in (50, 40))
    whole_lot = near_pairs(first, second, CUBE, 6.0)
    monkeypatch.setattr("potash.structures.periodic.BLOCK", 100)
    for one, other in zip(whole_lot, near_pairs(first, second, CUBE, 6.0), strict=True):
        assert (one == other).all()


def test_without_points_there_are_no_pairs() -> None:
    for first, second in ((np.zeros((0, 3)), np.ones((4, 3))), (np.ones((4, 3)), np.zeros((0, 3)))):
        assert [len(each) for each in near_pairs(first, second, CUBE, 5.0)] == [0, 0, 0]


@pytest.mark.parametrize("cell", [CUBE, TILTED], ids=["cubic", "tilted"])
def test_molecules_across_edges_are_made_whole(cell: np.ndarray) -> None:
    random = np.random.default_rng(3)
    chain = Species("chain", 0, ("C",) * 9, tuple((k, k + 1) for k in range(8)), 20)
    topology = Topology((Species("K+", 1, ("K",), (), 3), chain))
    steps = random.normal(size=(20, 9, 3))
    steps *= 2.5 / np.linalg.norm(steps, axis=2, keepdims=True)
    chains = random.uniform(0, 15, (20, 1, 3)) + np.cumsum(steps, axis=1)  # up to 20 Å long: longer than half the cell
    positions = np.concatenate([random.uniform(0, 15, (3, 3)), chains.reshape(-1, 3)])
    made = whole(wrapped(positions, cell), cell, topology)
    off = made - positions
    assert np.abs(np.linalg.norm(np.diff(made[3:].reshape(20, 9, 3), axis=1), axis=2) - 2.5).max() < 1e-9
    assert np.abs(off[3:].reshape(20, 9, 3) - off[3::9][:, None]).max() < 1e-9, "molecules move as one"
    assert np.abs(off @ np.linalg.inv(cell) - np.rint(off @ np.linalg.inv(cell))).max() < 1e-9, "by vectors of the cell"


def test_shortest_is_exact_within_half_the_least_height() -> None:
    random = np.random.default_rng(4)
    vectors = random.normal(size=(200, 3))
    vectors *= 0.49 * heights(TILTED).min() / np.linalg.norm(vectors, axis=1, keepdims=True)
    images = vectors + random.integers(-3, 4, (200, 3)) @ TILTED
    assert shortest(images, TILTED) == pytest.approx(vectors)


def test_every_atom_is_reached_once() -> None:
    ring = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5))
    assert sorted(other for _, other in ways(6, ring)) == [1, 2, 3, 4, 5]
