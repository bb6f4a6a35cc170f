"""Where a project stands. Reads its SQLite file alone, so that it answers at once."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from potash.calcs.lease import LEASE, Lease
from potash.workflows.ledger import LOCK, Ledger, Row, time_left


def show(folder: Path, *, watch: bool) -> None:
    """Print the studies, the calculations at work, and the time left; again and again where asked."""
    while True:
        ledger = Ledger(folder)
        lines, open_ = describe(ledger)
        ledger.close()
        if watch:
            typer.echo("\033[2J\033[H", nl=False)
        typer.echo("\n".join(lines))
        if not watch or not open_:
            return
        time.sleep(2)


def describe(ledger: Ledger) -> tuple[list[str], bool]:
    """Say in lines where a project stands, and whether anything is left to do."""
    name, file = ledger.project()
    rows = ledger.calculations()
    studies = ledger.studies()
    states = [row.state for row in rows]
    lines = [f"{name}  ({file})"]
    width = max(len(study) for study, *_ in studies)
    for study, _kind, state, reason in studies:
        mine = [row for row in rows if row.study == study]
        done = sum(row.state == "finished" for row in mine)
        running = sum(row.state == "running" for row in mine)
        state = "running" if state == "waiting" and running and _held(ledger) else state
        lines.append(
            f"  {study:{width}}  {state:10}  {done}/{len(mine)} calculations" + (f"  {reason}" if reason else "")
        )
    at_work = [row for row in rows if row.state == "running"] if _held(ledger) else []
    lines += [f"  at work: {_words(row)}" for row in at_work]
    open_ = any(state == "waiting" for _, _, state, _ in studies)
    lines.append(
        f"{states.count('finished')} calculations finished, {states.count('failed')} failed, {len(at_work)} at work"
    )
    if at_work:
        left = time_left(rows, max(1, len(at_work)))
        lines.append(f"about {round((left or 0.0) / 60 + 0.5)} min left of what is known so far")
    elif open_:
        lines.append(f"stopped; 'potash run {file} --dir {ledger.path.parent}' goes on")
    return lines, open_ and bool(at_work)


def _words(row: Row) -> str:
    return f"{row.study}: {row.label}, {row.calls} force calls, {row.seconds:.0f} s"


def _held(ledger: Ledger) -> bool:
    """Say whether a coordinating process lives."""
    lease = Lease(ledger.path.parent, LOCK)
    return lease.holder() is not None and (lease.lively or lease.age() < LEASE)
