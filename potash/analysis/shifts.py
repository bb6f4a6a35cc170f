"""What other settings change: each shift a quantity, their sum the error."""

from __future__ import annotations

from potash.analysis.result import Quantity


def error(shifts: dict[str, float]) -> float | None:
    """Give the sum of shifts without their signs; None where nothing was varied."""
    return sum(map(abs, shifts.values())) if shifts else None


def told(name: str, unit: str, shifts: dict[str, float], where: str = "the relaxed structures") -> dict[str, Quantity]:
    """Make a quantity of each shift, in thousandths of the unit.

    Parameters
    ----------
    name
        Of what is shifted.
    unit
        Of it and of the shifts.
    shifts
        By the setting that was varied.
    where
        Where the single points were.
    """
    return {
        f"{name}'s shift, {what}": Quantity(
            value=1000 * shift, unit=f"m{unit}", says=f"single points at {where}; not relaxed again"
        )
        for what, shift in shifts.items()
    }
