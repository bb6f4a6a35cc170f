"""What holds a structure together: bonds all through it, or weak forces between layers, chains and molecules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ase import Atoms

#: Neighbours farther apart than so many times the sum of their covalent radii are not bonded. Sb and Bi, whose layers are,
#: need 1.21; selenium's chains, the least separate of the others, 1.43.
BONDED = 1.35


def weakly_bound(atoms: Atoms) -> str | None:
    """Say why a functional without dispersion is not enough for a structure; None where it is.

    Parameters
    ----------
    atoms
        A crystal, layer or slab.

    Returns
    -------
    str or None
        ``carbon``, or ``layers``: a crystal that bonds do not hold together in all three directions (P. M.
        Larsen et al., doi:10.1103/PhysRevMaterials.3.034003).
    """
    from ase.geometry.dimensionality import analyze_dimensionality

    if "C" in atoms.symbols:
        return "carbon"
    if not atoms.pbc.all():
        return None
    # With every neighbour a bond, any crystal is one piece in three directions: the interval exists.
    whole = min(found.a for found in analyze_dimensionality(atoms, merge=True) if found.dimtype == "3D")
    return "layers" if whole > BONDED else None
