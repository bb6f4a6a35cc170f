"""Energy differences of phases with one composition."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, job

from potash.analysis.polymorphs import summarise as compare
from potash.analysis.result import View
from potash.errors import BadInput
from potash.studies.crystals import PolymorphsStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of a comparison of polymorphs."""
    study = bench.study
    assert isinstance(study, PolymorphsStudy)
    formulas = {
        label_of(phase): bench.atoms(phase).symbols.formula.reduce()[0].format("hill") for phase in study.phases
    }
    if len(formulas) < len(study.phases):
        raise BadInput(f"two of the phases have one name ({', '.join(map(label_of, study.phases))})")
    if len(set(formulas.values())) > 1:
        raise BadInput(
            f"polymorphs have one composition; these have {', '.join(f'{k}: {v}' for k, v in formulas.items())}"
        )
    cells = [relaxed_cell(bench, phase) for phase in study.phases]
    names = list(formulas)
    about = bench.about(" / ".join(names))
    return bench.flow(list(cells), summarise(about, names, [cell.output for cell in cells]))


@job
def summarise(about: dict[str, Any], names: list[str], cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Turn the relaxed cells into energy differences."""
    quantities = compare(names, cells, about["limits"])
    views = tuple(View(title=name, frames=(cell["atoms"],)) for name, cell in zip(names, cells, strict=True))
    energies = [cell["energy"] / len(cell["atoms"]["symbols"]) for cell in cells]
    return finish(about, cells, quantities, views=views, data={"names": names, "energies": energies})
