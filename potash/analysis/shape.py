"""The equilibrium shape that surface energies make."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.result import Quantity
from potash.analysis.wulff import wulff


def shape(found: dict[str, tuple[dict[str, Any], Quantity]]) -> tuple[dict[str, Any], list[str]]:
    """Construct the equilibrium shape from each facet's termination of lowest energy.

    Parameters
    ----------
    found
        By name, the lowest first: a termination with its ``facet`` and ``normals``, and its surface energy.

    Returns
    -------
    tuple
        The figure's data with the ``quantities``, and what is to be said.
    """
    lowest: dict[str, str] = {}
    values = {name: float(quantity.value or 0.0) for name, (_, quantity) in found.items()}
    for name, (end, _) in found.items():
        if values[name] > 0:
            lowest.setdefault(end["facet"], name)
    energies = [values[name] for name in lowest.values()]
    faces = wulff([np.array(found[name][0]["normals"]) for name in lowest.values()], energies) if lowest else None
    if faces is None:
        return {}, ["These facets do not close a shape: there is no equilibrium shape of them."]
    areas = np.bincount([face.kind for face in faces], [face.area for face in faces], minlength=len(lowest))
    fractions = areas / areas.sum()
    checks = tuple(check for name in lowest.values() for check in found[name][1].checks)
    shown = fractions > 1e-9
    errors = np.array([found[name][1].error or 0.0 for name in lowest.values()])
    quantities = {
        "weighted surface energy": Quantity(
            value=float(fractions @ energies),
            unit="J/m2",
            error=float(fractions @ errors),
            says="mean over the equilibrium shape, weighted by area",
            checks=checks,
        )
    }
    quantities |= {
        f"area {name}": Quantity(
            value=100 * float(fraction), unit="%", says="of the equilibrium shape's surface", checks=checks
        )
        for name, fraction in zip(lowest.values(), fractions, strict=True)
    }
    missing = [name for name, there in zip(lowest.values(), shown, strict=True) if not there]
    notes = [f"Not on the equilibrium shape: {', '.join(missing)}."] if missing else []
    notes.append("The equilibrium shape is that of the facets listed here; others may cut it.")
    drawn = [{"kind": face.kind, "corners": face.corners.tolist()} for face in faces if len(face.corners)]
    return {
        "quantities": quantities,
        "faces": drawn,
        "facets": list(lowest.values()),
        "fractions": fractions.tolist(),
    }, notes
