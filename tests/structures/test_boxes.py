"""Boxes: molecules counted from a recipe, and packed."""

import numpy as np
import pytest
from ase.geometry import get_distances

from potash.errors import BadInput
from potash.structures.boxes import APART, CUBIC, LOOSE, Recipe, mixture, molar_volume, packed
from potash.structures.components import component, salt


def counts(recipe: Recipe) -> dict[str, int]:
    mixed = mixture(recipe)
    return {one.name: count for one, count in zip(mixed.components, mixed.counts, strict=True)}


def test_mole_ratios() -> None:
    found = counts(Recipe("KFSI", {"DME": 2, "DOL": 1}, parts=1, atoms=4000))
    assert found["K+"] == found["FSI-"]
    assert found["DME"] == 2 * found["K+"]
    assert found["DOL"] == found["K+"]


def test_molality() -> None:
    found = counts(Recipe("NaPF6", {"diglyme": 1}, molality=2.0, atoms=9000))
    kilograms = found["diglyme"] * component("diglyme").mass / 1000
    assert found["Na+"] / kilograms == pytest.approx(2.0, rel=0.01)


def test_concentration_in_the_expected_volume() -> None:
    found = counts(Recipe("KFSI", {"DME": 1}, concentration=1.0, atoms=9000))
    litres = sum(count * molar_volume(component(name)) for name, count in found.items()) / 1000
    assert found["K+"] / litres == pytest.approx(1.0, rel=0.01)


def test_a_pure_solvent_has_its_density() -> None:
    mixed = mixture(Recipe(None, {"DME": 1}, atoms=1600))
    assert mixed.counts == (100,)
    assert mixed.density == pytest.approx(0.8683)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe("KFSI", {"DME": 1}, concentration=30.0), "leaves no room for a solvent"),
        (Recipe("KFSI", {"DME": 1}, concentration=0.01, atoms=500), "has no room for K\\+, FSI-: take more atoms"),
        (Recipe(None, {"DME": 1}, atoms=20_000), "atoms"),
    ],
)
def test_what_cannot_be_mixed(recipe: Recipe, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        mixture(recipe)


def test_packed_in_the_topologys_order_whole_and_apart() -> None:
    mixed = mixture(Recipe("KFSI", {"DME": 4}, parts=1, atoms=380))
    box = packed(mixed, 0)
    topology = mixed.topology
    assert tuple(box.symbols) == topology.elements
    assert box.get_masses().sum() / box.get_volume() / CUBIC == pytest.approx(mixed.density * LOOSE, rel=0.01)
    lengths = [np.linalg.norm(box.positions[i] - box.positions[j]) for i, j in topology.bonds()]
    assert max(lengths) < 1.7
    apart = get_distances(box.positions, cell=box.cell, pbc=True)[1]
    others = topology.molecules[:, None] != topology.molecules
    assert apart[others].min() > APART - 0.1
    assert np.array_equal(packed(mixed, 0).positions, box.positions)
    assert not np.array_equal(packed(mixed, 1).positions, box.positions)


def test_ions_come_before_solvents_and_their_charges_cancel() -> None:
    topology = mixture(Recipe("LiTFSI", {"EC": 5}, parts=1)).topology
    assert [each.name for each in topology.species] == ["Li+", "TFSI-", "EC"]
    assert sum(each.charge * each.count for each in topology.species) == 0
    assert salt("LiTFSI")[1].name == "TFSI-"
