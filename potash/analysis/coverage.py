"""Coverage: how adsorption energies change as ions come nearer to each other."""

from __future__ import annotations

from typing import Any

from potash.analysis.adsorption import ENERGIES
from potash.analysis.result import Check, Quantity


def lacking(results: list[dict[str, Any]]) -> list[str]:
    """Say what keeps studies from being points of one series; nothing where they are."""
    first = results[0]
    lacks = []
    for result in results:
        name = result["id"]
        if result["kind"] != "adsorption":
            lacks.append(f"{name} is of the kind {result['kind']}; a coverage is made of adsorption studies")
        elif result["status"] != "done":
            lacks.append(f"{name} is {result['status']}: {result['reason']}")
        elif result["system"] != first["system"]:
            lacks.append(f"{name} is of {result['system']}, {first['id']} of {first['system']}")
    return lacks


def points(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make a point of each study, the thinnest coverage first.

    Returns
    -------
    list of dict
        ``id``, ``supercell``, ``cells`` (how many surface cells an ion has), ``density`` (ions per nm²), ``site`` (the
        lowest one), ``energies`` and their ``errors`` (eV per ion, by what they are against; None where none was estimated) and
        ``checks`` (of each energy its own).
    """
    made = [
        {
            "id": result["id"],
            "supercell": result["data"]["supercell"],
            "cells": result["data"]["supercell"][0] * result["data"]["supercell"][1],
            "density": 100 / result["data"]["area"],
            "site": result["data"]["lowest"],
            "energies": {against: result["quantities"][name]["value"] for name, against in ENERGIES.items()},
            "errors": {against: result["quantities"][name]["error"] for name, against in ENERGIES.items()},
            "checks": {against: result["quantities"][name]["checks"] for name, against in ENERGIES.items()},
        }
        for result in results
    ]
    return sorted(made, key=lambda point: float(point["density"]))


def summarise(points: list[dict[str, Any]]) -> dict[str, Quantity]:
    """Give each point's energies, and how far the densest lies above the thinnest."""
    thin, dense = (points[end]["energies"]["free atom"] for end in (0, -1))
    errors = [points[end]["errors"]["free atom"] for end in (0, -1)]
    ends = f"1 ion in {points[0]['cells']} surface cells to 1 in {points[-1]['cells']}"
    change = Quantity(
        value=dense - thin,
        unit="eV",
        error=None if None in errors else sum(errors),
        says=f"of the energy per ion from {ends}; positive: the ions repel each other",
        checks=tuple(check for end in (0, -1) for check in _checks(points[end], "free atom", named=True)),
    )
    each = {
        f"{_named(point)}, {against}": Quantity(
            value=value,
            unit="eV",
            error=point["errors"][against],
            says=f"per ion, {point['density']:.2f} ions per nm², lowest at {point['site']}",
            checks=_checks(point, against),
        )
        for point in points
        for against, value in point["energies"].items()
    }
    return {"change with the coverage": change, **each}


def _checks(point: dict[str, Any], against: str, *, named: bool = False) -> tuple[Check, ...]:
    """Hand on the checks of a study's energy, with its id where those of several stand together."""
    checks = [Check.model_validate(check) for check in point["checks"][against]]
    return tuple(
        check.model_copy(update={"name": f"{point['id']}: {check.name}"}) if named else check for check in checks
    )


def _named(point: dict[str, Any]) -> str:
    return "E_ads " + " × ".join(map(str, point["supercell"]))
