"""Crystals strained in the plane of an interface, free along its normal: the references of interface energies."""

from __future__ import annotations

from typing import Any

from jobflow import job

from potash.structures.encoding import Plain, decode
from potash.workflows.height import height
from potash.workflows.jobs import perform

#: Less strain than this is none: the crystal as it is serves.
NONE = 1e-6


@job
def reference(
    recipe: dict[str, Any], bulk: dict[str, Any], fitted: dict[str, Any], side: str, label: str
) -> dict[str, Any]:
    """Find the energy and height of a side that is strained to the common cell.

    A crystal's height is scanned until its energy has a minimum; a layer's atoms are relaxed.

    Returns
    -------
    dict
        ``atoms``, ``energy`` (eV per atom), ``residual`` (of the fit over heights, eV per atom) and ``results``, the
        calculations.
    """
    start = fitted[side]
    if fitted["strains"][side] < NONE:
        return {
            "atoms": start,
            "energy": bulk["energy"] / len(bulk["atoms"]["symbols"]),
            "residual": 0.0,
            "results": [],
        }
    found = _layer(recipe, start, label) if not decode(start).pbc[2] else height(recipe, start, label)
    return {
        "atoms": found["atoms"],
        "energy": found["energy"] / len(start["symbols"]),
        "residual": found["residual"],
        "results": found["results"],
    }


def _layer(recipe: dict[str, Any], start: Plain, label: str) -> dict[str, Any]:
    made = perform(recipe, [start], label)
    return {**made, "residual": 0.0, "results": [made]}
