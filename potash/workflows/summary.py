"""The shape that every study's last job gives its result."""

from __future__ import annotations

from typing import Any

from potash.analysis.result import Comparison, Provenance, Quantity, Status, StudyResult, View, provenance, stand_beside
from potash.errors import fault_of


def finish(
    about: dict[str, Any],
    results: list[dict[str, Any]],
    quantities: dict[str, Quantity],
    *,
    status: Status = "done",
    reason: str | None = None,
    notes: tuple[str, ...] = (),
    views: tuple[View, ...] = (),
    data: dict[str, Any] | None = None,
    published: tuple[Comparison, ...] | None = None,
    headline: bool = True,
) -> dict[str, Any]:
    """Put a study's result together.

    Parameters
    ----------
    about
        `Bench.about`.
    results
        All the calculations that it rests on.
    quantities, status, reason, notes, views, data
        As in `analysis.result.StudyResult`.
    headline
        Whether the first number is what the study is for.

    Returns
    -------
    dict
        A `StudyResult` as plain data. A number that failed a check of its own is not given; a headline fails
        the study with it.
    """
    broken = [
        f"{name}: {check.name} is {check.value:.3g} {check.unit} (limit {check.limit:.3g})"
        for name, quantity in quantities.items()
        for check in quantity.checks
        if not check.passed
    ]
    if broken and status == "done":
        first = next(iter(quantities.values()))
        if not headline or all(check.passed for check in first.checks):
            notes = (*notes, *broken)
        else:
            status, reason = "failed", "; ".join(broken)
        quantities = {name: refused(quantity) for name, quantity in quantities.items()}
    result = StudyResult(
        id=about["id"],
        kind=about["kind"],
        system=about["system"],
        status=status,
        reason=reason,
        fault=fault_of(reason),
        quantities=quantities,
        published=stand_beside(tuple(about["published"]), quantities) if published is None else published,
        provenance=provenance(about["protocol"], results),
        notes=(*notes, *about["remarks"]),
        views=views,
        data=data or {},
    )
    return result.model_dump(mode="json")


def failed(study: str, reason: str, about: dict[str, str]) -> dict[str, Any]:
    """Give the result of a study that came to no end of its own.

    Parameters
    ----------
    study
        Its id.
    reason
        Why, in a sentence.
    about
        ``kind``, ``engine``, ``version``, ``protocol``.
    """
    made = Provenance(engine=about["engine"], version=about["version"], protocol=about["protocol"])
    result = StudyResult(
        id=study,
        kind=about["kind"],
        system=study,
        status="failed",
        reason=reason,
        fault=fault_of(reason),
        provenance=made,
    )
    return result.model_dump(mode="json")


def gathered(results: list[dict[str, Any]]) -> Provenance:
    """Give the provenance of a study that computes nothing itself: the first one's engine, and the keys of all."""
    first = Provenance.model_validate(results[0]["provenance"])
    keys = dict.fromkeys(key for result in results for key in result["provenance"]["keys"])
    return first.model_copy(update={"force_calls": 0, "band_calls": 0, "core_seconds": 0.0, "keys": tuple(keys)})


def refused(quantity: Quantity) -> Quantity:
    """Take a number away that failed a check of its own."""
    if all(check.passed for check in quantity.checks):
        return quantity
    return quantity.model_copy(update={"value": None})
