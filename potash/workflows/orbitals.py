"""HOMO and LUMO of molecules."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, job

from potash.analysis import orbitals as analysis
from potash.analysis.result import View
from potash.errors import BadInput
from potash.structures.molecules import load, molecule
from potash.studies.others import OrbitalsStudy
from potash.workflows.bench import Bench
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of an orbitals study."""
    study = bench.study
    assert isinstance(study, OrbitalsStudy)
    names = [load(name).name for name in study.molecules]
    difference = tuple(load(name).name for name in study.difference) if study.difference else None
    missing = sorted(set(difference or ()) - set(names))
    if missing:
        raise BadInput(f"the difference names {', '.join(missing)}, which is not among the study's molecules")
    jobs = []
    for name in names:
        atoms = molecule(name)
        charge = {"charge": float(atoms.info["charge"])} if atoms.info["charge"] else {}
        jobs.append(
            bench.calculate("orbitals", [atoms], f"levels of {name}", charge, relax=study.geometry == "relaxed")
        )
    about = bench.about(", ".join(names))
    return bench.flow(list(jobs), summarise(about, names, [one.output for one in jobs], difference, study.geometry))


@job
def summarise(
    about: dict[str, Any], names: list[str], results: list[dict[str, Any]], difference: Any, geometry: str
) -> dict[str, Any]:
    """Turn the levels into the study's result."""
    pair = (difference[0], difference[1]) if difference else None
    quantities = analysis.summarise(names, results, pair, about["limits"], relaxed=geometry == "relaxed")
    settings = results[0]["settings"]
    level = ", ".join(str(settings[key]) for key in ("functional", "mode", "basis") if key in settings)
    how = "relaxed at the same level" if geometry == "relaxed" else "GFN2-xTB"
    notes = (f"Level of theory: {level}; geometries {how}.", analysis.WARNING)
    views = tuple(View(title=name, frames=(result["atoms"],)) for name, result in zip(names, results, strict=True))
    levels = {name: [result["homo"], result["lumo"]] for name, result in zip(names, results, strict=True)}
    return finish(about, results, quantities, notes=notes, views=views, data={"levels": levels})
