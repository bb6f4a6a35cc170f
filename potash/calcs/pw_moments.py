"""The magnetic moments in the output of pw.x."""

from __future__ import annotations

import re

HEAD = "Magnetic moment per site"
#: One atom's line: ``atom 1 (R=0.41) charge= 0.85 magn= 0.84``, up to 6.7 ``atom: 1 charge: 0.85 magn: 0.84 constr: 0.00``.
SITE = re.compile(r"^\s*atom\b.*\bmagn\s*[:=]\s*(-?\d+\.\d+)")


def moments(text: str) -> list[float] | None:
    """Read the last moments that pw.x printed, in Bohr magnetons; None where it printed none.

    ASE 3.29 takes the last column, which in the older form is that of constraints.
    """
    if HEAD not in text:
        return None
    found = []
    for line in text.rsplit(HEAD, 1)[1].splitlines()[1:]:
        if not (site := SITE.match(line)):
            break
        found.append(float(site[1]))
    return found or None
