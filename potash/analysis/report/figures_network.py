"""A periodic network of hops as a drawing: sites, hops by their barriers, and the easiest way through."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.layout import layout
from potash.analysis.report.numbers import fixed, signed
from potash.analysis.report.scene import upright
from potash.analysis.report.style import FAINT, INK, LINE, PAPER, kinds_colours
from potash.analysis.result import StudyResult

#: How sites that symmetry keeps apart look: face and edge.
_LOOKS = ((INK, INK), (PAPER, INK), (FAINT, INK), (LINE, INK))


def network(axes: Axes, result: StudyResult) -> str:
    """Draw a network in the host's own cell; a layer's from above."""
    data, laid = result.data, layout(result.data)
    turn = np.eye(3) if laid.flat else upright(periodic=True)
    for edge in laid.outline @ turn.T:
        axes.plot(edge[:, 0], edge[:, 1], color=LINE, linewidth=1, zorder=1)
    colours = kinds_colours([kind["forward"] for kind in data["kinds"]])
    lines = laid.hops @ turn.T
    depth = lines[:, :, 2].mean(axis=1)
    near = 1 - (depth.max() - depth) / max(float(np.ptp(depth)), 1e-3)
    for i, (line, stretch) in enumerate(zip(lines, laid.stretches, strict=True)):
        axes.plot(
            line[:, 0], line[:, 1], color=colours[data["edges"][stretch.edge][3]], zorder=2 + near[i],
            linewidth=5.5 if laid.easiest[i] else 1.2 if laid.refused[i] else 1.8,
            linestyle=(0, (3, 3)) if laid.refused[i] else "-",
            alpha=(0.45 + 0.55 * near[i]) * (0.6 if stretch.leaves else 1.0),
        )  # fmt: skip
    names = list(dict.fromkeys(site["name"] for site in data["sites"]))
    for name, place in laid.sites:
        x, y, _ = turn @ place
        _dot(axes, [x], [y], names.index(name))
    _legend(axes, data, colours)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return "; bold: the easiest way on for ever" if any(laid.easiest) else ""


def _dot(axes: Axes, x: list[float], y: list[float], kind: int, label: str | None = None) -> None:
    """Draw a site, or its mark in the legend."""
    face, edge = _LOOKS[kind % len(_LOOKS)]
    axes.plot(x, y, "o", color=face, markeredgecolor=edge, markeredgewidth=1.4, markersize=8, zorder=4, label=label)


def _legend(axes: Axes, data: dict[str, Any], colours: list[str]) -> None:
    for kind, colour in zip(data["kinds"], colours, strict=True):
        way = f"hop {kind['number']}: {kind['from']} to {kind['to']}, {kind['distance']:.2f} Å"
        there, back = kind["forward"], kind["backward"]
        if there is None:
            axes.plot([], [], color=colour, linestyle=(0, (3, 3)), linewidth=1.2, label=f"{way}, no barrier")
        else:
            both = fixed(there, 3) if abs(there - back) < 5e-4 else f"{fixed(there, 3)} / {fixed(back, 3)}"
            axes.plot([], [], color=colour, linewidth=2.5, label=f"{way}, {both} eV")
    energies = {site["name"]: site["energy"] for site in data["sites"]}
    for number, (name, energy) in enumerate(energies.items()):
        _dot(axes, [], [], number, f"{name}, {signed(energy, 3)} eV" if len(energies) > 1 else name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=1)
