"""Runs as a person sees them: checked first, with progress, ending in a report and a table."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from potash.calcs.cores import Cores, memory_here
from potash.calcs.site import GRACE, Site
from potash.calcs.vault import Vault
from potash.campaign import Campaign, load
from potash.errors import BadInput, near, printable
from potash.show.progress import Progress
from potash.workflows.ledger import Ledger, hold

if TYPE_CHECKING:
    from potash.workflows.planning import Entry

console = Console(highlight=False)

#: More studies than these are counted at the end of a run; those that failed or are no barrier are listed.
MANY = 60

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
    only: Sequence[str] = (),
    *,
    memory: float | None = None,
    grace: float = GRACE,
    again: bool = False,
) -> int:
    """Run a campaign on this machine, or some of its studies; again with what failed, where asked.

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
    from potash.workflows.shares import chosen

    signal.signal(signal.SIGTERM, _interrupt)
    campaign = read(file, engine, protocol)
    flows = build(campaign)
    if only:
        flows = chosen(flows, named(only))
    folder = folder_of(campaign, directory)
    folder.mkdir(parents=True, exist_ok=True)
    about = {bench.name: about_of(bench) for bench in benches(campaign)}
    site = Site(vault_of(folder), Cores(cores, memory_here() if memory is None else memory), warn=_warn, grace=grace)
    with hold(folder, _warn):
        if again:
            _forgive(folder)
        _run(campaign, flows, about, folder, site, (engine, protocol))
        return finish(folder)


def named(only: Sequence[str]) -> list[str]:
    """Give the studies that are named, one by one or by a file with one a line: ``@FILE``."""
    found: list[str] = []
    for word in only:
        if not word.startswith("@"):
            found.append(word)
            continue
        try:
            found += Path(word[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"--only {word}: no text file at {word[1:]} that names a study a line") from None
    return found


def about_of(bench: Any) -> dict[str, str]:
    """Give what a study's result needs to know where the study fails."""
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
    from potash.workflows.store import SqliteStore

    entries = planning.plan(flows, site.vault)
    if any(entry.state != "done" for entry in entries):
        site.vault.check()
    planning.save(entries, folder)
    ledger = Ledger(folder, make=True)
    studies = [(name, about[name]["kind"]) for name in flows]
    ledger.begin(campaign.campaign, campaign.path.resolve(), studies, planned_of(entries), *chosen)
    guesses = {entry.label: entry.core_seconds for entry in entries}
    with Progress(
        console, ledger, guesses, site.cores.total, sum(e.core_seconds for e in entries if e.state != "done")
    ) as progress:
        site.listen = progress.listen
        here.run(flows, site, SqliteStore(folder / "jobs.sqlite"), ledger, about)
    ledger.close()


def planned_of(entries: list[Entry]) -> dict[str, tuple[str, str, float, str]]:
    """Give a plan's calculations as the ledger takes them: those whose atoms are known."""
    return {
        entry.key: (entry.study, entry.label, entry.core_seconds, "finished" if entry.state == "done" else "waiting")
        for entry in entries
        if entry.certain or entry.state == "done"
    }


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _warn(sentence: str) -> None:
    console.print(f"potash: {sentence}", style="yellow", markup=False, soft_wrap=True)


def write_report(folder: Path, studies: tuple[str, ...] = ()) -> Path:
    """Write the report of what a project has; where studies are named, one of these alone, beside it.

    Raises
    ------
    BadInput
        Where a study that is named has no result.
    """
    from potash.analysis import report
    from potash.show.launchpad import refresh
    from potash.workflows.parts import opened

    if told := refresh(folder):
        console.print(told, markup=False, soft_wrap=True)
    ledger = opened(folder)
    try:
        name, _ = ledger.project()
        if not studies:
            return report.write(name, ledger.each_result(), folder / "report")
        found = {result["id"]: result for result in ledger.each_result() if result["id"] in studies}
        for study in studies:
            if study not in found:
                ended = [each for each, _, state, _ in ledger.studies() if state != "waiting"]
                raise BadInput(f"--study: {folder} has no result of a study '{study}'{near(study, ended)}")
        return report.write(name, found.values(), folder / "report" / "chosen")
    finally:
        ledger.close()


def finish(folder: Path) -> int:
    """Write the report, print the table of studies, and say by the exit code whether all is well."""
    page = write_report(folder)
    ledger = Ledger(folder)
    tally = Counter(state for _, _, state, _ in ledger.studies())
    few = tally.total() <= MANY
    # Of many studies only those are listed that a person has to look at.
    listed = (result for result in ledger.each_result() if few or result["status"] != "done")
    results = list(islice(listed, MANY))
    ledger.close()
    table = Table(box=None, pad_edge=False)
    for heading in ("study", "status", "result", "checks", "published"):
        table.add_column(heading, overflow="fold")
    for result in results:
        state = result["status"]
        words = [escape(printable(text)) for text in (_headline(result), _passed(result), _verdicts(result))]
        table.add_row(escape(printable(result["id"])), f"[{COLOURS[state]}]{state}[/]", *words)
    if results:
        console.print(table)
    if not few:
        console.print(f"{tally.total()} studies: " + ", ".join(f"{count} {state}" for state, count in tally.items()))
    console.print(f"Report: {page}", markup=False)
    return 0 if set(tally) <= {"done"} else 1


def _headline(result: dict[str, Any]) -> str:
    from potash.analysis.published import SIGNS

    if result["status"] != "done":
        return str(result["reason"])
    shown = [(name, each) for name, each in result["quantities"].items() if each["value"] is not None][:3]
    return ", ".join(
        f"{name} {SIGNS[quantity.get('relation', '=')]}{_short(quantity['value'])} {quantity['unit']}"
        for name, quantity in shown
    )


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
    """Forget the failures of a project and run its campaign again, or let it run again where it was handed to."""
    from potash.show import launchpad
    from potash.workflows import submission

    ledger = Ledger(folder)
    _, file = ledger.project()
    engine, protocol = ledger.chosen()
    ledger.close()
    if launchpad.submitted(folder):
        _forgive(folder)
        console.print(launchpad.rerun(folder))
        return 0
    if submission.load(folder) is not None:
        submission.refuse_twice(folder)
        _forgive(folder)
        console.print(
            f"What failed is tried again by 'potash submit {file} --to slurm --dir {folder}', "
            f"or here by 'potash run {file} --dir {folder}'",
            markup=False,
        )
        return 0
    return run_here(Path(file), folder, cores, engine, protocol, memory=memory, grace=grace, again=True)


def _forgive(folder: Path) -> None:
    ledger = Ledger(folder)
    vault = vault_of(folder)
    for row in ledger.calculations():
        vault.forgive(row.key)
    ledger.close()
