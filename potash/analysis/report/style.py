"""The one look of all figures: colours that are the page's own, letters that stay letters."""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

#: Colours as matplotlib writes them, each replaced by one of the page's, which knows light and dark.
INK, FAINT, LINE, PAPER = "#1b2430", "#5d6b7c", "#d5dce4", "#fefefd"
BLUE, ORANGE, GREEN, VIOLET = "#1f6fb2", "#d9730d", "#0f8a6c", "#7b5ac9"
_NAMES = {
    INK: "--ink", FAINT: "--faint", LINE: "--line", PAPER: "--card",
    BLUE: "--blue", ORANGE: "--orange", GREEN: "--green", VIOLET: "--violet",
}  # fmt: skip

_LOOK: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.edgecolor": LINE,
    "axes.linewidth": 1.0,
    "axes.labelcolor": FAINT,
    "axes.labelsize": 10.5,
    "axes.labelpad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "ytick.major.pad": 6,
    "text.color": INK,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "lines.markersize": 7,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 10,
    "legend.labelcolor": INK,
}


def kinds_colours(values: list[float | None]) -> list[str]:
    """Give each of several kinds a colour by its rank: green is lowest, orange highest; without a value it is grey."""
    ranks = sorted({value for value in values if value is not None})
    ramp = LinearSegmentedColormap.from_list("rank", [GREEN, BLUE, VIOLET, ORANGE])
    steps = {1: [BLUE], 2: [BLUE, ORANGE], 3: [GREEN, BLUE, ORANGE], 4: [GREEN, BLUE, VIOLET, ORANGE]}
    colours = steps.get(len(ranks)) or [to_hex(ramp(place)) for place in np.linspace(0, 1, len(ranks))]
    return [FAINT if value is None else colours[ranks.index(value)] for value in values]


class Sheet:
    """A sheet of one figure; use it in a ``with``, draw on `axes`, then take `svg`.

    Parameters
    ----------
    title
        What the figure shows, for those who do not see it.
    name
        Differs from figure to figure of a page, so that their inner ids do.
    height
        In inches; the width is the page's.
    """

    def __init__(self, title: str, name: str, height: float = 4.3) -> None:
        self.title, self.name, self.height = title, name, height
        self.svg = ""

    def __enter__(self) -> Axes:
        self._context = rc_context({**_LOOK, "svg.hashsalt": self.name})
        self._context.__enter__()
        self._figure = Figure(figsize=(6.0, self.height), layout="constrained")
        axes: Axes = self._figure.add_subplot()
        return axes

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                written = io.StringIO()
                self._figure.savefig(
                    written, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
                )
                self.svg = _inline(written.getvalue(), self.title, self.name)
        finally:
            self._context.__exit__(None, None, None)


def _inline(svg: str, title: str, name: str) -> str:
    """Make matplotlib's file an element of the page: no prolog, own ids, the page's colours and letters."""
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    box = re.search(r'viewBox="([^"]*)"', svg)
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.S)
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    body = re.sub(r"'DejaVu Sans'(?:, [^;\"]*)?", "var(--sans)", body)
    for colour, variable in _NAMES.items():
        body = body.replace(colour, f"var({variable})")
    return f'<svg viewBox="{box[1] if box else ""}" role="img" aria-label="{escape(title)}">{body}'
