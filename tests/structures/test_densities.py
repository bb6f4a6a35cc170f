"""Densities of liquids: as dense as molecules can be packed."""

from __future__ import annotations

import pytest

from potash.structures.boxes import CUBIC, molar_volume
from potash.structures.components import SIMPLE, component
from potash.structures.densities import densities
from potash.structures.molecules import names


def test_every_liquid_is_a_molecule_on_record() -> None:
    assert set(densities()) <= {*names(), *SIMPLE}
    assert all(row["source"] and 270 < row["temperature"] < 320 for row in densities().values())


@pytest.mark.parametrize("name", densities())
def test_van_der_waals_spheres_fill_liquids_alike(name: str) -> None:
    """Share of space in spheres of Bondi's radii (doi:10.1021/j100785a001): DME 0.56, water 0.67; in a wrong unit or molecule not."""
    one = component(name)
    filled = one.volume * CUBIC / molar_volume(one)
    assert 0.53 < filled < 0.69
