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
#: Molecules and ions, and the types that AmberTools' antechamber 22.0 gives their atoms.
ANTECHAMBER = {
    "DEC": "c3 c3 os c o os c3 c3 hc hc hc h1 h1 h1 h1 hc hc hc",
    "TEP": "c3 c3 os p5 o os c3 c3 os c3 c3 hc hc hc h1 h1 h1 h1 hc hc hc h1 h1 hc hc hc",
    "TMP": "c3 os p5 o os c3 os c3 h1 h1 h1 h1 h1 h1 h1 h1 h1",
    "TTE": "c3 c3 c3 f f f f os c3 c3 f f f f h1 h1 h2 h2",
    "FEC": "c3 c3 os c o os f h1 h1 h2",
    "EC": "c3 c3 os c o os h1 h1 h1 h1",
    "DOL": "c3 c3 os c3 os h1 h1 h1 h1 h2 h2",
    "sevoflurane": "c3 os c3 c3 f f f c3 f f f f h2 h2 h1",
    "DMSO": "c3 s4 o c3 h1 h1 h1 h1 h1 h1",
    "DTD": "c3 c3 os s6 o o os h1 h1 h1 h1",
    "DMA": "c3 c o n c3 c3 hc hc hc h1 h1 h1 h1 h1 h1",
    "TFB": "ca ca ca ca ca ca f f f ha ha ha",
    "OTf-": "c3 f f f s6 o o o",
    "CC#N": "c3 c1 n1 hc hc hc",
    "CC(=O)O": "c3 c o oh hc hc hc ho",
    "CP(=O)(OC)OC": "c3 p5 o os c3 os c3 hc hc hc h1 h1 h1 h1 h1 h1",
    "C1CCC1": "cy cy cy cy hc hc hc hc hc hc hc hc",
    "C1CC1": "cx cx cx hc hc hc hc hc hc",
}
#: What GAFF lacks here, and what is said of it.
BEYOND = {
    "VC": "GAFF has none for C1, C2, O3, C4, O6",
    "PF6-": "family gaff has atom types for all of PF6-: GAFF has none for P2",
    "C1CO1": "GAFF has no parameters for the dihedral h1-cx-op-cx of C1CO1",
}
#: What has no parameters here, and what is said of it.
LACKING = {
    "DEC": "OPLS-AA has none for C2, O3, C4",
    "TEP": "OPLS-AA has none for C2, O3, P4",
    "TTE": "OPLS-AA has none for C2, C3, F4",
    "TMP": "no force field of the family opls has a type for any atom of TMP",
    "ClO4-": "no force field of the family opls has a type for any atom of ClO4-",
}


@pytest.mark.parametrize("name", COVERED)
def test_a_species_has_all_its_terms_and_its_charge(name: str) -> None:
    one = component(name)
    found = parametrise(one, "opls")
    counts = tuple(len(found[part]) for part in ("angles", "dihedrals", "impropers"))
    assert (found["name"], *counts) == COVERED[name]
    assert sum(found["charges"]) == pytest.approx(one.charge, abs=1e-9)
    assert len(found["bonds"]) == len(one.bonds)


@pytest.mark.parametrize("name", LACKING)
def test_what_has_no_parameters_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=LACKING[name]):
        parametrise(component(name), "opls")


def test_a_missing_bonded_term_is_named_with_its_species() -> None:
    field = next(each for each in forcefields("opls") if each.name == "OPLS-AA")
    angles = {key: value for key, value in field.angles.items() if set(key) != {"HC", "CT"}}
    from dataclasses import replace

    from potash.structures.forcefields import _bonded

    ether = component("DME")
    kinds = [{"C": "CT", "O": "OS", "H": "HC"}[element] for element in ether.elements]
    with pytest.raises(BadInput, match=r"OPLS-AA has no parameters for the angle (HC-CT-HC|HC-CT-CT) of DME"):
        _bonded(replace(field, angles=angles), ether, kinds)


def test_charges_and_a_dihedral_as_they_were_published() -> None:
    ether = parametrise(component("DME"), "opls")
    assert sorted(set(ether["charges"])) == [-0.4, 0.03, 0.11, 0.14]
    inner = [row[4:] for row in ether["dihedrals"] if all(ether["types"][atom] in ("180", "182") for atom in row[:4])]
    assert inner == [[-0.55 * 4.184, 0.0, 0.0, 0.0]]  # O-C-C-O: polyethers, V1 of -0.550 kcal/mol
    anion = parametrise(component("FSI-"), "opls")
    assert sorted(set(anion["charges"])) == [-0.66, -0.53, -0.13, 1.02]


def test_ions_alone_are_scaled() -> None:
    cation, anion = salt("KFSI")
    assert sum(scaled(parametrise(anion, "opls"), anion.charge, 0.8)["charges"]) == pytest.approx(-0.8)
    assert scaled(parametrise(cation, "opls"), cation.charge, 0.8)["charges"] == [0.8]
    ether = component("DME")
    assert scaled(parametrise(ether, "opls"), ether.charge, 0.8) == parametrise(ether, "opls")


@pytest.mark.parametrize("name", ["KDME", "FSI", "CaCl2", "K", ""])
def test_what_is_no_salt(name: str) -> None:
    with pytest.raises(BadInput, match="no salt of Li, Na or K"):
        salt(name)


def test_what_is_no_molecule() -> None:
    with pytest.raises(BadInput, match=r"'DMEE' is no molecule that potash knows, and no SMILES .did you mean DME"):
        component("DMEE")


@pytest.mark.parametrize("name", ANTECHAMBER)
def test_gaffs_types_are_those_that_antechamber_gives(name: str) -> None:
    found = parametrise(component(name), "gaff")
    assert " ".join(found["types"]) == ANTECHAMBER[name]
    assert found["charges"] is None


@pytest.mark.parametrize("name", BEYOND)
def test_what_gaff_lacks_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=BEYOND[name]):
        parametrise(component(name), "gaff")


def test_a_planar_centre_without_an_improper_is_named() -> None:
    field = forcefields("gaff")[0]
    from dataclasses import replace

    from potash.structures.forcefields import _bonded

    carbonate = component("DMC")
    kinds = parametrise(carbonate, "gaff")["types"]
    assert _bonded(field, carbonate, kinds)["impropers"] == [[1, 4, 2, 3, pytest.approx(2 * 10.5 * 4.184)]]
    with pytest.raises(BadInput, match="GAFF has no parameters for the improper c-os-o-os of DMC"):
        _bonded(replace(field, impropers={}), carbonate, kinds)


def test_imides_in_gaff_are_symmetric_and_have_one_angle_from_elsewhere() -> None:
    found = parametrise(component("FSI-"), "gaff")
    assert set(found["types"]) == {"n2", "s6", "o", "f"}
    kinds = found["types"]
    borrowed = [row[3:] for row in found["angles"] if {kinds[row[0]], kinds[row[2]]} == {"f", "n2"}]
    assert borrowed == [[103.0, 902.0]] * 2
    assert "CL&P" in found["source"]


def test_a_family_is_whole() -> None:
    """No species of one family has parameters of the other, but for rigid water and argon, which have no rule of their own."""
    names = {family: {field.name for field in forcefields(family)} for family in ("opls", "gaff")}
    assert names["opls"] & names["gaff"] == {"SPC/E", "Lennard-Jones argon"}
    potassium = {family: parametrise(component("K+"), family) for family in names}
    assert potassium["gaff"]["name"] == "Joung-Cheatham"
    assert potassium["opls"]["name"] == "Åqvist"
    assert potassium["gaff"]["sigma"][0] == pytest.approx(2 * 1.593 / 2 ** (1 / 6), abs=1e-5)
