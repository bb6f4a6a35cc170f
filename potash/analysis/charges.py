"""Partial charges of a part of a system, by each way of giving the electrons to the atoms."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.result import Check, Quantity, at_most

#: The tasks that give charges, and whose they are.
METHODS = {"charges": "Hirshfeld", "bader": "Bader"}
#: The charges of a neutral system add up to zero within this, in e.
BALANCED = 0.1
#: So many electrons may lie at maxima of the density that no atom owns, in e.
ASTRAY = 0.1


def summarise(name: str, says: str, found: dict[str, dict[str, Any]], part: Any) -> dict[str, Quantity]:
    """Give the charge of a part of a system by each method.

    Parameters
    ----------
    name, says
        The quantity's name, and what it is of.
    found
        Results of the tasks in `METHODS`, by their names.
    part
        Selects the part's atoms: an index, several, or a mask.
    """
    values = {METHODS[task]: float(np.sum(np.array(result["charges"])[part])) for task, result in found.items()}
    return {
        f"{name} ({METHODS[task]})": Quantity(
            value=values[METHODS[task]],
            unit="e",
            says=says,
            answers="charge transfer" if task == "bader" else None,
            choices={"partition": values} if task == "bader" else {},
            checks=_checks(result),
        )
        for task, result in found.items()
    }


def _checks(result: dict[str, Any]) -> tuple[Check, ...]:
    total = at_most("sum of all charges", abs(float(np.sum(result["charges"]))), BALANCED, "e")
    if "astray" not in result:
        return (total,)
    return total, at_most("electrons at maxima away from all atoms", result["astray"], ASTRAY, "e")
