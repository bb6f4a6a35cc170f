"""A molecule bound to an alkali ion: the lowest of several starts by GFN2-xTB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow import Job

from potash.structures.encoding import encode
from potash.structures.molecules import load, molecule
from potash.structures.shells import starts, topology
from potash.workflows.bench import Bench
from potash.workflows.jobs import calculate

if TYPE_CHECKING:
    from potash.structures.topology import Topology

#: So many starts, each with the ion at another atom that can coordinate it, or from another side.
STARTS = 12
STEPS = 500
ENGINE = "tblite"


def bound(bench: Bench, ion: str, name: str) -> Job:
    """Make the search for where an ion sits at a molecule in its lowest conformer."""
    content: Topology = topology(ion, {name: 1})
    recipe = {
        "engine": ENGINE,
        "protocol": bench.protocol,
        "settings": {"charge": float(load(name).charge + 1)},
        "task": "search",
        "options": {"steps": STEPS},
    }
    label = f"{ion} at {name}"
    structures = [encode(atoms) for atoms in starts(content, {name: [molecule(name)]}, STARTS, seed=0)]
    made: Job = calculate(recipe, structures, f"{bench.name}: {label}")
    made.name = label
    return made
