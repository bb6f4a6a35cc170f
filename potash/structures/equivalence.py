"""Atoms of a molecule that no experiment tells apart: they have the same charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    from potash.structures.components import Component

#: Carbons whose hydrogens turn, or are mirror images: methyl and methylene groups.
TURNING = "[CX4;H2,H3]"


def equivalent(component: Component) -> list[int]:
    """Give alike atoms of a molecule's graph the same number.

    Bonds count as bonds, single or double: where a charge is spread over several atoms, their Lewis structure differs and
    they do not.
    """
    from rdkit.Chem import CanonicalRankAtoms

    ranks = list(CanonicalRankAtoms(_skeleton(component.mol), breakTies=False, includeChirality=False))
    numbers = {rank: number for number, rank in enumerate(dict.fromkeys(ranks))}
    return [numbers[rank] for rank in ranks]


def turning(component: Component) -> list[int]:
    """List the atoms of methyl and methylene groups, carbon and hydrogens."""
    from rdkit.Chem import MolFromSmarts

    carbons = [match[0] for match in component.mol.GetSubstructMatches(MolFromSmarts(TURNING), maxMatches=100_000)]
    hydrogens = [
        neighbour.GetIdx()
        for carbon in carbons
        for neighbour in component.mol.GetAtomWithIdx(carbon).GetNeighbors()
        if neighbour.GetAtomicNum() == 1
    ]
    return sorted([*carbons, *hydrogens])


def _skeleton(mol: Mol) -> Mol:
    from rdkit import Chem

    bare = Chem.RWMol()
    for atom in mol.GetAtoms():
        own = Chem.Atom(atom.GetAtomicNum())
        own.SetNoImplicit(True)
        bare.AddAtom(own)
    for bond in mol.GetBonds():
        bare.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    made: Mol = bare.GetMol()
    made.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(made)
    return made
