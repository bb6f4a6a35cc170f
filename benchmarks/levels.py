"""Levels of argon and water by PBE: what LCAO's basis costs, against plane waves, a grid of real space, and Gaussians.

OMP_NUM_THREADS=1 python benchmarks/levels.py > benchmarks/levels.txt

Some minutes on one core. GPAW's boxes leave 5 Å around the molecule; its data files hold no basis beyond double-ζ.
"""

from __future__ import annotations

import datetime
import os
import platform
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.build import molecule

from potash.calcs.worker import compute
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve

LEVELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gpaw", {"mode": "lcao", "basis": "szp(dzp)", "grid": 0.20}),
    ("gpaw", {"mode": "lcao", "basis": "dzp", "grid": 0.20}),
    ("gpaw", {"mode": "pw", "cutoff": 450}),
    ("gpaw", {"mode": "pw", "cutoff": 600}),
    ("gpaw", {"mode": "fd", "grid": 0.20}),
    ("pyscf", {"basis": "def2-TZVPD", "functional": "PBE"}),
    ("pyscf", {"basis": "def2-QZVPD", "functional": "PBE"}),
)


def level(atoms: Atoms, engine: str, settings: dict[str, Any]) -> tuple[float, float]:
    """Compute HOMO and LUMO (eV, the vacuum level as zero) with potash's own calculation."""
    own = {"vacuum": 5.0} if engine == "gpaw" else {"quadrature": 4}
    recipe = {
        "engine": engine,
        "protocol": "fast",
        "settings": {"dispersion": "none", **own, **settings},
        "task": "orbitals",
        "options": {"relax": False},
    }
    box = atoms.copy()
    box.center(vacuum=5.0)
    with tempfile.TemporaryDirectory() as folder:
        found = compute(resolve(recipe, [encode(box)]), Path(folder), rank=0)
    return found["homo"], found["lumo"]


def main() -> None:
    """Print a line for each molecule and level of theory."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("gpaw", "gpaw-data", "pyscf"))
    print(f"PBE; {versions}; one core of {machine}, {today}")
    print("molecule  HOMO eV  LUMO eV  core-s  level")
    for name, atoms in (("Ar", Atoms("Ar")), ("H2O", molecule("H2O"))):
        for engine, settings in LEVELS:
            began = time.process_time()
            homo, lumo = level(atoms, engine, settings)
            spent = time.process_time() - began
            words = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in settings.values())
            print(f"{name:8}  {homo:7.3f}  {lumo:7.3f}  {spent:6.1f}  {engine}: {words}", flush=True)


if __name__ == "__main__":
    main()
