"""What pw.x is asked: its input as settings and atoms demand, and how its cores share the work."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.units import Ry

from potash.calcs import pwx_scratch
from potash.calcs.engine import Settings

if TYPE_CHECKING:
    from ase import Atoms

#: Wider smearing is at least this, in eV.
WIDE = 0.2


def points(settings: Settings) -> int:
    """Count the k-points that pw.x treats: exactly by time reversal, roughly where symmetry is used as well."""
    size = settings.get("kpoints", [1, 1, 1])
    total = int(np.prod(size))
    if settings.get("symmetry"):
        return ceil(total / 8)
    own_images = np.prod([1 if number % 2 else 2 if settings.get("gamma", True) else 0 for number in size])
    return (total + int(own_images)) // 2


def pools(settings: Settings, cores: int) -> int:
    """Divide the cores into groups that share out k-points: as many as surely find one each.

    No symmetry leaves less than one point in 48.
    """
    if groups := settings.get("solver", {}).get("groups"):
        return int(groups)
    symmetric = settings.get("symmetry") and not settings.get("dipole")
    fewest = ceil(np.prod(settings.get("kpoints", [1])) / 48) if symmetric else points(settings)
    return max(number for number in range(1, cores + 1) if cores % number == 0 and number <= fewest)


def inputs(atoms: Atoms, settings: Settings, *, reuse: bool, wider: float = 1.0) -> dict[str, Any]:
    """Give the input of pw.x, in the form that ASE writes.

    Parameters
    ----------
    atoms, settings
        The system and its completed settings.
    reuse
        Start from density and wave functions that the last call left.
    wider
        So many times the smearing, at least `WIDE`.
    """
    solver = settings.get("solver", {})
    smearing = max(WIDE, wider * settings["smearing"]) if wider > 1 else settings["smearing"]
    spin = bool(atoms.get_initial_magnetic_moments().any())
    dipole = settings.get("dipole")
    control: dict[str, Any] = {
        "calculation": "scf",
        "prefix": "pw",
        "outdir": f"./{pwx_scratch.name()}/out",
        "pseudo_dir": f"./{pwx_scratch.name()}/pseudo",
        "disk_io": "low",
        "tprnfor": True,
        "tstress": not dipole and not settings.get("isolated"),
    }
    system: dict[str, Any] = {
        "ecutwfc": settings["cutoff"],
        "ecutrho": settings["density_cutoff"],
        "nosym": not settings.get("symmetry") or bool(dipole) or solver.get("symmetry") is False,
        "nspin": 2 if spin else 1,
        "tot_charge": settings["charge"],
        "occupations": "smearing" if smearing else "fixed",
    }
    if smearing:
        # Cold smearing has several Fermi energies that fit (doi:10.48550/arXiv.2212.07988). In insulators pw.x 6.7
        # takes a wrong one at some volumes and not at others: K2Se's energy then jumps by 14 meV. Gauss has one.
        system |= {"smearing": "gaussian", "degauss": smearing / Ry}
    if solver.get("bands"):
        electrons_of = [settings["pseudopotentials"][symbol]["electrons"] for symbol in atoms.symbols]
        system["nbnd"] = ceil(solver["bands"] * sum(electrons_of) / 2) + 4
    if settings.get("isolated"):
        system["assume_isolated"] = settings["isolated"]
    if dipole:
        control |= {"tefield": True, "dipfield": True}
        system |= {"edir": 3, "emaxpos": dipole["start"], "eopreg": dipole["width"], "eamp": 0.0}
    electrons: dict[str, Any] = {
        "conv_thr": settings["convergence"] * len(atoms),
        "electron_maxstep": settings["cycles"],
        "mixing_beta": settings["mixing"],
        **solver.get("parameters", {}),
    }
    if reuse:
        electrons |= {"startingpot": "file", "startingwfc": "file"}
    return {
        "input_data": {"control": control, "system": system, "electrons": electrons},
        "pseudopotentials": {element: about["file"] for element, about in settings["pseudopotentials"].items()},
        **_grid(settings),
    }


def _grid(settings: Settings) -> dict[str, Any]:
    """Give divisions and offsets: even divisions off Γ where that is allowed, as Monkhorst and Pack do."""
    size = settings.get("kpoints", [1, 1, 1])
    if max(size) == 1:
        return {"kpts": None}
    gamma = settings["gamma"]
    return {"kpts": list(size), "koffset": [0 if gamma or number % 2 else 1 for number in size]}
