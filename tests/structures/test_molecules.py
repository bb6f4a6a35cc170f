"""The molecules that potash ships: identity, bonds, known geometry; and how they are found."""

import subprocess
import sys
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii
from pydantic import ValidationError
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from potash.errors import BadInput
from potash.structures.molecules import Molecule, load, molecule, names

each = pytest.mark.parametrize("name", names())


class Counts(NamedTuple):
    """What chemistry says of a molecule, counted by hand."""

    rings: int
    fluorines: int
    charge: int


COUNTS = {
    "EC": Counts(1, 0, 0),
    "PC": Counts(1, 0, 0),
    "FEC": Counts(1, 1, 0),
    "VC": Counts(1, 0, 0),
    "DMC": Counts(0, 0, 0),
    "DEC": Counts(0, 0, 0),
    "EMC": Counts(0, 0, 0),
    "DME": Counts(0, 0, 0),
    "diglyme": Counts(0, 0, 0),
    "TEP": Counts(0, 0, 0),
    "TMP": Counts(0, 0, 0),
    "TTE": Counts(0, 8, 0),
    "DOL": Counts(1, 0, 0),
    "THF": Counts(1, 0, 0),
    "FSI-": Counts(0, 2, -1),
    "TFSI-": Counts(0, 6, -1),
    "PF6-": Counts(0, 6, -1),
    "BF4-": Counts(0, 4, -1),
    "ClO4-": Counts(0, 0, -1),
    "Li+": Counts(0, 0, 1),
    "Na+": Counts(0, 0, 1),
    "K+": Counts(0, 0, 1),
    "NO3-": Counts(0, 0, -1),
    "OTf-": Counts(0, 3, -1),
    "BOB-": Counts(2, 0, -1),
    "1,3-dioxane": Counts(1, 0, 0),
    "DMSO": Counts(0, 0, 0),
    "HMPA": Counts(0, 0, 0),
    "DTD": Counts(1, 0, 0),
    "TFB": Counts(1, 3, 0),
    "biphenyl": Counts(2, 0, 0),
    "2-MeTHF": Counts(1, 0, 0),
    "DMA": Counts(0, 0, 0),
    "HFE": Counts(0, 7, 0),
    "BTFE": Counts(0, 6, 0),
    "FEMC": Counts(0, 3, 0),
    "sevoflurane": Counts(0, 7, 0),
    "AVIm+": Counts(1, 0, 1),
    "Pyr13+": Counts(1, 0, 1),
    "EGDEE": Counts(0, 0, 0),
    "ADN": Counts(0, 0, 0),
    "G3": Counts(0, 0, 0),
    "OFE": Counts(0, 12, 0),
    "DBE": Counts(0, 0, 0),
    "DiDBE": Counts(0, 0, 0),
    "DPGDME": Counts(0, 0, 0),
    "G4": Counts(0, 0, 0),
    "TFEP": Counts(0, 9, 0),
}


def bonds(atoms: Atoms) -> set[tuple[int, int]]:
    """Pairs of atoms within 1.15 times the sum of their covalent radii.

    Bonds reach 1.06 times that sum here; the two S of an imide lie at 1.22 times.
    """
    return {pair for pair, ratio in closeness(atoms).items() if ratio < 1.15}


def closeness(atoms: Atoms) -> dict[tuple[int, int], float]:
    """Distance of every pair over the sum of its covalent radii."""
    radii = covalent_radii[atoms.numbers]
    return {(i, j): atoms.get_distance(i, j) / (radii[i] + radii[j]) for i, j in combinations(range(len(atoms)), 2)}


def graph(smiles: str) -> Chem.Mol:
    """Read a SMILES and add hydrogens; atoms come in the order of our files."""
    return Chem.AddHs(Chem.MolFromSmiles(smiles))


def neighbour_angles(atoms: Atoms, centre: str) -> list[float]:
    """All angles between bonds at the one atom of an element, in degrees, ascending."""
    middle = atoms.symbols.search(centre)[0]
    outer = [index for index in range(len(atoms)) if index != middle]
    return sorted(float(atoms.get_angle(i, middle, j)) for i, j in combinations(outer, 2))


def test_every_promised_molecule_is_there() -> None:
    assert set(names()) == set(COUNTS)


@each
def test_identity_agrees_with_itself(name: str) -> None:
    entry = load(name)
    mol = Chem.MolFromSmiles(entry.smiles)
    assert entry.name == name
    assert CalcMolFormula(mol).rstrip("+-") == entry.formula
    assert Chem.GetFormalCharge(mol) == entry.charge
    assert Chem.MolToInchiKey(mol) == entry.inchikey


@each
def test_cas_number_has_its_check_digit(name: str) -> None:
    cas = load(name).cas
    if cas is not None:
        *digits, check = (int(digit) for digit in cas.replace("-", ""))
        weighted = sum(place * digit for place, digit in enumerate(reversed(digits), start=1))
        assert weighted % 10 == check


@each
def test_counts(name: str) -> None:
    atoms = molecule(name)
    rings = len(bonds(atoms)) - len(atoms) + 1  # of a connected graph
    fluorines = atoms.symbols.count("F")
    assert Counts(rings, fluorines, atoms.info["charge"]) == COUNTS[name]


@each
def test_electrons_are_even(name: str) -> None:
    atoms = molecule(name)
    assert (atoms.numbers.sum() - atoms.info["charge"]) % 2 == 0


@each
def test_no_two_atoms_collide(name: str) -> None:
    assert min(closeness(molecule(name)).values(), default=1.0) > 0.7


@each
def test_bonds_are_those_of_the_smiles(name: str) -> None:
    atoms = molecule(name)
    mol = graph(atoms.info["smiles"])
    stated = {tuple(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))) for bond in mol.GetBonds()}
    assert [atom.GetSymbol() for atom in mol.GetAtoms()] == atoms.get_chemical_symbols()
    assert bonds(atoms) == stated


@each
def test_stands_at_the_origin_without_a_cell(name: str) -> None:
    atoms = molecule(name)
    assert np.allclose(atoms.get_center_of_mass(), 0, atol=1e-4)
    assert not atoms.pbc.any()
    assert atoms.cell.rank == 0


@pytest.mark.parametrize("name", ["EC", "PC", "FEC", "VC", "DMC", "DEC", "EMC"])
def test_carbonyl_length(name: str) -> None:
    """C=O of a carbonate is 1.19 Å long, a little less in a ring, a little more in a chain."""
    atoms = molecule(name)
    mol = graph(atoms.info["smiles"])
    ((carbon, oxygen),) = mol.GetSubstructMatches(Chem.MolFromSmarts("[#6]=O"))
    assert atoms.get_distance(carbon, oxygen) == pytest.approx(1.19, abs=0.015)


def test_hexafluorophosphate_is_an_octahedron() -> None:
    angles = neighbour_angles(molecule("PF6-"), "P")
    assert angles[:12] == pytest.approx([90] * 12, abs=0.5)
    assert angles[12:] == pytest.approx([180] * 3, abs=1)


@pytest.mark.parametrize(("name", "centre"), [("BF4-", "B"), ("ClO4-", "Cl")])
def test_tetrahedral_anions(name: str, centre: str) -> None:
    tetrahedral = np.degrees(np.arccos(-1 / 3))
    assert neighbour_angles(molecule(name), centre) == pytest.approx([tetrahedral] * 6, abs=0.5)


def test_vinylene_carbonate_is_flat_and_ethylene_carbonate_twisted() -> None:
    """VC has a double bond in its ring; EC has hydrogens that step aside (C2)."""

    def thickness(name: str) -> float:
        positions = molecule(name).positions
        return float(np.linalg.svd(positions - positions.mean(axis=0))[1][-1])

    assert thickness("VC") < 0.02
    assert thickness("EC") > 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("FSI", "FSI-"),
        ("fsi-", "FSI-"),
        ("NTf2", "TFSI-"),
        ("pf6", "PF6-"),
        ("Ethylene Carbonate", "EC"),
        (" ec ", "EC"),
        ("G2", "diglyme"),
        ("oxolane", "THF"),
    ],
)
def test_names_are_matched_without_case_by_alias_and_without_sign(asked: str, found: str) -> None:
    assert molecule(asked).info["name"] == found


def test_no_label_means_two_molecules() -> None:
    labels = [
        label.casefold().rstrip("+-") for name in names() for label in {name, load(name).full_name, *load(name).aliases}
    ]
    assert len(labels) == len(set(labels))


def test_unknown_names_are_answered_with_near_ones() -> None:
    with pytest.raises(BadInput, match=r"'TFSI2' \(did you mean TFSI-"):
        molecule("TFSI2")
    with pytest.raises(BadInput, match=r"known: 1,3-dioxane, .*BF4-, .*VC"):
        molecule("unobtainium")


def test_the_sign_belongs_to_ions_only() -> None:
    with pytest.raises(BadInput, match="EC"):
        molecule("EC-")


def test_a_built_molecule_may_be_changed() -> None:
    molecule("EC").positions[:] = 0
    assert molecule("EC").positions.any()


def test_a_record_refuses_what_it_does_not_know() -> None:
    content = load("EC").model_dump()
    with pytest.raises(ValidationError, match="disagrees with the atoms"):
        Molecule.model_validate(content | {"formula": "C3H3O3"})
    with pytest.raises(ValidationError, match="colour"):
        Molecule.model_validate(content | {"colour": "none"})
    with pytest.raises(ValidationError, match="frozen"):
        load("EC").charge = 1  # type: ignore[misc]


def test_listing_names_imports_nothing_heavy() -> None:
    code = (
        "import sys; from potash.structures.molecules import names; names();"
        "print({'ase', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == "set()"
