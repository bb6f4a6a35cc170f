"""Runs as a person sees them: checked first, with progress, ending in a report and a table."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from potash.calcs.cores import Cores, memory_here
from potash.calcs.site import GRACE, Site
from potash.calcs.vault import Vault
from potash.campaign import Campaign, load
from potash.errors import BadInput, near
from potash.show.progress import Progress
from potash.workflows.ledger import Ledger, hold

console = Console(highlight=False)

COLOURS = {"done": "green", "no barrier": "yellow", "failed": "red"}


def vault_of(folder: Path) -> Vault:
    """Give a project's vault: its own, or the shared one that ``POTASH_VAULT`` names."""
    shared = os.environ.get("POTASH_VAULT")
    return Vault(Path(shared) if shared else folder / "vault")


def read(file: Path, engine: str | None, protocol: str | None) -> Campaign:
    """Read a campaign file, with the command line's engine and protocol in place of the file's own."""
    from potash.calcs.engine import ENGINES, PROTOCOLS

    if engine is not None and engine not in ENGINES:
        raise BadInput(f"--engine: unknown engine '{engine}'{near(engine, ENGINES)}")
    if protocol is not None and protocol not in PROTOCOLS:
        raise BadInput(f"--protocol: unknown protocol '{protocol}'{near(protocol, PROTOCOLS)}")
    campaign = load(file)
    change: dict[str, Any] = {}
    studies: dict[str, Any] = {}
    if engine:
        change["engine"], studies["engine"] = engine, None
        if engine != campaign.engine:  # a cutoff in eV is none in Ry
            change["settings"], studies["settings"] = {}, {}
    if protocol:
        change["protocol"], studies["protocol"] = protocol, None
    if studies:
        change["studies"] = tuple(study.model_copy(update=studies) for study in campaign.studies)
    return campaign.model_copy(update=change)


def run_here(
    file: Path,
    directory: Path | None,
    cores: int,
    engine: str | None,
    protocol: str | None,
    *,
    memory: float | None = None,
    grace: float = GRACE,
    again: bool = False,
) -> int:
    """Run a campaign on this machine; again with what failed, where asked.

    Parameters
    ----------
    memory
        What its calculations may use together, in GiB; None for all that there is.
    grace
        How long force calls under way may take when the run is stopped, in seconds.

    Returns
    -------
    int
        The exit code.
    """
    from potash.workflows.build import benches, build, folder_of

    signal.signal(signal.SIGTERM, _interrupt)
    campaign = read(file, engine, protocol)
    flows = build(campaign)
    folder = folder_of(campaign, directory)
    folder.mkdir(parents=True, exist_ok=True)
    about = {bench.name: _about(bench) for bench in benches(campaign)}
    site = Site(vault_of(folder), Cores(cores, memory_here() if memory is None else memory), warn=_warn, grace=grace)
    with hold(folder, _warn):
        if again:
            _forgive(folder)
        _run(campaign, flows, about, folder, site, (engine, protocol))
        return finish(folder)


def _about(bench: Any) -> dict[str, str]:
    from potash.calcs.engine import engine

    version = engine(bench.engine).version()
    return {"kind": bench.study.kind, "engine": bench.engine, "protocol": bench.protocol, "version": version}


def _run(
    campaign: Campaign,
    flows: dict[str, Any],
    about: dict[str, dict[str, str]],
    folder: Path,
    site: Site,
    chosen: tuple[str | None, str | None],
) -> None:
    from potash.workflows import here, planning
    from potash.workflows.build import build
    from potash.workflows.store import SqliteStore

    entries = planning.plan(flows, site.vault)
    if any(entry.state != "done" for entry in entries):
        site.vault.check()
    planning.save(entries, folder)
    ledger = Ledger(folder, make=True)
    studies = [(name, about[name]["kind"]) for name in flows]
    planned = {
        entry.key: (entry.study, entry.label, entry.core_seconds, "finished" if entry.state == "done" else "waiting")
        for entry in entries
        if entry.certain or entry.state == "done"
    }
    ledger.begin(campaign.campaign, campaign.path.resolve(), studies, planned, *chosen)
    guesses = {entry.label: entry.core_seconds for entry in entries}
    with Progress(
        console, ledger, guesses, site.cores.total, sum(e.core_seconds for e in entries if e.state != "done")
    ) as progress:
        site.listen = progress.listen
        # Planning resolved the jobs' references to stand-ins: the graphs that run are made anew.
        here.run(build(campaign), site, SqliteStore(folder / "jobs.sqlite"), ledger, about)
    ledger.close()


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _warn(sentence: str) -> None:
    console.print(f"potash: {sentence}", style="yellow", markup=False, soft_wrap=True)


def write_report(folder: Path) -> Path:
    """Write the report of what a project has."""
    from potash.analysis import report

    ledger = Ledger(folder)
    name, _ = ledger.project()
    page = report.write(name, ledger.results(), folder / "report")
    ledger.close()
    return page


def finish(folder: Path) -> int:
    """Write the report, print the table of studies, and say by the exit code whether all is well."""
    page = write_report(folder)
    ledger = Ledger(folder)
    results = ledger.results()
    ledger.close()
    table = Table(box=None, pad_edge=False)
    for heading in ("study", "status", "result", "checks", "published"):
        table.add_column(heading, overflow="fold")
    for result in results:
        state = result["status"]
        table.add_row(
            result["id"], f"[{COLOURS[state]}]{state}[/]", _headline(result), _passed(result), _verdicts(result)
        )
    console.print(table)
    console.print(f"Report: {page}")
    return 0 if all(result["status"] == "done" for result in results) else 1


def _headline(result: dict[str, Any]) -> str:
    if result["status"] != "done":
        return str(result["reason"])
    shown = [(name, each) for name, each in result["quantities"].items() if each["value"] is not None][:3]
    return ", ".join(f"{name} {_short(quantity['value'])} {quantity['unit']}" for name, quantity in shown)


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < 1e-9 else value:.4g}"


def _passed(result: dict[str, Any]) -> str:
    found = {
        (check["name"], check["value"]): check["passed"]
        for quantity in result["quantities"].values()
        for check in quantity["checks"]
    }
    return f"{sum(found.values())}/{len(found)}" if found else ""


def _verdicts(result: dict[str, Any]) -> str:
    return ", ".join(f"{row['id']} {row['verdict']}" for row in result["published"])


def run_again(folder: Path, cores: int, *, memory: float | None = None, grace: float = GRACE) -> int:
    """Forget the failures of a project and run its campaign again."""
    ledger = Ledger(folder)
    _, file = ledger.project()
    engine, protocol = ledger.chosen()
    ledger.close()
    return run_here(Path(file), folder, cores, engine, protocol, memory=memory, grace=grace, again=True)


def _forgive(folder: Path) -> None:
    ledger = Ledger(folder)
    vault = vault_of(folder)
    for row in ledger.calculations():
        vault.forgive(row.key)
    ledger.close()
