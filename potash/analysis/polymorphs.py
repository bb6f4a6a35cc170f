"""Which of several phases of one composition is lowest, and by how much."""

from __future__ import annotations

from typing import Any

from potash.analysis.result import Quantity, at_most


def summarise(names: list[str], cells: list[dict[str, Any]], limits: dict[str, float]) -> dict[str, Quantity]:
    """Give each phase's energy above the first one, in meV per atom."""
    energies = [cell["energy"] / len(cell["atoms"]["symbols"]) for cell in cells]
    checks = (
        at_most("largest force left", max(cell["force"] for cell in cells), limits["force"], "eV/Å"),
        at_most("largest stress left", max(abs(x) for cell in cells for x in cell["stress"]), limits["stress"] * 1.5, "GPa"),
    )
    return {
        f"{name} − {names[0]}": Quantity(
            value=1000 * (energy - energies[0]),
            unit="meV/atom",
            says=f"energy of {name} above {names[0]}; positive: {names[0]} is lower",
            checks=checks,
        )
        for name, energy in zip(names[1:], energies[1:], strict=True)
    }
