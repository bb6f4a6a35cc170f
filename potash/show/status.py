"""Where a project stands. Reads SQLite files alone, so that it answers at once; Slurm is given half a second."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import typer

from potash.calcs.lease import LEASE, Lease
from potash.show.queue import look
from potash.workflows.ledger import LOCK, Ledger, Row, time_left
from potash.workflows.parts import Parts, opened


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
        typer.echo("\n".join(lines))
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
    held = launchpad is not None or _held(folder)
    working = held if queue is None or queue.running is None else queue.running > 0
    lines = [f"{name}  ({file})"]
    width = max(len(study) for study, *_ in studies)
    mine = Counter((row.study, row.state) for row in rows)
    known = Counter(row.study for row in rows)
    for study, _kind, state, reason in studies:
        state = "running" if state == "waiting" and working and mine[study, "running"] else state
        lines.append(
            f"  {study:{width}}  {state:10}  {mine[study, 'finished']}/{known[study]} calculations"
            + (f"  {reason}" if reason else "")
        )
    lines += queue.lines if queue else []
    at_work = [row for row in rows if row.state == "running"] if working else []
    lines += [f"  at work: {_words(row)}" for row in at_work]
    open_ = any(state == "waiting" for _, _, state, _ in studies)
    lines.append(f"{states['finished']} calculations finished, {states['failed']} failed, {len(at_work)} at work")
    queued = queue is not None and (queue.open or queue.running is None)
    if at_work:
        left = time_left(rows, max(1, len(at_work)))
        lines.append(f"about {round((left or 0.0) / 60 + 0.5)} min left of what is known so far")
    elif queue is not None and not queued:
        lines.append(f"stopped; 'potash submit {file} --to slurm --dir {folder}' goes on")
    elif open_ and not queued and launchpad is None:
        lines.append(f"stopped; 'potash run {file} --dir {folder}' goes on")
    if launchpad is not None:
        lines.append(launchpad)
    return lines, (open_ and (bool(at_work) or launchpad is not None)) or queued


def _words(row: Row) -> str:
    return f"{row.study}: {row.label}, {row.calls} force calls, {row.seconds:.0f} s"


def _held(folder: Path) -> bool:
    """Say whether a coordinating process lives."""
    lease = Lease(folder, LOCK)
    return lease.holder() is not None and (lease.lively or lease.age() < LEASE)
