"""One figure a kind of study, drawn from the data that its result carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from ase.eos import birchmurnaghan
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed, minus, signed
from potash.analysis.report.style import BLUE, FAINT, GREEN, INK, LINE, ORANGE, PAPER, VIOLET, Sheet
from potash.analysis.result import StudyResult


def figure(result: StudyResult, name: str) -> str | None:
    """Draw a study's figure.

    Parameters
    ----------
    result
        The study.
    name
        Of the figure, unique in the page.

    Returns
    -------
    str or None
        An ``<svg>`` element; None where the kind has no figure, or the study did not come to its data.
    """
    if result.kind not in _DRAWN or not result.data:
        return None
    title, draw = _DRAWN[result.kind]
    sheet = Sheet(f"{title}: {result.system}", name, _height(result))
    with sheet as axes:
        draw(axes, result)
    return sheet.svg


def caption(kind: str) -> str:
    """Say what the figure of a kind of study shows."""
    return _DRAWN[kind][0] if kind in _DRAWN else ""


def _height(result: StudyResult) -> float:
    """Give a figure of rows the height that its rows need, in inches."""
    if result.kind == "adsorption":
        return max(3.0, 1.5 + 0.62 * len(result.data["energies"]))
    if result.kind == "polymorphs":
        return max(2.6, 1.3 + 0.62 * len(result.data["names"]))
    return 2.9 if result.kind == "capacity" else 4.3


def _bulk(axes: Axes, result: StudyResult) -> None:
    data = result.data
    count = data["atoms"]
    volumes, energies = np.array(data["volumes"]) / count, np.array(data["energies"])
    e0, b0, slope, v0 = data["parameters"]
    reach = 0.04 * (volumes.max() - volumes.min())
    line = np.linspace(volumes.min() - reach, volumes.max() + reach, 200)
    axes.plot(line, 1000 * (birchmurnaghan(line * count, e0, b0, slope, v0) - e0) / count, color=BLUE, zorder=2)
    axes.plot(
        volumes, 1000 * (energies - e0) / count, "o", color=PAPER, markeredgecolor=BLUE, markeredgewidth=2, zorder=3
    )
    axes.axvline(v0 / count, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    top = axes.get_ylim()[1]
    axes.annotate(
        f"V₀ = {v0 / count:.2f} Å³/atom", (v0 / count, top), (8, -4), textcoords="offset points", va="top", color=INK
    )
    axes.set(xlabel="Volume (Å³ per atom)", ylabel="Energy above the minimum (meV per atom)")


def _barrier(axes: Axes, result: StudyResult) -> None:
    data = result.data
    path, energies = np.array(data["distances"]), np.array(data["energies"]) - data["energies"][0]
    curve = np.array(data["curve"]["energies"])
    axes.plot(data["curve"]["path"], curve - curve[0], color=BLUE, zorder=2)
    for i, (x, y) in enumerate(zip(path, energies, strict=True)):
        top = i == data["saddle"]
        face, edge = (ORANGE, ORANGE) if top else (PAPER, BLUE)
        axes.plot(
            [x],
            [y],
            "D" if top else "o",
            color=face,
            markeredgecolor=edge,
            markeredgewidth=2,
            zorder=4,
            gid=f"image-{i}",
        )
    saddle = data["saddle"]
    axes.annotate(
        f"{fixed(energies[saddle], 3)} eV", (path[saddle], energies[saddle]), (0, 11), textcoords="offset points",
        ha="center", color=ORANGE, weight="bold",
    )  # fmt: skip
    axes.margins(y=0.16)
    _published_levels(axes, result, "barrier")
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


def _adsorption(axes: Axes, result: StudyResult) -> None:
    sites = result.data["energies"]
    rows = np.arange(len(sites))[::-1]
    looks = (("against the free atom", BLUE, "o"), ("against the bulk metal", ORANGE, "D"))
    for k, (label, colour, marker) in enumerate(looks):
        values = [np.nan if pair[k] is None else pair[k] for pair in sites.values()]
        axes.hlines(rows, 0, values, color=colour, linewidth=1.6, alpha=0.45, zorder=2)
        axes.plot(values, rows, marker, color=colour, label=label, zorder=3)
        for value, row in zip(values, rows, strict=True):
            if np.isfinite(value):
                axes.annotate(fixed(value, 3), (value, row), (0, 9), textcoords="offset points", ha="center", size=9.5)
    axes.axvline(0, color=FAINT, linewidth=1, zorder=1)
    axes.margins(x=0.12)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks(rows, list(sites), color=INK)
    axes.set(xlabel="Adsorption energy (eV); left of zero: bound", ylim=(-0.5, len(sites) - 0.35))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, handletextpad=0.3)


def _orbitals(axes: Axes, result: StudyResult) -> None:
    levels = result.data["levels"]
    for x, (homo, lumo) in enumerate(levels.values()):
        axes.annotate(
            "",
            (x, lumo),
            (x, homo),
            arrowprops={"arrowstyle": "<->", "color": FAINT, "linewidth": 0.9, "shrinkA": 3, "shrinkB": 3},
        )
        axes.annotate(
            f"{lumo - homo:.2f}",
            (x, (homo + lumo) / 2),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=FAINT,
            size=9.5,
        )
        # A label over a LUMO just below the vacuum would lie on the vacuum's line: it goes beneath, beside the arrow.
        close = -0.07 * (lumo - homo) < lumo < 0
        for energy, colour, shift in ((homo, BLUE, (0, -13)), (lumo, ORANGE, (-7, -13) if close else (0, 6))):
            axes.hlines(energy, x - 0.3, x + 0.3, color=colour, linewidth=3.5, zorder=3)
            side = "right" if shift[0] else "center"
            axes.annotate(fixed(energy, 2), (x, energy), shift, textcoords="offset points", ha=side, color=INK)
    axes.axhline(0, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        "vacuum",
        (1, 0),
        (-2, 4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        color=FAINT,
        size=9.5,
    )
    axes.plot([], [], color=ORANGE, linewidth=3.5, label="LUMO")
    axes.plot([], [], color=BLUE, linewidth=3.5, label="HOMO")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    axes.margins(y=0.13)
    axes.set_xticks(range(len(levels)), list(levels), color=INK)
    axes.set(ylabel="Energy against the vacuum (eV)", xlim=(-0.6, len(levels) - 0.2))


def _capacity(axes: Axes, result: StudyResult) -> None:
    host, product, ratio = _volumes(result)
    names = [part.strip() for part in result.system.split("→")]
    labels = names if len(names) == 2 else ["host", "product"]
    axes.barh([1, 0], [host, product], color=[BLUE, GREEN], height=0.5, zorder=2)
    axes.vlines(host, -0.25, 0.75, color=PAPER, linewidth=1.4, linestyle=(0, (3, 2)), zorder=3)
    axes.annotate(f"{host:.1f} Å³", (host, 1), (7, 0), textcoords="offset points", va="center", color=INK)
    axes.annotate(
        f"{product:.1f} Å³  ({signed(100 * (product / host - 1))} %)", (product, 0), (-8, 0), textcoords="offset points",
        va="center", ha="right", color=PAPER, weight="bold", zorder=4,
    )  # fmt: skip
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([1, 0], labels, color=INK)
    axes.set(
        xlabel=f"Volume per {ratio} of the host (Å³)", ylim=(-0.5, 1.5), xlim=(0, 1.06 * max(host * 1.25, product))
    )


def _volumes(result: StudyResult) -> tuple[float, float, str]:
    """Give the volumes of host and product for one atom of the host's frame, and which atom that is."""
    host, product = float(result.data["host"]), float(result.data["product"])
    have, want = (Counter[str](view.frames[0]["symbols"]) for view in result.views[:2])
    # What is taken up is the element that the product has relatively more of; the frame is the one it has least more of.
    frame = max(have, key=lambda element: have[element] / want[element] if want[element] else 0.0)
    return host / have[frame], product / want[frame], f"{frame} atom"


def _polymorphs(axes: Axes, result: StudyResult) -> None:
    names = result.data["names"]
    energies = 1000 * (np.array(result.data["energies"]) - min(result.data["energies"]))
    rows = np.arange(len(names))[::-1]
    axes.hlines(rows, 0, energies, color=BLUE, linewidth=3, alpha=0.45, zorder=2)
    axes.plot(energies, rows, "o", color=BLUE, markersize=10, zorder=3)
    for value, row in zip(energies, rows, strict=True):
        words = "lowest" if value == 0 else f"+{value:.1f}"
        axes.annotate(words, (value, row), (10, 0), textcoords="offset points", va="center", color=INK)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_color(LINE)
    axes.set_yticks(rows, names, color=INK)
    reach = max(float(energies.max()), 1.0)
    axes.set(
        xlabel="Energy above the lowest phase (meV per atom)",
        xlim=(-0.04 * reach, 1.2 * reach),
        ylim=(-0.6, len(names) - 0.4),
    )


def _phonons(axes: Axes, result: StudyResult) -> None:
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


_DRAWN: dict[str, tuple[str, Callable[[Axes, StudyResult], None]]] = {
    "bulk": ("Equation of state, with the Birch–Murnaghan curve", _bulk),
    "barrier": ("Energy along the band, climbing image in orange", _barrier),
    "adsorption": ("Adsorption energies by site", _adsorption),
    "orbitals": ("HOMO and LUMO, the vacuum level as zero", _orbitals),
    "capacity": ("Volumes of host and product", _capacity),
    "polymorphs": ("Energies of the phases", _polymorphs),
    "phonons": ("Phonon bands, imaginary frequencies in orange", _phonons),
}
