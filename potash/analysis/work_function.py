"""Work functions, from the potential in the vacuum on either side of a slab."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.result import Quantity, at_most

#: The vacuum is looked at from here to there from the cell's faces, in Å: off the dipole layer, off the slab.
WINDOW = (0.6, 1.4)
#: In it the planar potential is flat within this, in eV.
FLAT = 0.05


def vacuum(found: dict[str, Any], side: str) -> tuple[float, float]:
    """Give the potential in the vacuum on one side, ``top`` or ``bottom``, and how much it varies there, in eV."""
    z, planar = np.array(found["z"]), np.array(found["planar"])
    depth = z - z[0] if side == "bottom" else z[-1] - z
    seen = planar[(depth >= WINDOW[0]) & (depth <= WINDOW[1])]
    return float(seen.mean()), float(np.ptp(seen))


def work_function(found: dict[str, Any], says: str) -> Quantity:
    """Give the work function of a slab's upper side: the vacuum's potential over the Fermi level.

    Parameters
    ----------
    found
        As of `calcs.potential.potential`.
    """
    level, varies = vacuum(found, "top")
    check = at_most("potential flat in the vacuum", varies, FLAT, "eV")
    return Quantity(value=level - found["fermi"], unit="eV", says=says, checks=(check,))


def summarise(clean: dict[str, Any], covered: dict[str, Any]) -> dict[str, Quantity]:
    """Give the work functions of the clean and of the covered surface, and the change."""
    before = work_function(clean, "of the clean surface's upper side")
    after = work_function(covered, "with the adsorbate on the lowest site")
    assert before.value is not None
    assert after.value is not None
    change = Quantity(
        value=after.value - before.value,
        unit="eV",
        says="by the adsorbate at this coverage; negative where it gives electrons to the surface",
        checks=(*before.checks, *after.checks),
    )
    return {"work function, clean": before, "work function, covered": after, "change of the work function": change}
