"""Which structures only weak forces hold together."""

from __future__ import annotations

from pathlib import Path

import pytest
from ase.build import bulk, graphene

from potash.structures.cohesion import weakly_bound
from potash.structures.phases import names, structure

WEAK = {
    "graphite": "carbon", "graphene": "carbon",
    "P-black": "layers", "P-violet": "layers", "S-alpha": "layers", "Se-trigonal": "layers",
}  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_of_all_phases_only_those_of_layers_chains_and_molecules(name: str) -> None:
    assert weakly_bound(structure(name, Path())) == WEAK.get(name)


def test_an_expanded_metal_is_no_metal() -> None:
    assert weakly_bound(bulk("Cu")) is None
    assert weakly_bound(bulk("Cu", a=1.5 * 3.6)) == "layers"


def test_a_facet_of_a_metal_needs_none_but_carbon_always_does() -> None:
    from ase.build import fcc111

    assert weakly_bound(fcc111("Al", (1, 1, 3), vacuum=8)) is None
    assert weakly_bound(graphene(vacuum=8)) == "carbon"
