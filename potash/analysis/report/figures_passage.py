"""The ways of an ion at an interface: energies of sites and saddles over the height."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, INK, ORANGE, PAPER
from potash.analysis.result import StudyResult

#: Hops between sites of one height are drawn so wide, in Å.
WIDTH = 0.5


def heights(axes: Axes, result: StudyResult) -> str:
    """Draw each computed hop from site to site over its saddle, those on the easiest ways bold."""
    for rise in sorted(result.data["rises"], key=lambda each: bool(each["on"])):
        (left, right), (before, after), top = rise["heights"], rise["energies"], rise["saddle"]
        if abs(right - left) < WIDTH:
            left, right = (left + right - WIDTH) / 2, (left + right + WIDTH) / 2
        colour, width = (ORANGE, 2.6) if rise["on"] else (FAINT, 1.0)
        axes.plot(*_arch(left, right, before, after, top), color=colour, linewidth=width, zorder=3 if rise["on"] else 2)
    sites = result.data["sites"]
    axes.plot([site["height"] for site in sites], [site["energy"] for site in sites], "o", color=PAPER, zorder=4,
              markeredgecolor=BLUE, markeredgewidth=2)  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    axes.set(xlabel="Height above the middle of the interface (Å); substrate left, film right", ylabel="Energy (eV)")
    made = result.quantities
    said = [
        f"{way} {fixed(value, 3)} eV"
        for way in ("along", "across")
        if (value := made[f"barrier {way}"].value) is not None
    ]
    return f"; bold: the easiest ways, {' and '.join(said)}" if said else ""


def _arch(left: float, right: float, before: float, after: float, top: float) -> tuple[np.ndarray, np.ndarray]:
    """Give a smooth curve over a saddle midway between two sites: half a wave on either side."""
    steps = np.linspace(0, 1, 41)
    start = np.where(steps < 0.5, before, after)
    return left + (right - left) * steps, start + (top - start) * np.sin(np.pi * steps) ** 2
