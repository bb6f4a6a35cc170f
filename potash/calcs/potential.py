"""The electrostatic potential across a slab, averaged over its planes, and the Fermi level."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from potash.calcs.calls import Recorder

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.engine import Engine


def potential(atoms: Atoms, engine: Engine, recorder: Recorder) -> dict[str, Any]:
    """Compute the planar potential of a slab as it is.

    Parameters
    ----------
    atoms
        The slab, periodic in x and y.
    engine, recorder
        The engine, and its calculator on record.

    Returns
    -------
    dict
        ``z`` (Å), ``planar`` (the potential energy of an electron, averaged over x and y, eV) and ``fermi`` (eV).
    """
    atoms.calc = recorder
    atoms.get_potential_energy()
    return asdict(engine.potential(atoms, recorder.live(atoms)))
