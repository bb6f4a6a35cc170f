"""Molecules by SMILES: the same ones as on record, and refusals of what is none."""

import numpy as np
import pytest

from potash.errors import BadInput
from potash.structures.molecules import load, molecule
from potash.structures.smiles import ATOMS, LETTERS, conformers, graph


@pytest.mark.parametrize("name", ["DME", "FSI-", "Pyr13+", "K+"])
def test_a_smiles_is_the_molecule_on_record(name: str) -> None:
    known, drawn = load(name), load(f"smiles:{load(name).smiles}")
    for each in ("formula", "charge", "inchikey"):
        assert getattr(known, each) == getattr(drawn, each)
    assert np.allclose(molecule(drawn.name).get_center_of_mass(), 0, atol=1e-4)


def test_conformers_follow_from_the_seed_and_differ() -> None:
    one, again = (conformers("COCCOC", 8, 2) for _ in range(2))
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(one, again, strict=True))
    lengths = {round(float(atoms.get_distance(0, 5)), 1) for atoms in one}
    assert len(lengths) > 1, "gauche and anti"


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("", "no SMILES"),
        ("C O", "no SMILES"),
        ("C(", "RDKit can read"),
        ("C(C)(C)(C)(C)C", "RDKit can read"),
        ("Xx", "RDKit can read"),
        ("C.C", "several molecules"),
        ("C*", "without an element"),
        ("[CH3]", "radical"),
        ("C" * (LETTERS + 1), f"at most {LETTERS}"),
        ("C" * 100, f"at most {ATOMS}"),
        ("C\u0000C", "no SMILES"),
        ("../../etc/passwd", "RDKit can read"),
    ],
)
def test_what_is_no_smiles_is_refused_in_a_sentence(smiles: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput, match=words) as error:
        graph(smiles)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 200
    assert capfd.readouterr().err == "", "RDKit is silent"
