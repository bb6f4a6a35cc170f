"""Force fields: which species they cover, and what is said of those they do not."""

import pytest

from potash.errors import BadInput
from potash.structures.components import component, salt
from potash.structures.forcefields import forcefields, parametrise, scaled

#: Species, their force field, and how many angles, dihedrals and impropers they have.
COVERED = {
    "DME": ("OPLS-AA", 26, 21, 0),
    "diglyme": ("OPLS-AA", 39, 36, 0),
    "DOL": ("OPLS-AA", 20, 21, 0),
    "THF": ("OPLS-AA", 25, 33, 0),
    "C1COCOC1": ("OPLS-AA", 26, 30, 0),
    "CCCCOCCOCCCC": ("OPLS-AA", 62, 75, 0),
    "CCCOC(C)COC(C)COCCC": ("OPLS-AA", 75, 90, 0),
    "EC": ("OPLS-AA", 17, 19, 1),
    "PC": ("OPLS-AA", 23, 28, 1),
    "FSI-": ("CL&P", 13, 6, 0),
    "TFSI-": ("CL&P", 25, 24, 0),
    "PF6-": ("CL&P", 12, 0, 0),
    "BF4-": ("CL&P", 6, 0, 0),
    "Li+": ("Åqvist", 0, 0, 0),
    "Na+": ("Åqvist", 0, 0, 0),
    "K+": ("Åqvist", 0, 0, 0),
    "water": ("SPC/E", 1, 0, 0),
    "Ar": ("Lennard-Jones argon", 0, 0, 0),
}
#: What has no parameters here, and what is said of it.
LACKING = {
    "DEC": "OPLS-AA has none for C2, O3, C4",
    "TEP": "OPLS-AA has none for C2, O3, P4",
    "TTE": "OPLS-AA has none for C2, C3, F4",
    "TMP": "no force field here has a type for any atom of TMP",
    "ClO4-": "no force field here has a type for any atom of ClO4-",
}


@pytest.mark.parametrize("name", COVERED)
def test_a_species_has_all_its_terms_and_its_charge(name: str) -> None:
    one = component(name)
    found = parametrise(one)
    counts = tuple(len(found[part]) for part in ("angles", "dihedrals", "impropers"))
    assert (found["name"], *counts) == COVERED[name]
    assert sum(found["charges"]) == pytest.approx(one.charge, abs=1e-9)
    assert len(found["bonds"]) == len(one.bonds)


@pytest.mark.parametrize("name", LACKING)
def test_what_has_no_parameters_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=LACKING[name]):
        parametrise(component(name))


def test_a_missing_bonded_term_is_named_with_its_species() -> None:
    field = next(each for each in forcefields() if each.name == "OPLS-AA")
    angles = {key: value for key, value in field.angles.items() if set(key) != {"HC", "CT"}}
    from dataclasses import replace

    from potash.structures.forcefields import _bonded

    ether = component("DME")
    kinds = [{"C": "CT", "O": "OS", "H": "HC"}[element] for element in ether.elements]
    with pytest.raises(BadInput, match=r"OPLS-AA has no parameters for the angle (HC-CT-HC|HC-CT-CT) of DME"):
        _bonded(replace(field, angles=angles), ether, kinds)


def test_charges_and_a_dihedral_as_they_were_published() -> None:
    ether = parametrise(component("DME"))
    assert sorted(set(ether["charges"])) == [-0.4, 0.03, 0.11, 0.14]
    inner = [row[4:] for row in ether["dihedrals"] if all(ether["types"][atom] in ("180", "182") for atom in row[:4])]
    assert inner == [[-0.55 * 4.184, 0.0, 0.0, 0.0]]  # O-C-C-O: polyethers, V1 of -0.550 kcal/mol
    anion = parametrise(component("FSI-"))
    assert sorted(set(anion["charges"])) == [-0.66, -0.53, -0.13, 1.02]


def test_ions_alone_are_scaled() -> None:
    cation, anion = salt("KFSI")
    assert sum(scaled(parametrise(anion), anion.charge, 0.8)["charges"]) == pytest.approx(-0.8)
    assert scaled(parametrise(cation), cation.charge, 0.8)["charges"] == [0.8]
    ether = component("DME")
    assert scaled(parametrise(ether), ether.charge, 0.8) == parametrise(ether)


@pytest.mark.parametrize("name", ["KDME", "FSI", "CaCl2", "K", ""])
def test_what_is_no_salt(name: str) -> None:
    with pytest.raises(BadInput, match="no salt of Li, Na or K"):
        salt(name)


def test_what_is_no_molecule() -> None:
    with pytest.raises(BadInput, match=r"'DMEE' is no molecule that potash knows, and no SMILES .did you mean DME"):
        component("DMEE")
