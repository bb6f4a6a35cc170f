"""The states of an interface by layer and by element, and the potential across it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.overlap import VALENCE
from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, GREEN, INK, LINE, ORANGE, VIOLET
from potash.analysis.result import StudyResult

#: The colour of each side.
COLOURS = {"film": ORANGE, "substrate": BLUE}
#: Energies above the Fermi level are shown up to here at most, in eV.
ABOVE = 3.0
#: A layer's highest density reaches into the row above it by so much of a row.
REACH = 1.5


def potential(axes: Axes, result: StudyResult) -> str:
    """Draw planar and macroscopic average over the height, with layers marked."""
    data = result.data["electrons"]
    z = data["z"]
    axes.plot(z, data["planar"], color=LINE, linewidth=1.2, label="planar average", zorder=2)
    axes.plot(z, data["macroscopic"], color=INK, linewidth=2, label="macroscopic average", zorder=4)
    axes.axhline(data["fermi"], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="Fermi level", zorder=3)
    for side, (low, high, value) in data["inside"].items():
        axes.axvspan(low, high, color=COLOURS[side], alpha=0.08, linewidth=0, zorder=1)
        heights = [layer["z"] for layer in data["layers"] if layer["side"] == side]
        axes.plot(heights, np.zeros(len(heights)), "|", color=COLOURS[side], transform=axes.get_xaxis_transform(),
                  markersize=14, clip_on=False, label=side)  # fmt: skip
        if value is not None:
            axes.hlines(value, low, high, color=COLOURS[side], linewidth=2, zorder=5)
    axes.set(xlabel="Height (Å)", ylabel="Potential energy (eV)", xlim=(0, z[-1]))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handletextpad=0.4)
    values = [each[2] for each in data["inside"].values() if each[2] is not None]
    step = f"; step inside to inside: {fixed(values[0] - values[1], 3)} eV" if len(values) == 2 else ""
    return f"; ticks: layers{step}"


def layers(axes: Axes, result: StudyResult) -> str:
    """Draw the density of each layer, the film's highest layer on top."""
    data = result.data["electrons"]
    seen = _seen(data)
    energies = np.array(data["energies"])[seen]
    rows = sorted(data["layers"], key=lambda layer: layer["z"])
    scale = REACH / max(max(np.array(row["states"])[seen].max() for row in rows), 1e-9)
    for place, row in reversed(list(enumerate(rows))):
        curve = place + scale * np.array(row["states"])[seen]
        axes.fill_between(energies, place, curve, color=COLOURS[row["side"]], alpha=0.3, linewidth=0)
        axes.plot(energies, curve, color=COLOURS[row["side"]], linewidth=1.2)
    facing = [place for place, row in enumerate(rows) if row["side"] == "substrate"]
    axes.axhline(facing[-1] + 0.97, color=INK, linewidth=1, linestyle=(0, (2, 2)))
    axes.axvline(0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(rows)), [f"{row['side']} {row['number']}: {row['formula']}" for row in rows], color=INK)
    axes.grid(visible=False)
    axes.set(
        xlabel="Energy against the Fermi level (eV)", xlim=(energies[0], energies[-1]), ylim=(-0.2, len(rows) + REACH)
    )
    return "; per atom, one scale for all layers"


def elements(axes: Axes, result: StudyResult) -> str:
    """Draw each element's density per atom in the layer nearest the interface that has it."""
    data = result.data["electrons"]
    seen = _seen(data)
    energies = np.array(data["energies"])[seen]
    names = sorted({each["element"] for each in data["elements"]})
    colours = dict(zip(names, (BLUE, ORANGE, GREEN, VIOLET, FAINT, INK), strict=False))
    for each in data["elements"]:
        dashes = "-" if each["side"] == "film" else (0, (4, 2))
        axes.plot(energies, np.array(each["states"])[seen], color=colours.get(each["element"], LINE), linestyle=dashes,
                  linewidth=1.6, label=f"{each['element']}, {each['side']} {each['layer']}")  # fmt: skip
    axes.axvline(0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    axes.axvspan(*VALENCE, color=LINE, alpha=0.25, linewidth=0, zorder=0)
    axes.set(
        xlabel="Energy against the Fermi level (eV)", ylabel="States (1/eV per atom)", xlim=(energies[0], energies[-1])
    )
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, handletextpad=0.4)
    return "; the film full, the substrate dashed, with the number of the layer; shaded: what the overlap compares"


def _seen(data: dict[str, list[float]]) -> np.ndarray:
    """Say which energies are shown: those at which all states were computed."""
    energies = np.array(data["energies"])
    kept: np.ndarray = energies <= min(ABOVE, data["complete"])
    return kept
