from __future__ import annotations

import json

import numpy as np

from potash.structures.topology import Species, Topology

SALT = Topology(
    (
        Species("K+", 1, ("K",), (), 2),
        Species("water", 0, ("O", "H", "H"), ((0, 1), (0, 2)), 2),
        Species("F-", -1, ("F",), (), 2),
    )
)


def test_atoms_lie_molecule_by_molecule() -> None:
    assert SALT.elements == ("K", "K", "O", "H", "H", "O", "H", "H", "F", "F")
    assert SALT.molecules.tolist() == [0, 1, 2, 2, 2, 3, 3, 3, 4, 5]
    assert SALT.kinds.tolist() == [0, 0, 1, 1, 2, 2]
    assert SALT.first.tolist() == [0, 1, 2, 5, 8, 9]


def test_atoms_of_a_species_and_an_element() -> None:
    assert SALT.atoms(1).tolist() == [2, 3, 4, 5, 6, 7]
    assert SALT.atoms(1, "H").tolist() == [3, 4, 6, 7]
    assert SALT.atoms(0, "H").size == 0
    assert set(np.asarray(SALT.elements)[SALT.atoms(2)]) == {"F"}


def test_bonds_of_all_molecules() -> None:
    assert list(SALT.bonds()) == [(2, 3), (2, 4), (5, 6), (5, 7)]


def test_it_travels_as_json() -> None:
    assert Topology.read(json.loads(json.dumps(SALT.plain()))) == SALT
