"""The scanned registry of an interface as a map."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap

from potash.analysis.interface import JOULE
from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, INK, LINE, ORANGE, PAPER
from potash.analysis.result import StudyResult


def registry(axes: Axes, result: StudyResult) -> str:
    """Draw the best rigid work of adhesion at each shift, over two by two cells of distinct shifts."""
    scan = result.data["scan"]
    basis, orbits = np.array(scan["basis"]), np.array(scan["orbits"])
    best = np.full(orbits.max() + 1, -np.inf)
    for each in scan["tried"]:
        best[each["orbit"]] = max(best[each["orbit"]], JOULE * each["adhesion"])
    values = np.tile(best[orbits], (2, 2)).ravel()
    grid = len(orbits)
    steps = np.stack(np.meshgrid(np.arange(2 * grid), np.arange(2 * grid), indexing="ij"), axis=-1).reshape(-1, 2)
    places = np.array(scan["origin"]) + steps / grid @ basis
    corner = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) / grid @ basis
    ramp = LinearSegmentedColormap.from_list("adhesion", [ORANGE, PAPER, BLUE])
    tiles = PolyCollection(list(places[:, None] + corner), array=values, cmap=ramp, edgecolors=LINE, linewidths=0.5)
    axes.add_collection(tiles)
    first = int(values.argmax())
    axes.plot(*places[first], "o", color=PAPER, markeredgecolor=INK, markeredgewidth=1.6, zorder=3)
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.set(xlabel="Shift along x (Å)", ylabel="Shift along y (Å)")
    bar = axes.figure.colorbar(tiles, ax=axes, shrink=0.85)
    bar.outline.set_visible(False)
    bar.set_label("Rigid work of adhesion (J/m²)", color=FAINT)
    count = f"{len(best)} distinct shift{'s' * (len(best) > 1)}, each at its best gap"
    return f"; {count}; the best of all, marked: {fixed(float(values[first]), 3)} J/m²"
