"""States and potential of a crystal, a slab or an interface as it is."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from potash.calcs.calls import Recorder

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.calculation import Calculation
    from potash.calcs.engine import Engine

#: Energies against the Fermi level at which densities of states are given: from, to and step; and the width of the
#: Gaussians that levels are broadened to (standard deviation); in eV.
SPECTRUM: dict[str, Any] = {"window": [-8.0, 4.0], "step": 0.05, "width": 0.15}


def electrons(
    atoms: Atoms, calculation: Calculation, engine: Engine, recorder: Recorder, folder: Path
) -> dict[str, Any]:
    """Compute potential, Fermi level, band edges and projected densities of states.

    Parameters
    ----------
    atoms
        The structure; its third cell vector leads out of the plane of the others.
    calculation
        Its options: as in `SPECTRUM`, and ``denser``: by how much the k-points that states are computed at lie
        denser, in each periodic direction, than those of the density.
    engine, recorder
        The engine, and its calculator on record.
    folder
        The calculation's own.

    Returns
    -------
    dict
        What `calcs.engine.Electrons` has, and ``seconds`` of the states.
    """
    atoms.calc = recorder
    atoms.get_potential_energy()
    live = recorder.live(atoms)
    began = time.monotonic()
    found = asdict(engine.electrons(live, calculation.settings, folder, calculation.options))
    return {**found, "seconds": time.monotonic() - began}
