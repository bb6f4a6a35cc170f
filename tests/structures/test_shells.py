"""Shells of ions: starts from a seed, coordination of hand-made clusters, and which shells are one."""

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Species as Ion
from scipy.spatial.transform import Rotation

from potash.errors import BadInput
from potash.structures.molecules import load, molecule
from potash.structures.shells import (
    bond_length,
    connectivity,
    coordination,
    cutoff,
    distinct,
    intact,
    starts,
    topology,
)
from potash.structures.smiles import conformers
from potash.structures.topology import Topology

OCTAHEDRON = np.vstack([np.eye(3), -np.eye(3)])


def waters(distances: list[float], ion: str = "K+") -> tuple[Atoms, Topology]:
    """Put water around an ion along the axes, its oxygen towards the ion."""
    content = topology(ion, {"smiles:O": len(distances)})
    atoms = Atoms(ion[:-1], [(0, 0, 0)])
    for direction, distance in zip(OCTAHEDRON, distances, strict=False):
        across = np.roll(direction, 1)
        at = distance * direction
        atoms += Atoms("OH2", [at, at + 0.59 * direction + 0.76 * across, at + 0.59 * direction - 0.76 * across])
    return atoms, content


def dme(count: int, number: int = 4, seed: int = 3) -> list[Atoms]:
    content = topology("Na+", {"DME": count})
    return starts(content, {"DME": [molecule("DME"), *conformers(load("DME").smiles, 5, 1)]}, number, seed)


def test_radii_are_shannons() -> None:
    """As pymatgen has them."""
    oxide = Ion("O", -2).get_shannon_radius("VI")
    for symbol in ("Li", "Na", "K"):
        assert bond_length(f"{symbol}+") == pytest.approx(Ion(symbol, 1).get_shannon_radius("VI") + oxide)


def test_other_ions_are_refused() -> None:
    with pytest.raises(BadInput, match=r"Li\+, Na\+, K\+, not around 'Mg"):
        topology("Mg2+", {"DME": 1})


def test_coordination_counts_up_to_the_cutoff() -> None:
    inside, outside = cutoff("K+") - 0.01, cutoff("K+") + 0.01
    atoms, content = waters([2.7, 2.8, inside, inside, outside, outside])
    found = coordination(atoms, content)
    assert found.number == 4
    assert found.molecules == (0, 4)
    assert found.cutoff == pytest.approx(3.475)
    assert set(atoms.symbols[list(found.atoms)]) == {"O"}


def test_coordination_and_connectivity_see_no_rotation_and_no_order() -> None:
    atoms, content = waters([2.7, 2.9, 3.0, 5.0])
    turned = atoms.copy()
    turned.positions = Rotation.random(rng=1).apply(atoms.positions)
    assert coordination(turned, content) == coordination(atoms, content)
    assert connectivity(turned, content) == connectivity(atoms, content)
    order = [0, *np.random.default_rng(1).permutation(np.arange(1, 13).reshape(4, 3)).ravel().tolist()]
    swapped = atoms[order]
    assert coordination(swapped, content).number == 3
    assert connectivity(swapped, content) == connectivity(atoms, content)


def test_connectivity_tells_which_atoms_coordinate() -> None:
    near, content = waters([2.7, 2.7])
    far, _ = waters([2.7, 4.5])
    assert connectivity(near, content) != connectivity(far, content)


def test_starts_follow_from_the_seed() -> None:
    for one, other in zip(dme(3), dme(3), strict=True):
        assert np.array_equal(one.positions, other.positions)
    assert np.abs(dme(3)[0].positions - dme(3, seed=4)[0].positions).max() > 0.5
    more = dme(3, number=6)
    assert np.array_equal(more[1].positions, dme(3)[1].positions), "more starts begin with the same ones"


@pytest.mark.parametrize("count", [1, 3, 6])
def test_starts_hold_whole_molecules_without_clashes(count: int) -> None:
    content = topology("Na+", {"DME": count})
    for atoms in dme(count):
        assert atoms.symbols.get_chemical_formula() == f"C{4 * count}H{10 * count}NaO{2 * count}"
        assert np.array_equal(list(atoms.symbols), content.elements)
        assert intact(atoms, content)
        assert coordination(atoms, content).number >= 1
        distances = atoms.get_all_distances()
        apart = content.molecules[:, None] != content.molecules
        assert distances[apart].min() > 1.6


def test_starts_make_no_mirror_images() -> None:
    """PC as it is on record is one enantiomer: the triple product of its bonds at the chiral carbon keeps its sign."""
    pc = molecule("PC")
    carbon = next(i for i, row in enumerate(pc.get_all_distances()) if pc.symbols[i] == "C"
                  and sorted(pc.symbols[(row > 0) & (row < 1.7)]) == ["C", "C", "H", "O"])  # fmt: skip
    near = np.flatnonzero((pc.get_all_distances()[carbon] < 1.7) & (np.arange(len(pc)) != carbon))[:3]

    def handed(positions: np.ndarray) -> float:
        return float(np.sign(np.linalg.det(positions[near] - positions[carbon])))

    for atoms in starts(topology("K+", {"PC": 1}), {"PC": [pc]}, 12, 1):
        assert handed(atoms.positions[1:]) == handed(pc.positions)


def test_alike_shells_are_merged() -> None:
    one, content = waters([2.7, 2.8])
    turned = one.copy()
    turned.positions = Rotation.random(rng=2).apply(one.positions)
    open_one, _ = waters([2.7, 4.5])
    found = [(one, -1.0), (turned, -1.005), (open_one, -1.004), (one, -0.5)]
    assert distinct(found, content) == [(1, 2), (2, 1), (3, 1)]


def test_broken_molecules_are_seen() -> None:
    atoms, content = waters([2.7, 2.7])
    assert intact(atoms, content)
    atoms.positions[2] += [0, 0, 2.0]
    assert not intact(atoms, content)


def test_anions_on_record_have_their_own_bonds() -> None:
    for name in ("FSI-", "TFSI-", "PF6-"):
        content = topology("K+", {name: 1})
        assert len(content.species[1].bonds) == len(molecule(name)) - 1, (
            "chains and stars have one bond less than atoms"
        )
