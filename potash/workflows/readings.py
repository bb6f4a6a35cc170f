"""What trajectories say, kept in the vault so that none is read twice; in a plan it is guessed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from potash.analysis.liquid_reading import Reading
from potash.analysis.result import Quantity, View
from potash.calcs.site import here
from potash.calcs.vault import write
from potash.structures.clusters import nearest
from potash.structures.topology import Topology

#: What a reading gives was changed so often: earlier ones are not found again.
REVISION = 3
#: In a plan, shells that are not known yet are taken to have so many molecules, and to be of so many kinds.
AROUND, KINDS = 5, 8


def kept(content: dict[str, Any], read: Callable[[], Reading], guess: Callable[[], Reading]) -> dict[str, Any]:
    """Give a reading that was kept, or read and keep it.

    Parameters
    ----------
    content
        What decides the reading.
    read, guess
        Make it, and what stands for it in a plan.

    Returns
    -------
    dict
        As of `plain`, with its ``key`` and the ``core_seconds`` that it took.
    """
    key = hashlib.sha256(json.dumps({**content, "revision": REVISION}, sort_keys=True).encode()).hexdigest()[:24]
    path = here().vault.root / "readings" / f"{key}.json"
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    if here().guesses():
        return {**plain(guess()), "key": key, "core_seconds": 0.0}
    began = time.process_time()
    found = {**plain(read()), "key": key, "core_seconds": time.process_time() - began}
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, found)
    return found


def guessed(positions: np.ndarray, cell: np.ndarray, topology: Topology, cation: str | None) -> Reading:
    """Stand in for a reading in a plan: shells of the molecules that are nearest, and nothing else."""
    return Reading(clusters=nearest(positions, cell, topology, cation, AROUND, KINDS) if cation else ())


def plain(reading: Reading) -> dict[str, Any]:
    """Write a reading as plain data."""
    return {
        "quantities": {name: quantity.model_dump(mode="json") for name, quantity in reading.quantities.items()},
        "data": reading.data,
        "notes": list(reading.notes),
        "clusters": [cluster.plain() for cluster in reading.clusters],
    }


def views(found: dict[str, Any]) -> tuple[View, ...]:
    """Show one shell of each kind that was cut out."""
    first = {each["label"]: each for each in reversed(found["clusters"])}
    return tuple(
        View(title=f"{label}: {100 * each['population']:.0f} % of the ions", frames=(each["atoms"],))
        for label, each in sorted(first.items(), key=lambda item: -item[1]["population"])
    )


def quantities(found: dict[str, Any]) -> dict[str, Quantity]:
    """Read the quantities that `plain` wrote."""
    return {name: Quantity.model_validate(quantity) for name, quantity in found["quantities"].items()}
