"""Theoretical capacities and volume changes on full uptake of an ion."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jobflow import Flow, job

from potash.analysis import capacity as analysis
from potash.analysis.result import View
from potash.errors import BadInput
from potash.studies.crystals import CapacityStudy
from potash.workflows.bench import Bench, label_of
from potash.workflows.bulk import relaxed_cell
from potash.workflows.summary import finish


def build(bench: Bench) -> Flow:
    """Make the graph of a capacity study."""
    study = bench.study
    assert isinstance(study, CapacityStudy)
    host, product = label_of(study.host), label_of(study.product)
    have, want = (Counter(bench.atoms(name).symbols) for name in (study.host, study.product))
    try:
        analysis.uptake(have, want, study.ion)
    except ValueError:
        raise BadInput(
            f"{product} is not {host} with more {study.ion}: it must hold the same other elements in one ratio, and more {study.ion}"
        ) from None
    cells = [relaxed_cell(bench, study.host), relaxed_cell(bench, study.product)]
    about = bench.about(f"{host} → {product}")
    return bench.flow(list(cells), summarise(about, study.ion, cells[0].output, cells[1].output))


@job
def summarise(about: dict[str, Any], ion: str, host: dict[str, Any], product: dict[str, Any]) -> dict[str, Any]:
    """Turn two relaxed cells into the study's result."""
    quantities = analysis.summarise(host, product, ion, about["limits"])
    views = (View(title="Host", frames=(host["atoms"],)), View(title="Product", frames=(product["atoms"],)))
    data = {"host": host["volume"], "product": product["volume"]}
    return finish(about, [host, product], quantities, views=views, data=data)
