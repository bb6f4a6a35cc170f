"""Half of a polar plane on each side: no dipole, the crystal's composition, the crystal's places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from potash.errors import BadInput
from potash.structures.bonds import charges
from potash.structures.facets import Facet
from potash.structures.phases import phase
from potash.structures.slabs import stacked
from potash.structures.supercells import supercell
from potash.structures.terminations import terminations
from tests.structures.test_terminations import wurtzite

CASES = (("KF", (1, 1, 1)), ("K2Se", (1, 0, 0)), ("K2Se", (1, 1, 1)), ("BiSbO4", (1, 0, 0)), ("BiSbO4", (0, 0, 1)))


def dipole(slab: Atoms) -> float:
    """By formal charges along the normal, in e·Å; zero or not whatever the origin, for the slab is neutral."""
    known = charges(slab)
    assert known is not None
    carried = np.array([known[symbol] for symbol in slab.symbols])
    assert carried.sum() == pytest.approx(0)
    return float(carried @ slab.positions[:, 2])


@pytest.mark.parametrize(("name", "facet"), CASES)
def test_the_dipole_vanishes_at_every_thickness_and_the_composition_stays(name: str, facet: Facet) -> None:
    found = terminations(phase(name), facet)
    assert found.compensated
    for one in found.compensated.values():
        polar = found.known[one.name.removesuffix("-half")]
        for layers in (1, 2, 5):
            slab = stacked(one.unit, layers)
            assert dipole(slab) == pytest.approx(0, abs=1e-6)
            assert abs(dipole(stacked(polar.unit, layers))) > 1
            assert slab.symbols.formula.reduce()[0] == phase(name).symbols.formula.reduce()[0]
        assert one.polar is False


@pytest.mark.parametrize(("name", "facet"), CASES)
def test_half_of_the_plane_lies_on_each_side_where_the_crystal_goes_on(name: str, facet: Facet) -> None:
    found = terminations(phase(name), facet)
    for one in found.compensated.values():
        polar = found.known[one.name.removesuffix("-half")]
        times = round(one.area / polar.area)
        whole = supercell(stacked(polar.unit, 3), (times, 1, 1))
        slab = stacked(one.unit, 3)
        whole_top, top = (np.sum(each.positions[:, 2] > each.positions[:, 2].max() - 0.1) for each in (whole, slab))
        assert 2 * top == whole_top
        # Every atom of the unit lies on a place of the crystal, each place once.
        steps = (one.unit.positions[:, None] - supercell(polar.unit, (times, 1, 1)).positions) @ np.linalg.inv(
            one.unit.cell.array
        )
        near = np.abs(steps - np.round(steps)).max(axis=2) < 1e-6
        assert near.any(axis=1).all()
        assert near.any(axis=0).all()


def test_a_plane_with_one_ion_is_halved_in_a_doubled_cell() -> None:
    found = terminations(phase("KF"), (1, 1, 1))
    assert sorted(found.compensated) == ["F-half", "K-half"]
    assert {len(one.unit) for one in found.compensated.values()} == {4}
    # Rocksalt: three bonds of each ion of the plane go, whichever half stays.
    assert found.compensated["K-half"].cut == pytest.approx(found.known["K"].cut)


def test_the_bismuth_layer_of_bisbo4_is_parted_in_its_own_cell() -> None:
    found = terminations(phase("BiSbO4"), (1, 0, 0))
    half = found.choose("Bi-half")
    assert len(half.unit) == 12
    assert half.symmetric
    assert next(iter(found.compensated)) == "Bi-half"
    assert not any("Sb" in kind for kind in half.bonds)


def test_where_half_a_plane_is_not_what_the_dipole_asks_for_there_is_none() -> None:
    # Wurtzite's (001) needs a quarter, rocksalt's (100) nothing, and nonpolar (111) of K2Se nothing.
    assert terminations(wurtzite(), (0, 0, 1)).compensated == {}
    assert terminations(phase("KF"), (1, 0, 0)).compensated == {}
    assert list(terminations(phase("K2Se"), (1, 1, 1)).compensated) == ["Se-half"]


def test_none_is_chosen_unless_named() -> None:
    found = terminations(phase("K2Se"), (1, 0, 0))
    with pytest.raises(BadInput, match=r"every termination .* is polar; .*K, Se, K-half, Se-half"):
        found.choose()
    assert found.choose("K-half").polar is False


def both_sides(slab: Atoms) -> tuple[list[Any], list[Any]]:
    """The environments of the atoms above and below the middle, each told by all its distances."""
    apart = np.sort(np.round(slab.get_all_distances(mic=True), 2), axis=1)
    height = slab.positions[:, 2]
    middle = (height.max() + height.min()) / 2
    above, below = (
        sorted(zip(slab.symbols[side], apart[side].tolist(), strict=True))
        for side in (height > middle + 0.05, height < middle - 0.05)
    )
    return above, below


@pytest.mark.parametrize(("name", "facet", "named", "alike"), [
    ("BiSbO4", (1, 0, 0), "Bi-half", True),
    ("K2Se", (1, 0, 0), "K-half", True),
    ("BiSbO4", (0, 0, 1), "Bi-half", False),
])  # fmt: skip
def test_both_sides_of_a_compensated_slab_are_one_where_it_says_so(
    name: str, facet: Facet, named: str, alike: bool
) -> None:
    one = terminations(phase(name), facet).choose(named)
    assert one.symmetric is alike
    for layers in (2, 3):
        above, below = both_sides(stacked(one.unit, layers))
        assert (above == below) is alike


@pytest.mark.parametrize(("name", "facet"), [("BiSbO4", (1, 0, 0)), ("K2Se", (1, 1, 1)), ("K3Sb-hexagonal", (0, 0, 1))])
def test_without_its_surplus_a_slab_has_the_same_side_below_as_above(name: str, facet: Facet) -> None:
    found = terminations(phase(name), facet).known
    assert any(one.surplus for one in found.values())
    for one in found.values():
        assert one.surplus is not None
        slab = stacked(one.unit, 3, left_out=one.surplus)
        above, below = both_sides(slab)
        assert above == below
        assert len(slab) == 3 * len(one.unit) - len(one.surplus)
        whole = stacked(one.unit, 3)
        heights = [np.sort(each.positions[:, 2] - each.positions[:, 2].max())[-4:] for each in (slab, whole)]
        assert heights[0] == pytest.approx(heights[1])


def test_each_half_has_half_of_each_element() -> None:
    """K and Na have one charge: by charges alone either of them would be half of their plane."""
    places = [(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    salt = Atoms("K2Na2F4", cell=[5.0, 5.0, 5.0], pbc=True, scaled_positions=[*places, *np.add(places, [0.5, 0, 0])])
    half = terminations(salt, (1, 1, 1)).choose("KNa-half")
    slab = stacked(half.unit, 2)
    top = slab.symbols[slab.positions[:, 2] > slab.positions[:, 2].max() - 0.1]
    assert sorted(top) == ["K", "Na"]


def test_without_charges_there_is_none() -> None:
    assert terminations(bulk("Cu", cubic=True), (1, 0, 0)).compensated == {}
