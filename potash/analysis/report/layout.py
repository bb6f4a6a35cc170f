"""A periodic network laid out to be drawn: which images of its sites and hops are shown, and which cells around them."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

#: Sites this near to a face of the cell, in fractions of it, are drawn on the opposite face too.
FACE = 0.02
#: A layer is shown with so many of its cells each way.
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


class Layout(NamedTuple):
    """What of a network is shown, in Å.

    Attributes
    ----------
    flat
        Whether it is of a layer.
    outline
        The edges of the cells, (n, 2, 3).
    sites
        The name of each site, and where it is.
    hops
        Where each starts and ends, (n, 2, 3).
    stretches
        The same in fractions of the cell.
    easiest, refused
        Of each, whether it is on the easiest way on for ever, and whether it is no barrier.
    """

    flat: bool
    outline: np.ndarray
    sites: list[tuple[str, np.ndarray]]
    hops: np.ndarray
    stretches: list[Stretch]
    easiest: list[bool]
    refused: list[bool]


def layout(data: dict[str, Any]) -> Layout:
    """Lay a network out in the host's own cell; a layer's in two cells each way.

    Parameters
    ----------
    data
        As `analysis.network.summarise` gives it.
    """
    cell, flat = np.array(data["cell"]), not data["periodic"][2]
    reach = np.array([LAYER, LAYER, np.inf]) if flat else np.ones(3)
    stretches = drawn(data["sites"], data["edges"], reach)
    shown = [data["edges"][one.edge] for one in stretches]
    easiest = {_either(edge) for edge in data["bottleneck"]}
    height = data["sites"][0]["position"][2] if flat else 0.0
    return Layout(
        flat,
        (_outline(reach) + np.array([0, 0, height])) @ cell,
        [
            (site["name"], image @ cell)
            for site in data["sites"]
            for image in (np.array(site["position"]) + shift for shift in _around(reach))
            if _within(image, reach)
        ],
        np.array([[one.start, one.end] for one in stretches]) @ cell,
        stretches,
        [_either(edge) in easiest for edge in shown],
        [data["kinds"][edge[3]]["forward"] is None for edge in shown],
    )


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
    made: list[Stretch] = []
    for number, (start, end, cell, _) in enumerate(edges):
        home = np.where(np.isfinite(reach), np.floor(places[start] + FACE), 0.0)
        images = [places[start] - home + shift for shift in _around(reach)]
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


def _around(reach: np.ndarray) -> list[np.ndarray]:
    """Give the cells in which images are looked for."""
    steps = [range(-1, int(count) + 1) if np.isfinite(count) else (0,) for count in reach]
    return [np.array(shift, dtype=float) for shift in product(*steps)]


def _outline(reach: np.ndarray) -> np.ndarray:
    """Give the edges of the cells, (n, 2, 3) in fractions; a layer's in its plane."""
    corners = product(*[range(int(count) + 1) if np.isfinite(count) else (0,) for count in reach])
    edges = [
        [corner, np.array(corner) + np.eye(3)[k]]
        for corner in corners
        for k in range(3)
        if np.isfinite(reach[k]) and corner[k] < reach[k]
    ]
    return np.array(edges, dtype=float)
