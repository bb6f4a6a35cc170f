"""The figures of each kind of study, drawn from the data that its result carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from ase.eos import birchmurnaghan
from matplotlib.axes import Axes

from potash.analysis.report import figures_amorphous as amorphous
from potash.analysis.report import figures_bands as bands
from potash.analysis.report import figures_electrons as electrons
from potash.analysis.report import figures_liquid as liquid
from potash.analysis.report import figures_surface as surface
from potash.analysis.report.figures_interface import registry
from potash.analysis.report.figures_levels import reduction
from potash.analysis.report.figures_network import network
from potash.analysis.report.figures_passage import heights
from potash.analysis.report.figures_shells import shells
from potash.analysis.report.numbers import fixed, signed
from potash.analysis.report.style import BLUE, FAINT, GREEN, INK, LINE, ORANGE, PAPER, Sheet
from potash.analysis.result import StudyResult


class Figure(NamedTuple):
    """A figure of the page: an ``<svg>`` element, and what it shows."""

    svg: str
    caption: str


class Drawing(NamedTuple):
    """How a figure is drawn.

    Attributes
    ----------
    says
        What it shows.
    draw
        Draws it, and may say more about it.
    name
        Tells a kind's further figures from its first.
    needs
        The result's data without which there is no such figure.
    """

    says: str
    draw: Callable[[Axes, StudyResult], str | None]
    name: str = ""
    needs: str = ""


def figures(result: StudyResult, name: str) -> list[Figure]:
    """Draw a study's figures.

    Parameters
    ----------
    result
        The study.
    name
        The start of the ids in its figures, unique in the page.

    Returns
    -------
    list of Figure
        None where the kind has no figure, or the study did not come to its data.
    """
    made = []
    for drawing in _DRAWN.get(result.kind, ()) if result.data else ():
        if drawing.needs and drawing.needs not in result.data:
            continue
        own = f"{name}-{drawing.name}" if drawing.name else name
        sheet = Sheet(f"{drawing.says}: {result.system}", own, _height(result, drawing.name))
        with sheet as axes:
            more = drawing.draw(axes, result)
        made.append(Figure(sheet.svg, f"{drawing.says}{more or ''}"))
    return made


def _height(result: StudyResult, name: str) -> float:
    """Give a figure of rows the height that its rows need, in inches."""
    if result.kind == "adsorption":
        return max(3.0, 1.5 + 0.62 * len(result.data["energies"]))
    if result.kind == "polymorphs":
        return max(2.6, 1.3 + 0.62 * len(result.data["names"]))
    if result.kind == "network":
        rows = len(result.data["kinds"])
        return 4.3 + 0.1 * rows if name else 4.4 + 0.2 * (rows + len({site["name"] for site in result.data["sites"]}))
    if name == "layers":
        return 1.6 + 0.42 * len(result.data["electrons"]["layers"])
    if result.kind == "passage":
        return 4.3 + 0.1 * len(result.data["kinds"]) if name else 4.3
    if name == "shells":
        return 1.4 + 0.36 * len(result.data["shells"])
    if name == "states":
        return 1.4 + 0.6 * len(result.data["states"])
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


_LIQUID = (
    Drawing("Pair distributions around the cation; dashed: coordination numbers", liquid.distributions, "", "rdf"),
    Drawing("What anions do", liquid.states, "states", "states"),
    Drawing("The commonest shells", liquid.shells, "shells", "shells"),
    Drawing("LUMO of the shells, coloured by the species that has most of it", liquid.levels, "levels", "levels"),
    Drawing("Molecules still in the shell they were in", liquid.residence, "residence", "residence"),
    Drawing("Mean squared displacements of centres of mass", liquid.displacements, "msd", "msd"),
)

_DRAWN: dict[str, tuple[Drawing, ...]] = {
    "bulk": (Drawing("Equation of state, with the Birch–Murnaghan curve", _bulk),),
    "barrier": (Drawing("Energy along the band, climbing image in orange", bands.barrier),),
    "network": (
        Drawing("Network of hops in the host's cell, coloured from the lowest barrier to the highest", network),
        Drawing("Energy along each hop, climbing images as diamonds", bands.hops, "hops"),
        Drawing("Diffusivity of the carrier over temperature", bands.arrhenius, "arrhenius", "arrhenius"),
    ),
    "adsorption": (Drawing("Adsorption energies by site", _adsorption),),
    "coverage": (Drawing("Adsorption energy over the coverage", surface.coverage),),
    "orbitals": (
        Drawing("HOMO and LUMO, the vacuum level as zero", _orbitals),
        Drawing("Order of reduction: LUMO beside the electron affinity", reduction, "reduction", "affinities"),
    ),
    "capacity": (Drawing("Volumes of host and product", _capacity),),
    "polymorphs": (Drawing("Energies of the phases", _polymorphs),),
    "surface": (
        Drawing("Surface energy from each slab alone; lines and bands: from all slabs of a facet", surface.thicknesses),
        Drawing("Equilibrium shape", surface.shape, "shape", "faces"),
        Drawing("Surface energy over the chemical potential", surface.potentials, "potentials", "potential"),
    ),
    "phonons": (Drawing("Phonon bands, imaginary frequencies in orange", bands.phonons),),
    "interface": (
        Drawing("Registry of the film on its substrate", registry),
        Drawing("Potential energy of an electron across the interface", electrons.potential, "potential", "electrons"),
        Drawing("Density of states by layer, the interface dashed", electrons.layers, "layers", "electrons"),
        Drawing("Density of states at the interface by element", electrons.elements, "elements", "electrons"),
    ),
    "amorphous": (
        Drawing("Pair distribution of each relaxed sample", amorphous.pairs),
        Drawing("Potential energy as each sample is cooled", amorphous.cooling, "cooling"),
        Drawing("Barriers of the hops that were drawn, there and back", amorphous.histogram, "barriers", "barriers"),
    ),
    "trajectory": _LIQUID,
    "liquid": _LIQUID,
    "solvation": (Drawing("Binding energy of each shell", shells),),
    "passage": (
        Drawing("Energies of sites and saddles over the height", heights),
        Drawing("Energy along each hop, climbing images as diamonds", bands.hops, "hops"),
    ),
}
