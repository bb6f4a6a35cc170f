"""Figures of amorphous samples: how far apart their atoms are, and how they came to lie so."""

from __future__ import annotations

from matplotlib.axes import Axes

from potash.analysis.amorphous import FAR
from potash.analysis.report.numbers import fixed
from potash.analysis.report.style import BLUE, FAINT, ORANGE, kinds_colours
from potash.analysis.result import StudyResult


def pairs(axes: Axes, result: StudyResult) -> str:
    """Draw g(r) of each sample; a gas has 1 everywhere."""
    data = result.data
    for number, (g, colour) in enumerate(zip(data["g"], _colours(data["g"]), strict=True), start=1):
        axes.plot(data["radii"], g, color=colour, linewidth=1.8, label=f"sample {number}")
    axes.axhline(1, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlabel="Distance (Å)", ylabel="g(r)", xlim=(0, data["radii"][-1]), ylim=(0, None))
    axes.legend(loc="upper right")
    left = fixed(max(data["order"]), 2)
    return f"; root mean square of g(r) − 1 from {FAR[0]:g} to {FAR[1]:g} times the first peak: at most {left}"


def cooling(axes: Axes, result: StudyResult) -> None:
    """Draw the potential energy of each sample over the temperature."""
    data = result.data
    for number, (energies, colour) in enumerate(zip(data["energies"], _colours(data["g"]), strict=True), start=1):
        axes.plot(data["temperatures"], energies, ".-", color=colour, linewidth=1, label=f"sample {number}")
    axes.set(xlabel="Temperature of the thermostat (K)", ylabel="Potential energy (eV per atom)")
    axes.legend(loc="upper left")


def _colours(samples: list[list[float]]) -> list[str]:
    return kinds_colours([float(number) for number in range(len(samples))])


def histogram(axes: Axes, result: StudyResult) -> str:
    """Draw the distribution of barriers, its median and quartiles."""
    values = result.data["barriers"]
    axes.hist(values, bins="auto", color=BLUE, alpha=0.75, zorder=2)
    for name, width in (("lower quartile", 1.0), ("median barrier", 2.0), ("upper quartile", 1.0)):
        if (value := result.quantities[name].value) is not None:
            axes.axvline(value, color=ORANGE, linewidth=width, zorder=3)
    axes.set(xlabel="Barrier (eV)", ylabel="Hops, there and back")
    return "; lines: median and quartiles"
