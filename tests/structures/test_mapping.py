"""Atoms of two structures matched: shuffled and wrapped ones come back, what is ambiguous is refused."""

from itertools import permutations

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from potash.errors import BadInput
from potash.structures.hops import end_points, find_hops
from potash.structures.mapping import _extra, matched
from potash.structures.phases import phase
from potash.structures.supercells import supercell

K2SE = supercell(phase("K2Se"), (2, 2, 2))
ENDS = end_points(find_hops(phase("K2Se"), "K", "vacancy", 4.0), 0, K2SE)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), wrapped=st.booleans())
def test_shuffled_atoms_come_back(seed: int, wrapped: bool) -> None:
    """A hop with relaxed surroundings; the final structure in any order, in any images."""
    random = np.random.default_rng(seed)
    final = ENDS.after.copy()
    final.positions += random.normal(scale=0.05, size=final.positions.shape)
    given_final = final[random.permutation(len(final))]
    given_final.positions += random.integers(-2, 3, size=(len(final), 3)) @ final.cell.array
    if wrapped:
        given_final.wrap()
    found = matched(ENDS.before, given_final)
    assert list(found.symbols) == list(ENDS.before.symbols)
    assert np.allclose(found.positions, final.positions, atol=1e-9)


def test_layers_are_not_matched_across_the_vacuum() -> None:
    layer = phase("graphene")
    lifted = layer.copy()
    lifted.positions[:, 2] += 0.7 * layer.cell[2, 2]
    assert np.allclose(matched(layer, lifted).positions, lifted.positions)


def test_frozen_atoms_and_magnetic_moments_follow_their_atoms() -> None:
    from ase.constraints import FixAtoms

    final = ENDS.after.copy()
    final.set_initial_magnetic_moments(np.arange(len(final)))
    final.set_constraint(FixAtoms([3]))
    shuffled = final[np.random.default_rng(1).permutation(len(final))]
    found = matched(ENDS.before, shuffled)
    assert found.get_initial_magnetic_moments().tolist() == list(range(len(final)))
    assert found.constraints[0].index.tolist() == [3]


def ring(angle: float) -> Atoms:
    """Give four ions on a circle, turned about its middle, and an anion that tells nothing."""
    turns = np.radians(angle) + np.arange(4) * np.pi / 2
    around = 5 + 1.5 * np.column_stack([np.cos(turns), np.sin(turns), np.zeros(4)])
    return Atoms("K4Se", [*around, [1, 1, 1]], cell=[10, 10, 10], pbc=True)


def test_a_ring_that_turns_by_half_a_step_is_ambiguous() -> None:
    with pytest.raises(BadInput, match=r"which K atom becomes which is ambiguous: atoms 1, 2, 3, 4 of the initial"):
        matched(ring(0), ring(45))
    assert np.allclose(matched(ring(0), ring(40)).positions, ring(40).positions)
    assert np.allclose(matched(ring(0), ring(50)).positions[:4], ring(50).positions[[3, 0, 1, 2]])


def test_only_the_atoms_in_doubt_are_named() -> None:
    initial = Atoms("K3", [[0, 0, 0], [4, 4, 4], [6, 4, 4]], cell=[12, 12, 12], pbc=True)
    final = Atoms("K3", [[5, 5, 4], [0, 0, 0.3], [5, 3, 4]], cell=[12, 12, 12], pbc=True)
    with pytest.raises(
        BadInput, match=r"atoms 2, 3 of the initial structure become atoms (1, 3|3, 1) of the final one"
    ):
        matched(initial, final)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 5))
def test_the_second_best_mapping_is_that_of_all_permutations(seed: int, count: int) -> None:
    cost = np.random.default_rng(seed).uniform(size=(count, count))
    totals = {order: sum(cost[row, column] for row, column in enumerate(order)) for order in permutations(range(count))}
    best = min(totals, key=lambda order: totals[order])
    expected = [
        min(total for order, total in totals.items() if order[row] != best[row]) - totals[best] for row in range(count)
    ]
    assert _extra(cost, np.array(best)) == pytest.approx(expected)


def test_other_atoms_and_other_cells_are_refused() -> None:
    with pytest.raises(BadInput, match=r"have 63 and 64 K; both ends of a path need the same atoms"):
        matched(ENDS.before, K2SE)
    wider = ENDS.after.copy()
    wider.set_cell(wider.cell.array * 1.01)
    with pytest.raises(BadInput, match=r"cells .* differ by up to 0.153 Å"):
        matched(ENDS.before, wider)
    open_ = ENDS.after.copy()
    open_.pbc = (True, True, False)
    with pytest.raises(BadInput, match=r"periodic as \[True, True, True\], the final one as \[True, True, False\]"):
        matched(ENDS.before, open_)
