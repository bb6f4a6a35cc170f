"""Where a project stands. Reads SQLite files alone, so that it answers at once; Slurm is given half a second."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from potash.calcs.lease import LEASE, Lease
from potash.errors import printable
from potash.show.queue import look
from potash.workflows.ledger import LOCK, Ledger, Row, time_left
from potash.workflows.parts import Parts, opened

if TYPE_CHECKING:
    from potash.calcs.stage import Stage

#: More studies than these are counted, not listed; of those that failed, are no barrier or run, so many are listed.
MANY, SHOWN = 60, 20


def show(folder: Path, *, watch: bool) -> None:
    """Print the studies, the calculations at work, and the time left; again and again where asked."""
    from potash.show.launchpad import refresh

    while True:
        launchpad = refresh(folder)
        ledger = opened(folder)
        lines, open_ = describe(ledger, launchpad)
        ledger.close()
        if watch:
            typer.echo("\033[2J\033[H", nl=False)
        typer.echo("\n".join(printable(line) for line in lines))
        if not watch or not open_:
            return
        time.sleep(2)


def describe(ledger: Ledger | Parts, launchpad: str | None = None) -> tuple[list[str], bool]:
    """Say in lines where a project stands, and whether anything is left to do; jobs may be on a LaunchPad."""
    name, file = ledger.project()
    folder = ledger.path.parent
    rows = ledger.calculations()
    studies = ledger.studies()
    states = Counter(row.state for row in rows)
    queue = look(folder)
    queued = queue is not None and queue.open
    held = launchpad is not None or _held(folder)
    working = queue.running if queue is not None and queued else held
    at_work = [row for row in rows if row.state == "running"] if working else []
    lines = [f"{name}  ({file})", *_studies(studies, rows, {row.study for row in at_work})]
    lines += queue.lines if queue else []
    stages = _stages(folder, at_work)
    lines += [f"  at work: {_words(row, stages.get(row.key))}" for row in at_work]
    open_ = any(state == "waiting" for _, _, state, _ in studies)
    lines.append(f"{states['finished']} calculations finished, {states['failed']} failed, {len(at_work)} at work")
    if at_work:
        left = time_left(rows, max(1, len(at_work)), {key: stage.seconds for key, stage in stages.items()})
        lines.append(f"about {round((left or 0.0) / 60 + 0.5)} min left of what is known so far")
    elif queue is not None and not queued and not queue.done:
        lines.append(f"stopped; 'potash submit {file} --to slurm --dir {folder}' goes on")
    elif open_ and not queued and launchpad is None:
        lines.append(f"stopped; 'potash run {file} --dir {folder}' goes on")
    if launchpad is not None:
        lines.append(launchpad)
    return lines, (open_ and working) or queued


def _studies(studies: list[tuple[str, str, str, str | None]], rows: list[Row], at_work: set[str]) -> list[str]:
    """Say of each study where it stands; of many, only of those that a person has to look at."""
    planned, finished = (
        Counter(row.study for row in rows),
        Counter(row.study for row in rows if row.state == "finished"),
    )
    said: list[tuple[str, str]] = []
    width = max((len(study) for study, *_ in studies), default=0)
    for study, _kind, state, reason in studies:
        state = "running" if state == "waiting" and study in at_work else state
        counts = f"{finished[study]}/{planned[study]} calculations"
        said.append((state, f"  {study:{width}}  {state:10}  {counts}" + (f"  {reason}" if reason else "")))
    if len(studies) <= MANY:
        return [line for _, line in said]
    tally = Counter(state for state, _ in said)
    lines = [f"  {len(studies)} studies: " + ", ".join(f"{count} {state}" for state, count in tally.items())]
    for state, count in tally.items():
        if state not in ("done", "waiting"):
            lines += [line for each, line in said if each == state][:SHOWN]
            lines += [f"  … and {count - SHOWN} more {state}: the report lists them"] if count > SHOWN else []
    return lines


def _words(row: Row, stage: Stage | None) -> str:
    said = stage.words if stage else f"{row.calls} force calls"
    return f"{row.study}: {row.label}, {said}, {row.seconds:.0f} s"


def _stages(folder: Path, at_work: list[Row]) -> dict[str, Stage]:
    """Ask dynamics at work how far it is, by its folder in the vault."""
    if not at_work:
        return {}
    from potash.calcs.stage import Stage
    from potash.show.project import vault_of

    vault = vault_of(folder)
    found = {row.key: Stage.read(vault.folder(row.key)) for row in at_work}
    return {key: stage for key, stage in found.items() if stage is not None}


def _held(folder: Path) -> bool:
    """Say whether a coordinating process lives."""
    lease = Lease(folder, LOCK)
    return lease.holder() is not None and (lease.lively or lease.age() < LEASE)
