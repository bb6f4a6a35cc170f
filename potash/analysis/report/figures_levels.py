"""LUMOs beside electron affinities."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, INK, ORANGE
from potash.analysis.result import StudyResult


def reduction(axes: Axes, result: StudyResult) -> str:
    """Draw LUMOs and electron affinities, the molecule that takes an electron most easily on the left."""
    affinities, levels = result.data["affinities"], result.data["levels"]
    names = sorted(affinities, key=lambda name: -affinities[name])
    taken = {"LUMO": [levels[name][1] for name in names], "−electron affinity": [-affinities[name] for name in names]}
    places = np.arange(len(names))
    for (label, energies), colour, shift in zip(taken.items(), (ORANGE, BLUE), (-0.18, 0.18), strict=True):
        axes.hlines(energies, places + shift - 0.15, places + shift + 0.15, color=colour, linewidth=3.5, label=label)
        for x, energy in zip(places + shift, energies, strict=True):
            up = 1 if energy >= 0 else -1  # off the zero line
            axes.annotate(
                fixed(energy, 2), (x, energy), (0, 5 * up), textcoords="offset points", ha="center",
                va="bottom" if up > 0 else "top", color=INK,
            )  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.margins(y=0.15)
    axes.set_xticks(places, names, color=INK)
    axes.set(ylabel="Energy of the added electron (eV)", xlim=(-0.6, len(names) - 0.4))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    by_lumo = sorted(names, key=lambda name: levels[name][1])
    alike = "the LUMOs have the same order" if by_lumo == names else f"by LUMO it would be {', '.join(by_lumo)}"
    return (
        f". The electron affinity is the {result.data['affinity']} one; easiest to reduce first, {alike}. Where an affinity is "
        "negative the electron is not bound, and its energy is that of the basis"
    )
