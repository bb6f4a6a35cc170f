"""What the runs say: tables for the terminal, and a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from cases import CASES
from methods import METHODS, REFERENCE

if TYPE_CHECKING:
    from rich.table import Table

#: A band whose barrier is within this of the reference's found the same saddle, in eV.
SAME = 0.02

Record = dict[str, Any]


def groups(records: list[Record]) -> Iterator[tuple[str, float | None, dict[str, list[Record]]]]:
    """Give each case that was run, its reference's barrier (eV; None if there is none), and its runs by method."""
    for case in CASES:
        mine = [record for record in records if record["case"] == case]
        barriers = [one["barrier"] for one in mine if one["method"] == REFERENCE and one["converged"]]
        methods = {name: [one for one in mine if one["method"] == name] for name in METHODS}
        if mine:
            yield case, next(iter(barriers), None), {name: runs for name, runs in methods.items() if runs}


def tables(records: list[Record]) -> Iterator[Table]:
    """Make a table of each case: medians and ranges of the converged runs, barriers against the reference."""
    from rich.table import Table

    for case, barrier, methods in groups(records):
        known = "no reference" if barrier is None else f"barrier {barrier:.4f} eV"
        made = Table(title=f"{case}: {CASES[case].title}; {known}", title_justify="left")
        made.add_column("method")
        for column in ("converged", "force calls", "outside (s)", "error (meV)", "worst force (eV/Å)"):
            made.add_column(column, justify="right")
        for name, runs in methods.items():
            done = [run for run in runs if run["converged"]]
            errors = [] if barrier is None else [1000 * (run["barrier"] - barrier) for run in done]
            made.add_row(
                name,
                f"{len(done)} of {len(runs)}",
                _range([run["calls"] for run in done], "{:.0f}"),
                _range([run["outside"] for run in done if run["outside"] is not None], "{:.1f}"),
                _range(errors, "{:+.1f}"),
                f"{max(run['force'] for run in done):.3f}" if done else "–",
            )
        yield made


def _range(values: list[float], form: str) -> str:
    if not values:
        return "–"
    low, middle, high = (form.format(value) for value in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low}…{high})"


def figure(records: list[Record], stem: Path) -> None:
    """Draw every run's force calls by case and method, as SVG and PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "bands"
    from matplotlib import pyplot as plt

    found = list(groups(records))
    drawn, axes = plt.subplots(1, len(found), sharex=True, sharey=True, squeeze=False, layout="constrained",
                               figsize=(2.2 + 2.1 * len(found), 0.9 + 0.4 * len(METHODS)))  # fmt: skip
    rows = list(METHODS)[::-1]
    for axis, (case, barrier, methods) in zip(axes[0], found, strict=True):
        for name, runs in methods.items():
            for run in runs:
                axis.plot(run["calls"], rows.index(name), **_mark(run, barrier))
        axis.set(
            title=case,
            xscale="log",
            xlim=(4, 1500),
            ylim=(-0.5, len(rows) - 0.5),
            yticks=range(len(rows)),
            yticklabels=rows,
        )
        axis.xaxis.set_major_locator(mpl.ticker.FixedLocator((5, 10, 30, 100, 300, 1000)))
        axis.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:.0f}"))
        axis.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        axis.grid(axis="x", color="0.9")
        axis.spines[["top", "right"]].set_visible(False)
    drawn.supxlabel(f"force calls (● the reference's saddle within {1000 * SAME:.0f} meV, ○ another, × not converged)",
                    fontsize="medium")  # fmt: skip
    for suffix, about in ((".svg", {"Date": None}), (".png", {})):
        drawn.savefig(stem.with_suffix(suffix), dpi=150, metadata=about)
    plt.close(drawn)


def _mark(run: Record, barrier: float | None) -> dict[str, Any]:
    same = run["converged"] and barrier is not None and abs(run["barrier"] - barrier) < SAME
    marker = "o" if run["converged"] else "x"
    return {"marker": marker, "color": "tab:blue", "markerfacecolor": "tab:blue" if same else "none", "alpha": 0.7}
