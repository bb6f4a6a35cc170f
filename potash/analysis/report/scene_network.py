"""A network of hops made ready to turn: sites as balls, hops as rods between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from potash.analysis.report.layout import layout
from potash.analysis.report.scene import Scene, upright
from potash.analysis.report.style import kinds_colours

#: Colours of the kinds of sites, and the radius of each, in Å.
_SITES, _RADIUS = ("#7e57c9", "#c99a1d", "#4f9a3f", "#b8486b", "#4a6fd4"), 0.26
#: The radius of a hop that is a barrier, of one on the easiest way, and of one that is none, in Å.
_ROD, _EASY, _THIN = 0.05, 0.14, 0.025


def network_scene(data: dict[str, Any]) -> Scene:
    """Make a network ready for the page, as `scene.scene` makes structures.

    Parameters
    ----------
    data
        As `analysis.network.summarise` gives it.
    """
    laid = layout(data)
    turn = np.eye(3) if laid.flat else upright(periodic=True)
    sites = np.array([place for _, place in laid.sites]) @ turn.T
    outline, hops = laid.outline @ turn.T, laid.hops @ turn.T
    seen = np.concatenate([sites, outline.reshape(-1, 3)])
    middle = 0.5 * (seen.min(axis=0) + seen.max(axis=0))
    colours = kinds_colours([kind["forward"] for kind in data["kinds"]])
    names = dict.fromkeys(site["name"] for site in data["sites"])
    return {
        "title": "Network",
        "symbols": [name for name, _ in laid.sites],
        "elements": {name: {"colour": _SITES[i % len(_SITES)], "radius": _RADIUS} for i, name in enumerate(names)},
        "frames": [np.round(sites - middle, 3).tolist()],
        "bonds": [[]],
        "cell": np.round(outline - middle, 3).tolist(),
        "links": [
            [
                *np.round(hop - middle, 3).tolist(),
                colours[data["edges"][stretch.edge][3]],
                _EASY if easy else _THIN if refused else _ROD,
            ]
            for hop, stretch, easy, refused in zip(hops, laid.stretches, laid.easiest, laid.refused, strict=True)
        ],
        "movers": [],
        "mover": 0.0,
        "path": [],
        "labels": [""],
        "marks": "image-",
        "about": f"{len(data['sites'])} sites and {len(data['edges'])} hops in the host's cell",
    }
