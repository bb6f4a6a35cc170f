"""Layers of interfaces."""

from __future__ import annotations

from ase import Atoms

from potash.structures.cuts import cut_cell, facet_cuts, layer_cell
from potash.structures.interfaces import FILM, SUBSTRATE, Stack, interface
from potash.structures.layers import deeper, layers, whole
from potash.structures.phases import phase

UNIT = ((1, 0), (0, 1))


def cut(name: str) -> Atoms:
    primitive = phase(name, primitive=True)
    return cut_cell(primitive, facet_cuts(primitive, phase(name), (1, 1, 1))[0])


def both(repeats: int) -> Atoms:
    return interface(cut("K3Sb-cubic"), cut("K3Sb-cubic"), Stack(UNIT, UNIT, (repeats, repeats)), gap=1.2)


def test_they_are_counted_from_the_interface() -> None:
    atoms = both(2)
    for side, towards in ((FILM, 1), (SUBSTRATE, -1)):
        found = layers(atoms, side)
        assert [layer.number for layer in found] == list(range(1, 9))  # four planes a repeat unit
        heights = [atoms.positions[list(layer.atoms), 2].mean() * towards for layer in found]
        assert heights == sorted(heights)
        assert sorted(layer.formula for layer in found) == ["K"] * 6 + ["Sb"] * 2
    every = [atom for side in (FILM, SUBSTRATE) for layer in layers(atoms, side) for atom in layer.atoms]
    assert sorted(every) == list(range(len(atoms)))


def test_planes_that_buckle_stay_one_layer() -> None:
    atoms = both(1)
    before = layers(atoms, FILM)
    atoms.rattle(0.05, seed=1)
    assert layers(atoms, FILM) == before


def test_the_equivalent_layer_lies_whole_repeat_units_deeper() -> None:
    found = layers(both(3), FILM)
    deep = deeper(found, 3)
    assert deep is not None
    assert deep.number == 5  # of 5 and 9 the one nearer the middle of 12
    assert deep.formula == found[0].formula


def test_one_repeat_unit_has_no_inside() -> None:
    assert deeper(layers(both(1), FILM), 1) is None


def test_layers_that_do_not_repeat_have_no_equivalent() -> None:
    found = layers(both(2), FILM)
    assert deeper(found[1:], 2) is None
    assert deeper(found[:4] + found[1:5], 2) is None


def test_graphene_is_one_layer() -> None:
    sheet = layer_cell(phase("graphene"))
    (only,) = layers(interface(sheet, sheet, Stack(UNIT, UNIT, (1, 1)), gap=3.3), SUBSTRATE)
    assert (only.formula, len(only.atoms)) == ("C", 2)


def test_layers_are_taken_until_every_element_is_met() -> None:
    found = layers(both(2), FILM)
    first = whole(found)
    assert {element for layer in first for element in layer.elements} == {"K", "Sb"}
    assert {element for layer in first[:-1] for element in layer.elements} != {"K", "Sb"}
