"""A campaign put on a LaunchPad."""

from __future__ import annotations

import uuid
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from potash.calcs.vault import write
from potash.show.launchpad import FILE, remembered
from potash.show.project import about_of, planned_of, read, vault_of
from potash.workflows.ledger import Ledger, hold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from potash.campaign import Campaign
    from potash.workflows.planning import Entry

console = Console(highlight=False)


def submit(
    file: Path,
    directory: Path | None,
    launchpad: Path | None,
    engine: str | None,
    protocol: str | None,
    *,
    dry_run: bool,
) -> None:
    """Put a campaign's studies on a LaunchPad, those that are not there yet."""
    from potash.workflows import fireworks, planning
    from potash.workflows.build import build, folder_of
    from potash.workflows.launchpad import chosen, connect, speaking

    campaign = read(file, engine, protocol)
    folder = folder_of(campaign, directory)
    pad = None if dry_run else connect(launchpad)
    vault = vault_of(folder)
    asker = fireworks.Asker(vault)
    flows = build(campaign)
    entries = planning.plan(flows, vault, asker)
    asked = {job: fireworks.resources(costs) for job, costs in asker.asked.items()}
    made = fireworks.parcels(flows, vault.root.resolve())
    if pad is None:
        _tell(made, asked)
        return
    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder), speaking(pad) as place:
        known = {
            "project": remembered(folder).get("project") or uuid.uuid4().hex,
            "vault": str(vault.root.resolve()),
        }
        named = chosen(launchpad)
        found = {"file": str(named) if named else None, "where": place}
        _write(folder, campaign, entries, {**known, **found}, (engine, protocol))
        make = partial(fireworks.workflow, flows=flows, asked=asked, about=known)
        added, there = fireworks.add(pad, made, known["project"], make)
    console.print(f"{added} workflows added to {place}, {there} were there; {len(flows)} studies")
    console.print(
        "Now let workers run them: 'rlaunch rapidfire' here, 'qlaunch rapidfire' on a cluster", soft_wrap=True
    )
    console.print(f"'potash status {folder}' says how far they are, 'potash report {folder}' writes the report")


def _write(
    folder: Path,
    campaign: Campaign,
    entries: list[Entry],
    known: dict[str, Any],
    chosen: tuple[str | None, str | None],
) -> None:
    """Write down what is submitted, and where, before it is."""
    from potash.workflows import planning
    from potash.workflows.build import benches

    about = {bench.name: about_of(bench) for bench in benches(campaign)}
    write(folder / FILE, {**known, "about": about})
    studies = [(name, each["kind"]) for name, each in about.items()]
    with closing(Ledger(folder, make=True)) as ledger:
        ledger.begin(campaign.campaign, campaign.path.resolve(), studies, planned_of(entries), *chosen)
    planning.save(entries, folder)


def _tell(made: Iterable[Any], asked: dict[str, dict[str, Any]]) -> None:
    """Print what would be submitted."""
    from potash.workflows.fireworks import resources

    table = Table(box=None, pad_edge=False)
    for heading in ("workflow", "job", "ntasks", "walltime", "MB a core"):
        table.add_column(heading, overflow="fold")
    for parcel in made:
        name = parcel.flow.name
        for job, _ in parcel.flow.iterflow():
            queue = asked.get(job.uuid) or resources([])
            table.add_row(name, job.name, str(queue["ntasks"]), queue["walltime"], str(queue["mem_per_cpu"]))
            name = ""
    console.print(table)
    console.print("Nothing was submitted.")
