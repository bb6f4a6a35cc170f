"""The figure of an ion's shells: how strongly they bind."""

from __future__ import annotations

from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, INK
from potash.analysis.result import StudyResult


def shells(axes: Axes, result: StudyResult) -> str:
    """Draw the binding energy of each shell, with how many atoms coordinate the ion in its lowest one."""
    data = result.data
    places = range(len(data["names"]))
    axes.vlines(places, 0, data["binding"], color=BLUE, linewidth=1.6, alpha=0.45, zorder=2)
    axes.plot(places, data["binding"], "o", color=BLUE, zorder=3)
    for x, (name, energy) in enumerate(zip(data["names"], data["binding"], strict=True)):
        told = f"{fixed(energy, 2)} eV\n{data['shells'][name][0]['coordination']} atoms"
        axes.annotate(told, (x, energy), (0, -8), textcoords="offset points", ha="center", va="top", color=INK)
    axes.axhline(0, color=FAINT, linewidth=1, zorder=1)
    axes.margins(y=0.25)
    axes.set_xticks(places, data["names"], color=INK)
    axes.set(ylabel="Binding energy (eV)", xlim=(-0.6, len(data["names"]) - 0.4))
    return "; below each, how many atoms coordinate the ion"
