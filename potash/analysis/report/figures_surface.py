"""Surface energies over the slabs' thickness, the equilibrium shape, and adsorption energies over the coverage."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed
from potash.analysis.report.scene import upright
from potash.analysis.report.style import BLUE, FAINT, ORANGE, PAPER, kinds_colours
from potash.analysis.result import StudyResult


def thicknesses(axes: Axes, result: StudyResult) -> None:
    """Draw what each slab alone gives with the crystal's own energy, and what the line through all gives."""
    data = result.data
    colours = kinds_colours(data["energies"])
    widest = max(max(layers) for layers in data["layers"])
    rows = zip(data["names"], data["layers"], data["alone"], data["energies"], data["errors"], colours, strict=True)
    for name, layers, alone, energy, error, colour in rows:
        axes.axhspan(energy - error, energy + error, color=colour, alpha=0.12, linewidth=0, zorder=1)
        axes.axhline(energy, color=colour, linewidth=1.4, zorder=2)
        label = f"{name}: {fixed(energy, 3)} J/m²"
        axes.plot(layers, alone, "o", color=colour, markeredgecolor=PAPER, markersize=8, zorder=3, label=label)
    axes.set(xlabel="Layers of the slab", ylabel="Surface energy (J/m²)", xlim=(0, widest + 0.5))
    axes.margins(y=0.15)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2)


def potentials(axes: Axes, result: StudyResult) -> None:
    """Draw each termination's surface energy over the range of the chemical potential: a straight line."""
    data = result.data["potential"]
    lines = {name: values for name, values in data["lines"].items() if None not in values}
    colours = kinds_colours([min(values) for values in lines.values()])
    for (name, values), colour in zip(lines.items(), colours, strict=True):
        axes.plot((-data["width"], 0), values, "-", color=colour, linewidth=1.6, label=name, zorder=2)
    for place, end in zip((-data["width"], 0), data["ends"], strict=True):
        axes.axvline(place, color=FAINT, linewidth=1, zorder=1)
        side = "left" if place else "right"
        axes.annotate(end, (place, 0), (4 if place else -4, 5), xycoords=("data", "axes fraction"),
                      textcoords="offset points", ha=side, size=9.5)  # fmt: skip
    axes.set(xlabel=f"Chemical potential of {data['element']} against the element (eV)", ylabel="Surface energy (J/m²)")
    axes.margins(y=0.15)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.3)


def coverage(axes: Axes, result: StudyResult) -> None:
    """Draw the energy per ion against both references; above zero the ions would rather be there."""
    points = result.data["points"]
    densities = [point["density"] for point in points]
    looks = zip(points[0]["energies"], (BLUE, ORANGE), ("o", "D"), strict=True)
    for against, colour, marker in looks:
        energies = [point["energies"][against] for point in points]
        axes.plot(
            densities, energies, marker, color=colour, linestyle="-", linewidth=1.4, label=f"against the {against}"
        )
    for point in points:
        place = (point["density"], max(point["energies"].values()))
        text = f"1 in {point['cells']}\n{point['site']}"
        axes.annotate(text, place, (0, 9), textcoords="offset points", ha="center", size=9.5)
    axes.axhline(0, color=FAINT, linewidth=1, zorder=1)
    axes.set(xlabel="Ions per nm²", ylabel="Adsorption energy per ion (eV); below zero: bound")
    axes.margins(x=0.12, y=0.22)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, handletextpad=0.3)


def shape(axes: Axes, result: StudyResult) -> None:
    """Draw the faces that look at the reader."""
    data = result.data
    energies = dict(zip(data["names"], data["energies"], strict=True))
    colours = kinds_colours([energies[name] for name in data["facets"]])
    turn = upright(periodic=True)
    for face in data["faces"]:
        corners = np.array(face["corners"]) @ turn.T
        outwards = np.cross(corners[1] - corners[0], corners[2] - corners[1])
        outwards *= np.sign(outwards @ corners.mean(axis=0)) / np.linalg.norm(outwards)
        if outwards[2] > 1e-6:
            shade = 0.35 + 0.6 * float(outwards[2])
            axes.fill(corners[:, 0], corners[:, 1], facecolor=colours[face["kind"]], alpha=shade, linewidth=0, zorder=2)
            axes.fill(corners[:, 0], corners[:, 1], fill=False, edgecolor=FAINT, linewidth=1.2, zorder=3)
    for name, fraction, colour in zip(data["facets"], data["fractions"], colours, strict=True):
        if fraction > 1e-9:
            label = f"{name}: {fixed(100 * fraction, 1)} % of the surface"
            axes.plot([], [], "s", color=colour, markersize=10, label=label)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handletextpad=0.2)
