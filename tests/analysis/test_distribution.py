"""Distributions of barriers, and the way through a sample whose hops are all known."""

import numpy as np
import pytest
from ase.build import bulk

from potash.analysis.distribution import _spread, _through
from potash.structures.hops import find_hops


def test_quartiles_of_a_known_distribution() -> None:
    made = _spread(np.linspace(0, 1, 101).tolist())
    assert [made[name].value for name in ("lower quartile", "median barrier", "upper quartile")] == [0.25, 0.5, 0.75]
    assert all(each.value is None for each in _spread([]).values())


def test_the_way_through_a_known_network() -> None:
    """Of a crystal with one kind of hop, both of whose ends are one state: it costs nothing."""
    hops = find_hops(bulk("Cu", cubic=True), "Cu", "vacancy", 2.7)
    walk = {"orbits": [0], "carriers": [{"energy": -3.0}], "kinds": [0], "found": [None]}
    passage = _through(hops, walk, {})
    assert passage is not None
    assert passage.barrier == pytest.approx(0)
