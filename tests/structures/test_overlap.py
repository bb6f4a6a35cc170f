from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.structures.overlap import MOST, apart


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 5),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    skew=st.floats(0.0, 2.5),
)
def test_the_quick_answer_is_the_neighbour_lists(
    seed: int, count: int, pbc: tuple[bool, bool, bool], skew: float
) -> None:
    random = np.random.default_rng(seed)
    cell = np.diag(random.uniform(1.5, 6.0, 3)) + np.tril(random.uniform(-skew, skew, (3, 3)), -1)
    places = random.uniform(-8.0, 8.0, (count, 3))  # also outside of the cell
    atoms = Atoms(numbers=random.choice([6, 29, 55], count), positions=places, cell=cell, pbc=pbc)
    radii = random.uniform(0.3, 1.2, count)
    assert apart(atoms, radii) == (len(neighbor_list("i", atoms, list(radii))) == 0)


def test_a_large_cell_is_left_to_others() -> None:
    count = int(MOST**0.5) + 1
    atoms = Atoms(f"Cu{count}", np.arange(3 * count).reshape(-1, 3) * 9.0)
    assert not apart(atoms, np.full(count, 0.5))
