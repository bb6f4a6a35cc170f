"""A screening campaign of any size: ordered alloys from structure files, each a bulk study with EMT."""

from __future__ import annotations

import random
from pathlib import Path

from ase import Atoms
from ase.io import write

#: Lattice constants of the fcc metals, in Å.
METALS = {"Al": 4.05, "Cu": 3.61, "Ag": 4.09, "Au": 4.08, "Ni": 3.52, "Pd": 3.89, "Pt": 3.92}


def alloy(chance: random.Random) -> tuple[str, Atoms]:
    """Draw two metals and one of three ordered structures; the cell is strained a little, so that no two are alike."""
    first, second = chance.sample(sorted(METALS), 2)
    a, b = METALS[first], METALS[second]
    strain = 1 + chance.uniform(-0.02, 0.02)
    match chance.choice(["L12", "L10", "B2"]):
        case "L12" as kind:
            edges = 3 * [(a + 3 * b) / 4]
            symbols, places = [first, *3 * [second]], [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
        case "L10" as kind:
            edges = [(a + b) / 8**0.5, (a + b) / 8**0.5, (a + b) / 2]
            symbols, places = [first, second], [[0, 0, 0], [0.5, 0.5, 0.5]]
        case kind:
            edges = 3 * [0.79 * (a + b) / 2]
            symbols, places = [first, second], [[0, 0, 0], [0.5, 0.5, 0.5]]
    cell = [strain * edge for edge in edges]
    return f"{kind}-{first}{second}", Atoms(symbols, cell=cell, scaled_positions=places, pbc=True)


def make(folder: Path, count: int) -> Path:
    """Write so many structure files and the campaign that names them; give the campaign's file."""
    chance = random.Random(2026)
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    names = []
    for number in range(count):
        name, atoms = alloy(chance)
        names.append(f"cells/{name}-{number:05d}.cif")
        write(folder / names[-1], atoms)
    listed = "".join(f"      - {{file: {name}}}\n" for name in names)
    file = folder / "alloys.yaml"
    file.write_text(f"campaign: alloys\nengine: emt\nstudies:\n  - kind: bulk\n    phase:\n{listed}", encoding="utf-8")
    return file
