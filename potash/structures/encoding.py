"""Structures as plain data: what travels between jobs, into keys and into results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ase import Atoms

Plain = dict[str, Any]


def encode(atoms: Atoms) -> Plain:
    """Write a structure as plain data, every digit kept.

    Returns
    -------
    dict
        ``symbols``, ``positions`` (n, 3) in Å, ``cell`` (3, 3) in Å, ``pbc``; ``moments`` in Bohr magnetons,
        ``frozen`` (indices of atoms that must not move) and ``side`` (an interface's: 1 substrate, 2 film) where
        there are any.
    """
    from ase.constraints import FixAtoms

    plain: Plain = {
        "symbols": list(atoms.symbols),
        "positions": atoms.get_positions().tolist(),
        "cell": atoms.cell.array.tolist(),
        "pbc": atoms.pbc.tolist(),
    }
    moments = atoms.get_initial_magnetic_moments()
    if moments.any():
        plain["moments"] = moments.tolist()
    frozen = sorted({int(i) for fix in atoms.constraints if isinstance(fix, FixAtoms) for i in fix.get_indices()})
    if frozen:
        plain["frozen"] = frozen
    if "side" in atoms.arrays:
        plain["side"] = atoms.arrays["side"].tolist()
    return plain


def decode(plain: Plain) -> Atoms:
    """Build the structure that `encode` wrote."""
    from ase import Atoms
    from ase.constraints import FixAtoms

    atoms = Atoms(plain["symbols"], plain["positions"], cell=plain["cell"], pbc=plain["pbc"])
    if "moments" in plain:
        atoms.set_initial_magnetic_moments(plain["moments"])
    if "frozen" in plain:
        atoms.set_constraint(FixAtoms(plain["frozen"]))
    if "side" in plain:
        atoms.set_array("side", plain["side"], int)
    return atoms
