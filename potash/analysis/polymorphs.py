"""Which of several phases of one composition is lowest, and by how much."""

from __future__ import annotations

from typing import Any

from potash.analysis.bulk import cell_checks
from potash.analysis.result import Quantity


def summarise(names: list[str], cells: list[dict[str, Any]], limits: dict[str, float]) -> dict[str, Quantity]:
    """Give each phase's energy above the first one, in meV per atom."""
    energies = [cell["energy"] / len(cell["atoms"]["symbols"]) for cell in cells]
    checks = cell_checks(cells, limits)
    return {
        f"{name} − {names[0]}": Quantity(
            value=1000 * (energy - energies[0]),
            unit="meV/atom",
            says=f"energy of {name} above {names[0]}; positive: {names[0]} is lower",
            checks=checks,
        )
        for name, energy in zip(names[1:], energies[1:], strict=True)
    }
