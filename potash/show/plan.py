"""A campaign's plan on the screen."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from potash.show.interface import HEADINGS, beneath, rows
from potash.show.progress import words
from potash.show.project import read, vault_of
from potash.workflows.bench import Bench

#: So many GiB on disk are told of.
LARGE = 0.1


def show_plan(file: Path, directory: Path | None, engine: str | None, protocol: str | None, *, settings: bool) -> None:
    """Print every calculation of a campaign, what it will cost, and what changed since the last run."""
    from potash.studies.interfaces import Coherent
    from potash.workflows import planning
    from potash.workflows.build import benches, build, folder_of

    console = Console(highlight=False)
    campaign = read(file, engine, protocol)
    folder = folder_of(campaign, directory)
    with console.status("building what will be computed; boxes of liquids are packed for it"):
        planner = planning.Planner(vault_of(folder))
        entries = planning.plan(build(campaign), planner.vault, planner)
    table = Table(box=None, pad_edge=False)
    for heading in ("study", "calculation", "formula"):
        table.add_column(heading, overflow="fold", min_width=len(heading))
    for heading in ("atoms", "k-points", "calls", "core-hours", "GiB"):
        table.add_column(heading, justify="right", min_width=len(heading))
    table.add_column("state", min_width=len("to do *"))
    for entry in entries:
        table.add_row(
            entry.study,
            entry.label,
            entry.formula,
            str(entry.atoms),
            "×".join(map(str, entry.kpoints)),
            str(entry.calls),
            f"{entry.core_seconds / 3600:.3f}",
            f"{entry.memory:.1f}",
            entry.state if entry.certain or entry.state == "done" else f"{entry.state} *",
        )
    console.print(table)
    to_do = [entry for entry in entries if entry.state != "done"]
    hours = sum(entry.core_seconds for entry in to_do) / 3600
    console.print(
        f"{len(entries)} calculations, {len(entries) - len(to_do)} done, {len(to_do)} to do: about {hours:.2f} core-hours "
        f"({words(hours * 1800)} on two cores), at most {max((e.memory for e in to_do), default=0):.1f} GiB at once"
    )
    if (disk := sum(entry.disk for entry in to_do)) >= LARGE:
        console.print(f"trajectories will take {disk:.1f} GiB on disk, in the vault")
    if any(not entry.certain for entry in to_do):
        console.print("* follows from calculations that have not run: the structure is the unrelaxed one")
    for study, reason in planner.untold.items():
        line = f"{study}: what follows its first calculations is not in this plan, as what stands in for them will not do: {reason}"
        console.print(line, markup=False)
    for line in planning.changes(entries, folder):
        console.print(line, markup=False)
    for bench in benches(campaign):
        if isinstance(bench.study, Coherent):
            _candidates(console, bench)
        if settings:
            _settings(console, bench)


def _candidates(console: Console, bench: Bench) -> None:
    """Print the interfaces that could be built, by the numbers that ``match`` takes."""
    from potash.studies.interfaces import Coherent
    from potash.workflows.candidates import ranking

    assert isinstance(bench.study, Coherent)
    console.print(f"\n{bench.name}: candidates before relaxation; match: {bench.study.match}")
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    ranked = ranking(bench)
    for row in rows(ranked):
        table.add_row(*row)
    console.print(table)
    for line in beneath(ranked):
        console.print(line, markup=False)


def _settings(console: Console, bench: Bench) -> None:
    """Print a study's settings, each with who set it."""
    from potash.calcs.engine import protocol

    console.print(f"\n{bench.name}: {bench.engine}, {bench.protocol}")
    campaign, study = bench.campaign.settings, bench.study.settings
    for sort in ("crystal", "slab", "molecule"):
        preset = protocol(bench.engine, bench.protocol, sort)
        for key, value in {**preset, **bench.settings}.items():
            who = "study" if key in study else "campaign" if key in campaign and key in bench.settings else "protocol"
            who = "rule" if who == "protocol" and key in bench.ruled else who
            console.print(f"  {sort:9} {key:14} {value}  ({who})", markup=False)
