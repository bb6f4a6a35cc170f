from __future__ import annotations

from pathlib import Path

import pytest

from potash.errors import BadInput
from potash.extras import needed
from tests.conftest import Run


def test_what_is_installed_is_imported() -> None:
    assert needed("rdkit.Chem", "molecules").MolFromSmiles("O").GetNumAtoms() == 1


def test_what_lacks_is_named_with_what_needs_it() -> None:
    with pytest.raises(BadInput, match=r"^trajectories need nowhere: pip install 'potash\[electrolytes\]'$"):
        needed("nowhere.at_all", "trajectories")


@pytest.mark.parametrize(
    ("study", "lacks", "words"),
    [
        (
            "{kind: liquid, salt: KFSI, solvents: {DME: 1}, concentration: 1}",
            "rdkit",
            "molecules of a liquid need rdkit",
        ),
        ("{kind: orbitals, molecules: [{smiles: CCO}]}", "rdkit", "need rdkit"),
        ("{kind: orbitals, molecules: [EC], engine: pyscf}", "pyscf", "the engine pyscf is not installed"),
        (
            "{kind: solvation, ion: K+, solvents: {DME: 1}, engine: tblite}",
            "tblite",
            "the engine tblite is not installed",
        ),
    ],
)
def test_a_study_without_its_packages_is_one_sentence(
    study: str, lacks: str, words: str, tmp_path: Path, potash: Run
) -> None:
    (tmp_path / "lacking").mkdir()
    # The first package of a name wins, and this one cannot be imported or found by its version.
    (tmp_path / "lacking" / "sitecustomize.py").write_text(
        "import sys\nfrom importlib import metadata\n"
        f"sys.modules[{lacks!r}] = None\n"
        "known = metadata.version\n"
        f"def version(name):\n    if name == {lacks!r}:\n        raise metadata.PackageNotFoundError(name)\n"
        "    return known(name)\nmetadata.version = version\n"
    )
    (tmp_path / "c.yaml").write_text(f"campaign: c\nengine: gpaw\nprotocol: fast\nstudies:\n  - {study}\n")
    told = potash("plan", "c.yaml", PYTHONPATH=str(tmp_path / "lacking"))
    assert told.returncode == 2, told.stdout
    assert words in told.stderr
    assert len(told.stderr.splitlines()) == 1
