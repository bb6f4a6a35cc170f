"""What a liquid is mixed of: molecules and ions by name, salts by formula, anything else by SMILES."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.errors import BadInput, near, shown
from potash.extras import needed
from potash.structures.molecules import load, molecule, names
from potash.structures.topology import Species

if TYPE_CHECKING:
    from rdkit.Chem import Mol

#: What liquids are checked by, and no electrolyte is made of, by SMILES.
SIMPLE = {"water": "O", "Ar": "[Ar]"}
#: What makes a salt's name: its cation, its anion.
SALT = re.compile(r"(Li|Na|K)(.+)")
#: What needs RDKit here.
LIQUIDS = "molecules of a liquid"
#: Seed of the shapes that RDKit makes.
SEED = 20


@dataclass(frozen=True)
class Component:
    """A molecule or ion of a liquid.

    Attributes
    ----------
    name
        Its own name, or its SMILES.
    smiles
        Who it is; atoms are in the order of the SMILES, hydrogens after them.
    charge
        In e.
    elements
        Of its atoms.
    bonds
        Pairs of its atoms, counted from 0.
    positions
        Where its atoms are, each a row in Å.
    """

    name: str
    smiles: str
    charge: int
    elements: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    positions: tuple[tuple[float, float, float], ...]

    @cached_property
    def mass(self) -> float:
        """Its molar mass, in g/mol."""
        from ase.data import atomic_masses, atomic_numbers

        return float(sum(atomic_masses[atomic_numbers[element]] for element in self.elements))

    @cached_property
    def volume(self) -> float:
        """The volume of its van der Waals spheres, in Å³."""
        from rdkit.Chem import AllChem

        return float(AllChem.ComputeMolVolume(self.mol))  # type: ignore[no-untyped-call]

    @cached_property
    def mol(self) -> Mol:
        """Itself for RDKit, with its hydrogens and its shape."""
        from rdkit import Chem
        from rdkit.Geometry import Point3D

        mol = _mol(self.smiles)
        shape = Chem.Conformer(mol.GetNumAtoms())
        for number, position in enumerate(self.positions):
            shape.SetAtomPosition(number, Point3D(*position))
        mol.AddConformer(shape)
        return mol

    def species(self, count: int) -> Species:
        """Give so many of it, for a `Topology`."""
        return Species(self.name, self.charge, self.elements, self.bonds, count)


def component(name: str) -> Component:
    """Find a component by its name or SMILES.

    Raises
    ------
    BadInput
        If it is neither.
    """
    given = name.strip()
    own = {label.casefold(): label for label in SIMPLE}.get(given.casefold())
    if own is not None:
        return _shaped(own, SIMPLE[own])
    try:
        entry = load(given)
    except BadInput:
        if not _is_smiles(given):
            known = [*names(), *SIMPLE]
            raise BadInput(
                f"'{shown(given, 60)}' is no molecule that potash knows, and no SMILES{near(given, known)}"
            ) from None
        return _shaped(given, given)
    made = molecule(entry.name)
    mol = _mol(entry.smiles)
    assert [atom.GetSymbol() for atom in mol.GetAtoms()] == list(made.symbols)
    return _component(entry.name, entry.smiles, mol, made.positions)


def salt(name: str) -> tuple[Component, Component]:
    """Find a salt's cation and anion, as of KFSI or NaPF6.

    Raises
    ------
    BadInput
        If it is no salt of Li+, Na+ or K+ and an anion that potash knows.
    """
    found = SALT.fullmatch(name.strip())
    try:
        ions = (component(f"{found[1]}+"), component(found[2])) if found else None
    except BadInput:
        ions = None
    if ions is None or ions[0].charge + ions[1].charge:
        raise BadInput(f"'{shown(name, 60)}' is no salt of Li, Na or K and a known anion, as KFSI")
    return ions


def _shaped(name: str, smiles: str) -> Component:
    """Make a component whose shape RDKit finds."""
    from rdkit.Chem import rdDistGeom

    mol = _mol(smiles)
    if mol.GetNumAtoms() == 1:
        return _component(name, smiles, mol, np.zeros((1, 3)))
    if "." in smiles or rdDistGeom.EmbedMolecule(mol, randomSeed=SEED) < 0:
        raise BadInput(f"RDKit finds no shape for the molecule '{shown(smiles, 60)}'")
    return _component(name, smiles, mol, mol.GetConformer().GetPositions())


def _component(name: str, smiles: str, mol: Mol, positions: Any) -> Component:
    return Component(
        name=name,
        smiles=smiles,
        charge=sum(atom.GetFormalCharge() for atom in mol.GetAtoms()),
        elements=tuple(atom.GetSymbol() for atom in mol.GetAtoms()),
        bonds=tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds()),
        positions=tuple((float(x), float(y), float(z)) for x, y, z in positions),
    )


def _is_smiles(text: str) -> bool:
    chem = needed("rdkit.Chem", LIQUIDS)
    from rdkit import rdBase

    with rdBase.BlockLogs():
        return len(text) <= 500 and bool(text) and chem.MolFromSmiles(text) is not None


def _mol(smiles: str) -> Mol:
    chem = needed("rdkit.Chem", LIQUIDS)
    mol: Mol = chem.AddHs(chem.MolFromSmiles(smiles))
    return mol
