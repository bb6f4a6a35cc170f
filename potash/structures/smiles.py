"""Molecules as SMILES: read within bounds, embedded in space by RDKit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from potash.errors import BadInput, shown
from potash.extras import needed
from potash.structures.molecules import PREFIX

if TYPE_CHECKING:
    from ase import Atoms

#: A SMILES is at most so long, in letters, and its molecule so large, in atoms.
LETTERS, ATOMS = 300, 150
#: An embedding of so many seconds leads nowhere.
SECONDS = 20
#: Of two conformers that lie nearer than this (root mean square of the heavy atoms, Å) one is kept.
ALIKE = 0.3


def graph(smiles: str) -> Any:
    """Read a SMILES as RDKit's molecule, hydrogens added at the end.

    Raises
    ------
    BadInput
        If it is no SMILES, or one of several molecules, of radicals, of atoms that are not named, or too large.
    """
    told = shown(smiles, 60)
    if len(smiles) > LETTERS:
        raise BadInput(f"the SMILES '{told}' has {len(smiles)} letters; at most {LETTERS} are taken")
    if not smiles or not smiles.isascii() or not smiles.isprintable() or " " in smiles:
        raise BadInput(f"'{told}' is no SMILES: that is a word such as COCCOC")
    chem = needed("rdkit.Chem", "molecules as SMILES")
    from rdkit import rdBase

    with rdBase.BlockLogs():
        read = chem.MolFromSmiles(smiles)
    if read is None or not read.GetNumAtoms():
        raise BadInput(f"'{told}' is no SMILES that RDKit can read: that is a word such as COCCOC")
    if len(chem.GetMolFrags(read)) > 1:
        raise BadInput(f"the SMILES '{told}' is of several molecules; give one, without a dot")
    if any(atom.GetAtomicNum() == 0 for atom in read.GetAtoms()):
        raise BadInput(f"the SMILES '{told}' has an atom without an element")
    if any(atom.GetNumRadicalElectrons() for atom in read.GetAtoms()):
        raise BadInput(f"the SMILES '{told}' is of a radical; molecules are taken with all electrons paired")
    whole = chem.AddHs(read)
    if whole.GetNumAtoms() > ATOMS:
        raise BadInput(f"the SMILES '{told}' has {whole.GetNumAtoms()} atoms; at most {ATOMS} are taken")
    return whole


def conformers(smiles: str, count: int, seed: int, alike: float = ALIKE) -> list[Atoms]:
    """Embed a molecule in space by RDKit's ETKDGv3 (doi:10.1021/acs.jcim.0c00025); they are not relaxed.

    Parameters
    ----------
    smiles
        The molecule.
    count
        Embeddings; of those that are alike one is kept.
    seed
        The same one gives the same conformers.
    alike
        Conformers whose heavy atoms lie within so many Å of an earlier one's are left out.

    Returns
    -------
    list of Atoms
        At least one, atoms in the order of the SMILES, hydrogens last.

    Raises
    ------
    BadInput
        As `graph`, and where it cannot be embedded.
    """
    from ase import Atoms

    read = graph(smiles)
    from rdkit import rdBase
    from rdkit.Chem import rdDistGeom

    settings: Any = rdDistGeom.ETKDGv3()
    settings.randomSeed = seed
    settings.pruneRmsThresh = alike
    settings.timeout = SECONDS
    with rdBase.BlockLogs():
        rdDistGeom.EmbedMultipleConfs(read, count, settings)
    symbols = [atom.GetSymbol() for atom in read.GetAtoms()]
    made = [Atoms(symbols, conformer.GetPositions()) for conformer in read.GetConformers()]
    if not made:
        raise BadInput(f"RDKit finds no place in space for the atoms of the SMILES '{shown(smiles, 60)}'")
    return made


def record(smiles: str) -> dict[str, Any]:
    """Make what a molecule's file would say (`structures.molecule_record`): the conformer that UFF finds lowest."""
    from importlib.metadata import version

    import numpy as np

    read, chem = graph(smiles), needed("rdkit.Chem", "molecules as SMILES")
    from rdkit import rdBase
    from rdkit.Chem import rdForceFieldHelpers, rdmolops
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    found = []
    for atoms in conformers(smiles, count=20, seed=1):
        own = chem.Mol(read)
        own.AddConformer(_placed(atoms.positions), assignId=True)
        with rdBase.BlockLogs():
            fit = rdForceFieldHelpers.UFFHasAllMoleculeParams(own)
            field = rdForceFieldHelpers.UFFGetMoleculeForceField(own) if fit else None
        if field is not None:
            field.Minimize(maxIts=1000)
        found.append((field.CalcEnergy() if field else 0.0, np.array(own.GetConformer().GetPositions())))
    energy, positions = min(found, key=lambda each: each[0])
    symbols = [atom.GetSymbol() for atom in read.GetAtoms()]
    masses = np.array([atom.GetMass() for atom in read.GetAtoms()])
    positions = positions - masses @ positions / masses.sum()
    with rdBase.BlockLogs():
        inchikey = chem.MolToInchiKey(read)
    return {
        "name": f"{PREFIX}{smiles}",
        "aliases": (),
        "full_name": f"{PREFIX}{smiles}",
        "formula": CalcMolFormula(read).split("+")[0].split("-")[0],
        "charge": rdmolops.GetFormalCharge(read),
        "smiles": smiles,
        "inchikey": inchikey,
        "source": "the user's SMILES",
        "geometry": {
            "method": "RDKit ETKDGv3 conformers, lowest by UFF",
            "versions": {"rdkit": version("rdkit")},
            "energy": energy * 0.0433641,  # kcal/mol in eV
            "conformers_tried": len(found),
            "atoms": [(symbol, *place) for symbol, place in zip(symbols, positions.tolist(), strict=True)],
        },
    }


def _placed(positions: Any) -> Any:
    from rdkit.Chem import Conformer

    made = Conformer(len(positions))
    for number, place in enumerate(positions.tolist()):
        made.SetAtomPosition(number, place)
    return made
