"""Charges of a molecule in a liquid: its conformers by GFN2-xTB, their potentials by pyscf, the fit."""

from __future__ import annotations

from typing import Any

from ase import Atoms
from jobflow import Job, job

from potash.analysis.resp import charges
from potash.structures.components import Component
from potash.structures.encoding import Plain, decode, encode
from potash.structures.equivalence import equivalent, turning
from potash.structures.forcefields import scaled
from potash.structures.shells import distinct, intact
from potash.structures.smiles import conformers
from potash.structures.topology import Topology
from potash.workflows.bench import Bench
from potash.workflows.jobs import calculate, perform

#: Embeddings that the conformers are searched from, their seed, and the steps that each may take.
STARTS, SEED, STEPS = 12, 1, 1000
#: The lowest conformers, so many, have one set of charges together.
CONFORMERS = 3
#: The level that GAFF's charges are meant to be fitted at (J. Wang et al., doi:10.1002/jcc.20035). It has no functional, so that
#: the grid, which pyscf makes all the same, is as small as may be.
LEVEL = {
    "functional": "HF",
    "basis": "6-31G*",
    "auxiliary": "none",
    "dispersion": "none",
    "solvent": "none",
    "quadrature": 0,
}


def fitted(bench: Bench, component: Component, parameters: dict[str, Any], factor: float) -> list[Job]:
    """Make the jobs that complete a molecule's parameters with its charges.

    Parameters
    ----------
    parameters
        As `structures.forcefields.parametrise` gives them, without charges.
    factor
        What the charges of an ion are scaled by.

    Returns
    -------
    list of Job
        The last one gives ``parameters``, with ``charges``; and what `resp` says of the fit.
    """
    own = {"charge": float(component.charge)}
    known = Atoms(component.elements, component.positions)
    starts = [known, *conformers(component.smiles, STARTS, SEED)] if len(known) > 2 else [known]
    recipe = {
        "engine": "tblite",
        "protocol": "standard",
        "settings": own,
        "task": "search",
        "options": {"steps": STEPS},
    }
    label = f"conformers of {component.name}"
    search = calculate(recipe, [encode(atoms) for atoms in starts], f"{bench.name}: {label}")
    search.name = label
    recipe = {
        "engine": "pyscf",
        "protocol": "standard",
        "settings": {**LEVEL, **own},
        "task": "electrostatics",
        "options": {},
    }
    molecule = {
        "content": Topology((component.species(1),)).plain(),
        "charge": component.charge,
        "equivalent": equivalent(component),
        "turning": turning(component),
    }
    made = resp(recipe, search.output, molecule, parameters, factor, f"{bench.name}: potential of {component.name}")
    made.name = f"charges of {component.name}"
    return [search, made]


@job
def resp(
    recipe: dict[str, Any],
    found: dict[str, Any],
    molecule: dict[str, Any],
    parameters: dict[str, Any],
    factor: float,
    label: str,
) -> dict[str, Any]:
    """Compute the potentials of the lowest conformers, and fit charges to them.

    Returns
    -------
    dict
        ``parameters``; ``name`` of the molecule, ``misfit`` and ``conformers`` of `analysis.resp.charges`; ``results``.
    """
    of = Topology.read(molecule["content"])
    whole = [each for each in found["minima"] if intact(decode(each["atoms"]), of)] or found["minima"]
    merged = distinct([(decode(each["atoms"]), float(each["energy"])) for each in whole], of)
    seen = [
        perform(recipe, [whole[number]["atoms"]], f"{label}, conformer {place}")
        for place, (number, _) in enumerate(merged[:CONFORMERS], start=1)
    ]
    fit = charges(seen, molecule["charge"], molecule["equivalent"], molecule["turning"])
    return {
        "parameters": scaled({**parameters, "charges": fit.pop("charges")}, molecule["charge"], factor),
        "name": of.species[0].name,
        **fit,
        "results": [_brief(found, "minima"), *(_brief(each, "points", "values") for each in seen)],
    }


def _brief(result: dict[str, Any], *bulky: str) -> Plain:
    return {key: value for key, value in result.items() if key not in bulky}
