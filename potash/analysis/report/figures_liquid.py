"""Figures of liquids: structure around the ions, what anions do, shells, and how far molecules move."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, VIOLET, kinds_colours
from potash.analysis.result import StudyResult

#: Colours of an anion's states.
STATES = {"free": GREEN, "SSIP": BLUE, "CIP": VIOLET, "AGG": ORANGE}


def distributions(axes: Axes, result: StudyResult) -> str:
    """Draw g(r) of what holds the cation, and the running coordination numbers, dashed."""
    data = result.data["rdf"]
    held = {label: group for label, group in data["groups"].items() if group["holds"]} or data["groups"]
    numbers = axes.twinx()
    for (label, group), colour in zip(held.items(), _colours(len(held)), strict=True):
        axes.plot(data["radii"], group["g"], color=colour, linewidth=1.8, label=label)
        numbers.plot(data["radii"], group["running"], color=colour, linewidth=1.2, linestyle=(0, (4, 2)))
        if group["cutoff"] is not None:
            axes.axvline(group["cutoff"], color=colour, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    axes.axhline(1, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlabel="Distance (Å)", ylabel="g(r)", xlim=(1.5, min(8.0, data["radii"][-1])), ylim=(0, None))
    numbers.set(ylabel="Coordination number", ylim=(0, 12))
    numbers.grid(visible=False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return "; dotted: where first shells end"


def _colours(many: int) -> list[str]:
    return kinds_colours([float(number) for number in range(many)])


def states(axes: Axes, result: StudyResult) -> str:
    """Draw the shares of an anion's states, one bar an anion; say which were refused."""
    anions = result.data["states"]
    rows = np.arange(len(anions))[::-1]
    left = np.zeros(len(anions))
    for state, colour in STATES.items():
        shares = np.array([each.get(state, [0.0, 0.0])[0] for each in anions.values()])
        if not any(state in each for each in anions.values()):
            continue
        axes.barh(rows, shares, left=left, color=colour, height=0.5, label=state, zorder=2)
        for row, share, start in zip(rows, shares, left, strict=True):
            if share > 6:
                axes.annotate(
                    f"{share:.0f} %", (start + share / 2, row), ha="center", va="center", color=PAPER, weight="bold"
                )
        left += shares
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks(rows, list(anions), color=INK)
    axes.set(xlabel="Share of the anions (%)", xlim=(0, 100), ylim=(-0.5, len(anions) - 0.5))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
    given = {name: quantity.value for name, quantity in result.quantities.items()}
    refused = [f"{state} {name}" for name in anions for state in STATES if given.get(f"{state} {name}", 0) is None]
    return f"; refused as numbers, since they still drift: {', '.join(refused)}" if refused else ""


def shells(axes: Axes, result: StudyResult) -> str:
    """Draw the populations of the commonest shells."""
    data = result.data["shells"]
    rows = np.arange(len(data))[::-1]
    shares, errors = ([100 * each[key] for each in data] for key in ("population", "error"))
    axes.barh(
        rows, shares, xerr=errors, color=BLUE, height=0.6, zorder=2, error_kw={"ecolor": FAINT, "elinewidth": 1.2}
    )
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks(rows, [each["label"] for each in data], color=INK)
    axes.set(xlabel="Share of the cations (%)", xlim=(0, None), ylim=(-0.6, len(data) - 0.4))
    return f"; together {fixed(sum(shares), 0)} %"


def displacements(axes: Axes, result: StudyResult) -> str:
    """Draw mean squared displacements over time, both logarithmic; where they are diffusive, they are drawn full."""
    data = result.data["msd"]
    for (name, curve), colour in zip(data.items(), _colours(len(data)), strict=True):
        times, values, error = (np.array(curve[key]) for key in ("times", "msd", "error"))
        axes.loglog(times, values, color=colour, linewidth=1.2, alpha=0.6)
        axes.fill_between(times, np.maximum(values - error, 1e-3 * values), values + error, color=colour, alpha=0.15)
        late = times >= curve["onset"]
        style = "-" if curve["diffusive"] else (0, (2, 2))
        axes.loglog(times[late], values[late], color=colour, linewidth=2.6, linestyle=style, label=name)
    axes.set(xlabel="Time (ps)", ylabel="Mean squared displacement (Å²)")
    axes.legend(loc="upper left")
    return "; thick: diffusive (dotted: not found to be); bands: 95 % intervals"


def residence(axes: Axes, result: StudyResult) -> None:
    """Draw the share of molecules that are still in the shell that they were in."""
    data = result.data["residence"]
    for (name, curve), colour in zip(data.items(), _colours(len(data)), strict=True):
        axes.plot(curve["times"], curve["survival"], color=colour, label=name)
    axes.axhline(np.exp(-1), color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlabel="Time (ps)", ylabel="Still in the shell", ylim=(0, 1.02), xlim=(0, None))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def levels(axes: Axes, result: StudyResult) -> str:
    """Draw the LUMO of every shell, as high as it is populated, in the colour of what carries it; dashed: all up to there."""
    data = sorted(result.data["levels"], key=lambda each: float(each["lumo"]))
    lumos = np.array([each["lumo"] for each in data])
    weights = 100 * np.array([each["weight"] for each in data])
    carriers = [max(each["carriers"], key=each["carriers"].get, default="") for each in data]
    names = sorted(set(carriers), key=lambda name: -weights[[each == name for each in carriers]].sum())
    for name, colour in zip(names, _colours(len(names)), strict=True):
        own = np.array([each == name for each in carriers])
        axes.vlines(lumos[own], 0, weights[own], color=colour, linewidth=2.4, zorder=2)
        axes.plot(
            lumos[own], weights[own], "o", color=colour, markersize=6, zorder=3, label=f"on {name}" if name else None
        )
    running = axes.twinx()
    reach = max(0.1, 0.1 * float(lumos[-1] - lumos[0]))
    running.step(
        [lumos[0] - reach, *lumos, lumos[-1] + reach], [0, *np.cumsum(weights), weights.sum()], where="post",
        color=FAINT, linewidth=1.2, linestyle=(0, (4, 2)),
    )  # fmt: skip
    running.set(ylabel="All up to there (%)", ylim=(0, 100))
    running.grid(visible=False)
    axes.set(xlabel="LUMO (eV)", ylabel="Share of the cations (%)", ylim=(0, 1.15 * weights.max()))
    if any(names):
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(4, len(names)))
    return "; dashed: all shells up to there"
