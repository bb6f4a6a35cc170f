"""Where a molecule's atoms are, drawn as SMILES or bound to an alkali ion: the lowest of several starts by GFN2-xTB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Job

from potash.structures.encoding import encode
from potash.structures.molecules import PREFIX, load, molecule
from potash.structures.shells import species, starts, topology
from potash.structures.smiles import conformers
from potash.structures.topology import Topology
from potash.workflows.bench import Bench
from potash.workflows.jobs import calculate
from potash.workflows.solvation import CONFORMERS, lowest

if TYPE_CHECKING:
    from ase import Atoms

#: So many starts, each with the ion at another atom that can coordinate it, or from another side.
STARTS = 12
STEPS = 500
ENGINE = "tblite"
#: What RDKit's embeddings of a SMILES follow from.
SEED = 1


def drawn(name: str) -> bool:
    """Say whether a molecule is given by its SMILES: what RDKit and UFF make of it is no geometry to compute at."""
    return load(name).name.startswith(PREFIX)


def conformer(bench: Bench, name: str) -> tuple[Job, Job]:
    """Make the search over a molecule's conformers, and the job that merges those that are one: `workflows.solvation.lowest`."""
    content = Topology((species(name, 1),))
    label = f"conformers of {name}"
    search = _search(bench, load(name).charge, _embedded(name), label)
    best = lowest(None, search.output, content.plain(), 1, name, f"{bench.name}: {label}")
    best.name = f"{name}, lowest conformer"
    return search, best


def bound(bench: Bench, ion: str, name: str) -> Job:
    """Make the search for where an ion sits at a molecule: in its lowest conformer, or in any where none is on record."""
    content: Topology = topology(ion, {name: 1})
    choices = _embedded(name) if drawn(name) else [molecule(name)]
    laid = starts(content, {load(name).name: choices}, STARTS, seed=0)
    return _search(bench, load(name).charge + 1, laid, f"{ion} at {name}")


def _embedded(name: str) -> list[Atoms]:
    return conformers(load(name).smiles, CONFORMERS, SEED)


def _search(bench: Bench, charge: int, laid: list[Atoms], label: str) -> Job:
    recipe: dict[str, Any] = {
        "engine": ENGINE,
        "protocol": bench.protocol,
        "settings": {"charge": float(charge)},
        "task": "search",
        "options": {"steps": STEPS},
    }
    made: Job = calculate(recipe, [encode(atoms) for atoms in laid], f"{bench.name}: {label}")
    made.name = label
    return made
