"""Figures of energies along a path: bands of images, Arrhenius lines, phonon bands."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed, minus, number
from potash.analysis.report.style import BLUE, FAINT, INK, LINE, ORANGE, PAPER, VIOLET, kinds_colours
from potash.analysis.result import StudyResult

#: What tells computed images from modelled ones, where a figure has both.
MODELLED = "; filled: computed, hollow and line: the Gaussian process, shaded by two of its standard deviations"


def barrier(axes: Axes, result: StudyResult) -> str:
    """Draw a band, its climbing image, and the published barriers."""
    data = result.data
    band(axes, data, BLUE, ORANGE, "image-")
    saddle = data["saddle"]
    top = data["energies"][saddle] - data["energies"][0]
    axes.annotate(
        f"{fixed(top, 3)} eV", (data["distances"][saddle], top), (0, 11), textcoords="offset points", ha="center",
        color=ORANGE, weight="bold",
    )  # fmt: skip
    _published_levels(axes, result, "barrier")
    _along(axes)
    return MODELLED if any(data["spread"]) else ""


def hops(axes: Axes, result: StudyResult) -> str:
    """Draw the bands of all hops of a network, refused ones dashed."""
    kinds = result.data["kinds"]
    for kind, colour in zip(kinds, kinds_colours([one["forward"] for one in kinds]), strict=True):
        label = f"hop {kind['number']}: {kind['from']} to {kind['to']}"
        refused = kind["forward"] is None
        style: Any = (0, (4, 3)) if refused else "-"
        band(axes, kind["band"], colour, colour, f"{kind['number']}-image-", style)
        axes.plot([], [], color=colour, linestyle=style, label=f"{label}, no barrier" if refused else label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    _along(axes)
    return MODELLED if any(any(kind["band"]["spread"]) for kind in kinds) else ""


def band(axes: Axes, data: dict[str, Any], colour: str, top: str, gid: str, style: Any = "-") -> None:
    """Draw one band.

    Parameters
    ----------
    data
        ``energies``, ``spread`` (eV), ``distances`` (Å), ``curve`` and ``saddle``, as `calcs.band.plain` gives them.
    colour, top
        Of the line, and of the climbing image.
    gid
        The start of the images' ids, by which the page marks the one that it shows.
    style
        Of the line.
    """
    energies, zero = np.array(data["energies"]), data["energies"][0]
    curve, spread = np.array(data["curve"]["energies"]) - zero, np.array(data["curve"]["spread"])
    path = data["curve"]["path"]
    axes.plot(path, curve, color=colour, linestyle=style, zorder=2)
    if spread.any():
        low, high = curve - 2 * spread, curve + 2 * spread
        axes.fill_between(path, low, high, color=colour, alpha=0.15, linewidth=0, zorder=1)
    for i, (x, y) in enumerate(zip(data["distances"], energies - zero, strict=True)):
        climbing, computed = i == data["saddle"], data["spread"][i] == 0
        edge = top if climbing else colour
        axes.plot(
            [x], [y], "D" if climbing else "o", color=edge if computed else PAPER, markeredgecolor=edge,
            markeredgewidth=2, markersize=7 if computed else 6, zorder=4, gid=f"{gid}{i}",
        )  # fmt: skip


def _along(axes: Axes) -> None:
    axes.margins(y=0.16)
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=1)
    axes.set(xlabel="Length of the path (Å)", ylabel="Energy above the initial end point (eV)")


def _published_levels(axes: Axes, result: StudyResult, quantity: str) -> None:
    """Draw the published values of a quantity as lines, a range as a band."""
    for row in result.published:
        if row.quantity != quantity or row.value is None:
            continue
        low, high = row.value if isinstance(row.value, tuple) else (row.value, row.value)
        label = f"published {minus(row.text)} ({row.id})"
        axes.axhline(low, color=VIOLET, linewidth=1.5, linestyle=(0, (5, 3)), zorder=1, label=label)
        if high > low:
            axes.axhspan(low, high, color=VIOLET, alpha=0.12, linewidth=0)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)


def arrhenius(axes: Axes, result: StudyResult) -> str:
    """Draw a diffusivity over the inverse temperature, with its line."""
    data = result.data["arrhenius"]
    kelvin = np.array(data["temperatures"], dtype=float)
    values = np.log10(data["values"])
    slope, start = np.polyfit(1000 / kelvin, values, 1)
    ends = 1000 / kelvin[[0, -1]]
    axes.plot(ends, slope * ends + start, color=BLUE, linewidth=1.4, zorder=2)
    axes.plot(1000 / kelvin, values, "o", color=BLUE, markersize=5, zorder=3)
    axes.annotate(
        f"{fixed(data['activation'], 3)} eV", (1, 1), (-4, -6), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", color=BLUE, weight="bold",
    )  # fmt: skip
    above = axes.secondary_xaxis("top", functions=(_inverse, _inverse))
    shown = [one for one in (250, 300, 350, 400, 500, 600) if kelvin.min() <= one <= kelvin.max()]
    above.set_xticks(shown, [f"{one} K" for one in shown])
    above.spines["top"].set_color(LINE)
    axes.set(xlabel="1000 K / temperature", ylabel="log₁₀ of the diffusivity in cm²/s")
    factor, activation = number(data["factor"], "cm²/s"), fixed(data["activation"], 3)
    return f"; the line: {factor} cm²/s · exp(−{activation} eV / kT)"


def _inverse(x: Any) -> Any:
    return 1000 / np.maximum(x, 1e-9)


def phonons(axes: Axes, result: StudyResult) -> str:
    """Draw phonon bands, imaginary frequencies below zero."""
    data = result.data
    path, bands = np.array(data["distances"]), np.array(data["frequencies"])
    # Where the path jumps from one point to another its length stands still: no line across.
    for piece in np.split(np.arange(len(path)), np.flatnonzero(np.diff(path) == 0) + 1):
        axes.plot(path[piece], bands[piece], color=BLUE, linewidth=1.6, zorder=2)
        below = np.where(bands[piece] < 0, bands[piece], np.nan)
        axes.plot(path[piece], below, color=ORANGE, linewidth=2.2, zorder=3)
    axes.axhline(0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.vlines(data["ticks"], 0, 1, transform=axes.get_xaxis_transform(), color=LINE, linewidth=1, zorder=1)
    axes.set_xticks(data["ticks"], [label.replace("G", "Γ") for label in data["labels"]], color=INK)
    axes.set(ylabel="Frequency (THz); imaginary ones below zero", xlim=(path[0], path[-1]))
    return ""
