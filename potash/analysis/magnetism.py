"""Magnetic moments at the end of a relaxation, and whether an order that was begun with was kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.result import Quantity, at_most

#: Moments smaller than this are none, in Bohr magnetons: what integrals over spheres leave of zero.
SEEN = 0.05
#: A moment that fell below this part of where it started vanished.
LEFT = 0.1


def summarise(result: dict[str, Any], what: str) -> dict[str, Quantity]:
    """Give the largest moment of a relaxed structure and their sum; nothing where there is none and none was sought.

    Parameters
    ----------
    result
        Of a relaxation: ``atoms`` with the ``moments`` that it began from, and the final ``moments``, in Bohr magnetons.
        Results of earlier versions have no final ones.
    what
        What it is of.
    """
    if result.get("moments") is None:
        return {}
    began, ended = np.array(result["atoms"].get("moments", [])), np.array(result["moments"])
    ordered = began.size > 0 and abs(began.sum()) < SEEN and np.abs(began).max() > SEEN
    if np.abs(ended).max() < SEEN and not ordered:
        return {}
    checks = (at_most("moments of the antiferromagnet that turned over or vanished", lost(began, ended), 0),)
    atom = int(np.abs(ended).argmax())
    name = f"{result['atoms']['symbols'][atom]} {atom + 1}"
    return {
        f"largest magnetic moment, {what}": Quantity(
            value=float(abs(ended[atom])),
            unit="µB",
            says=f"of {name}, within its sphere; sum of all {ended.sum():.2f} µB",
            checks=checks if ordered else (),
        )
    }


def lost(began: np.ndarray, ended: np.ndarray) -> int:
    """Count the atoms whose moment turned over or vanished; all of them turned over together is the same order."""
    sought = np.abs(began) > SEEN
    along = began[sought] * ended[sought] / np.abs(began[sought])
    limit = LEFT * np.abs(began[sought])
    return int(min((along < limit).sum(), (-along < limit).sum()))
