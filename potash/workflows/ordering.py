"""Orderings of what other studies of the campaign computed."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, job

from potash.analysis import ordering as analysis
from potash.analysis.result import Provenance, StudyResult
from potash.campaign import OrderingStudy
from potash.errors import BadInput, near
from potash.workflows.bench import Bench


def build(bench: Bench) -> Flow:
    """Make the graph of an ordering: it computes nothing, and waits for the studies that it names."""
    study = bench.study
    assert isinstance(study, OrderingStudy)
    for name in study.order:
        if name not in bench.before:
            raise BadInput(f"no study above has the id '{name}'{near(name, bench.before)}")
    about = bench.about(" < ".join(study.order))
    summary = summarise(about, study.quantity, [bench.before[name].output for name in study.order])
    return bench.flow([], summary)


@job
def summarise(about: dict[str, Any], quantity: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare the studies' values."""
    found = [analysis.ranked(result, quantity) for result in results]
    values = [each for each in found if not isinstance(each, str)]
    lacks = [each for each in found if isinstance(each, str)]
    whole = not lacks
    made = StudyResult(
        id=about["id"],
        kind=about["kind"],
        system=about["system"],
        status="done" if whole else "failed",
        reason=None if whole else "; ".join(lacks),
        quantities=analysis.differences(values) if whole else {},
        published=analysis.beside(tuple(about["published"]), values, quantity) if whole else (),
        provenance=_provenance(results),
        notes=(f"Compared: {quantity}. Calculations are counted where they were made, in the studies above.",),
    )
    return made.model_dump(mode="json")


def _provenance(results: list[dict[str, Any]]) -> Provenance:
    """Take the first study's engine, and the keys of all."""
    first = Provenance.model_validate(results[0]["provenance"])
    keys = dict.fromkeys(key for result in results for key in result["provenance"]["keys"])
    return first.model_copy(update={"force_calls": 0, "band_calls": 0, "core_seconds": 0.0, "keys": tuple(keys)})
