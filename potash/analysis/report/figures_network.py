"""A periodic network of hops as a drawing: sites, hops by their barriers, and the easiest way through."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed, signed
from potash.analysis.report.scene import upright
from potash.analysis.report.style import FAINT, INK, LINE, PAPER, kinds_colours
from potash.analysis.result import StudyResult

#: Sites this near to a face of the cell, in fractions of it, are drawn on the opposite face too.
FACE = 0.02
#: How sites that symmetry keeps apart look: face and edge.
_LOOKS = ((INK, INK), (PAPER, INK), (FAINT, INK), (LINE, INK))
#: A layer is seen from above, so many of its cells each way.
LAYER = 2


class Stretch(NamedTuple):
    """One hop as it is drawn.

    Attributes
    ----------
    start, end
        In fractions of the cell, (3,). A hop that leaves the cell is drawn from its site within to its middle.
    edge
        Its index in the list of hops.
    leaves
        Whether it leaves the cell.
    """

    start: np.ndarray
    end: np.ndarray
    edge: int
    leaves: bool


def network(axes: Axes, result: StudyResult) -> str:
    """Draw a network in the host's own cell; of a layer, two cells each way from above."""
    data = result.data
    cell, kinds = np.array(data["cell"]), data["kinds"]
    flat = not data["periodic"][2]
    turn = np.eye(3) if flat else upright(periodic=True)
    reach = np.array([LAYER, LAYER, np.inf]) if flat else np.ones(3)
    stretches = drawn(data["sites"], data["edges"], reach)
    eye = cell @ turn.T
    depth = np.array([0.5 * (one.start + one.end) @ eye[:, 2] for one in stretches])
    near = 1 - (depth.max() - depth) / max(float(np.ptp(depth)), 1e-3)
    _cells(axes, eye, reach)
    colours = kinds_colours([kind["forward"] for kind in kinds])
    easiest = [_either(edge) for edge in data["bottleneck"]]
    for one, front in zip(stretches, near, strict=True):
        edge = data["edges"][one.edge]
        refused = kinds[edge[3]]["forward"] is None
        axes.plot(
            *(np.array([one.start, one.end]) @ eye)[:, :2].T, color=colours[edge[3]], zorder=2 + front,
            linewidth=5.5 if _either(edge) in easiest else 1.2 if refused else 1.8,
            linestyle=(0, (3, 3)) if refused else "-", alpha=(0.45 + 0.55 * front) * (0.6 if one.leaves else 1.0),
        )  # fmt: skip
    _sites(axes, data["sites"], eye, reach)
    _legend(axes, data, colours)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return "; bold: the easiest way on for ever" if easiest else ""


def drawn(sites: list[dict[str, Any]], edges: list[list[Any]], reach: np.ndarray) -> list[Stretch]:
    """Choose which images of each hop are drawn: those within the cell; where there is none, the halves that are.

    Parameters
    ----------
    sites
        With ``position``, fractions of the cell.
    edges
        Start, end, the end's cell, kind.
    reach
        How many cells are drawn along each vector, (3,); infinite where the host is not periodic.
    """
    places = np.array([site["position"] for site in sites], dtype=float)
    around = [range(-1, int(count) + 1) if np.isfinite(count) else (0,) for count in reach]
    made: list[Stretch] = []
    for number, (start, end, cell, _) in enumerate(edges):
        home = np.where(np.isfinite(reach), np.floor(places[start] + FACE), 0.0)
        images = [places[start] - home + shift for shift in product(*around)]
        ways = [(image, image + places[end] + cell - places[start]) for image in images]
        whole = [Stretch(a, b, number, False) for a, b in ways if _within(a, reach) and _within(b, reach)]
        halves = [Stretch(a, (a + b) / 2, number, True) for a, b in ways if _within(a, reach)]
        halves += [Stretch(b, (a + b) / 2, number, True) for a, b in ways if _within(b, reach)]
        made += whole or halves
    return made


def _within(place: np.ndarray, reach: np.ndarray) -> bool:
    return bool(((place > -FACE) & (place < reach + FACE))[np.isfinite(reach)].all())


def _either(edge: list[Any]) -> tuple[Any, ...]:
    """Name a hop and its way back alike."""
    start, end, cell, kind = edge
    back = (end, start, tuple(-step for step in cell))
    return (*min((start, end, tuple(cell)), back), kind)


def _cells(axes: Axes, eye: np.ndarray, reach: np.ndarray) -> None:
    """Draw the cell's edges, a layer's in its plane."""
    counts = [range(int(count) + 1) if np.isfinite(count) else (0,) for count in reach]
    for corner in product(*counts):
        for k in range(3):
            if np.isfinite(reach[k]) and corner[k] < reach[k]:
                line = np.array([corner, np.array(corner) + np.eye(3)[k]]) @ eye
                axes.plot(line[:, 0], line[:, 1], color=LINE, linewidth=1, zorder=1)


def _sites(axes: Axes, sites: list[dict[str, Any]], eye: np.ndarray, reach: np.ndarray) -> None:
    """Draw the sites in the cell, those on its faces on each of them."""
    names = list(dict.fromkeys(site["name"] for site in sites))
    around = [range(-1, int(count) + 1) if np.isfinite(count) else (0,) for count in reach]
    for site in sites:
        face, edge = _LOOKS[names.index(site["name"]) % len(_LOOKS)]
        images = [np.array(site["position"]) + shift for shift in product(*around)]
        at = np.array([image for image in images if _within(image, reach)]) @ eye
        axes.plot(
            at[:, 0], at[:, 1], "o", color=face, markeredgecolor=edge, markeredgewidth=1.4, markersize=8, zorder=4
        )


def _legend(axes: Axes, data: dict[str, Any], colours: list[str]) -> None:
    for kind, colour in zip(data["kinds"], colours, strict=True):
        way = f"hop {kind['number']}: {kind['from']} to {kind['to']}, {kind['distance']:.2f} Å"
        there, back = kind["forward"], kind["backward"]
        if there is None:
            axes.plot([], [], color=colour, linestyle=(0, (3, 3)), linewidth=1.2, label=f"{way}, no barrier")
        else:
            both = fixed(there, 3) if abs(there - back) < 5e-4 else f"{fixed(there, 3)} / {fixed(back, 3)}"
            axes.plot([], [], color=colour, linewidth=2.5, label=f"{way}, {both} eV")
    kinds_of_sites = {site["name"]: site["energy"] for site in data["sites"]}
    for (name, energy), (face, edge) in zip(kinds_of_sites.items(), _LOOKS * len(kinds_of_sites), strict=False):
        label = f"{name}, {signed(energy, 3)} eV" if len(kinds_of_sites) > 1 else name
        axes.plot([], [], "o", color=face, markeredgecolor=edge, markeredgewidth=1.4, markersize=7, label=label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=1)
