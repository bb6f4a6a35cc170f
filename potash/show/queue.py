"""What Slurm has of a project, in lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from potash.errors import BadInput
from potash.workflows import slurm, submission
from potash.workflows.slurm import Queued
from potash.workflows.submission import Submission

#: So long is waited for Slurm, in seconds.
PATIENCE = 0.4

WHY = {
    "done": "done",
    "cancelled": "cancelled",
    "stuck": "stopped: its jobs added no force call; it needs a longer walltime or more cores",
    "memory": "stopped: it was killed for its memory, and may have no more ('memory' in the cluster profile)",
    "failed": "stopped with an error",
}


@dataclass(frozen=True)
class Queue:
    """A project's allocations.

    Attributes
    ----------
    lines
        For a person.
    running
        Whether any job is at work.
    open
        Whether any job may be in the queue; also where Slurm does not answer.
    done
        Whether all allocations are.
    """

    lines: list[str]
    running: bool
    open: bool
    done: bool


def look(project: Path) -> Queue | None:
    """Ask Slurm where a project's jobs are; None where none was handed over, or all is done."""
    handed = submission.load(project)
    if handed is None:
        return None
    jobs = {number: submission.jobs(project, number) for number in range(1, len(handed.shares) + 1)}
    everyone = [job for each in jobs.values() for job in each]
    if handed.code is not None and not everyone:
        return None
    try:
        queued = slurm.queue(everyone, PATIENCE)
    except BadInput as error:
        return Queue([f"  {error}"], running=True, open=True, done=False)
    if handed.code is not None and not queued:
        return None
    lines = [
        _line(project, handed, number, {job: queued[job] for job in jobs[number] if job in queued}) for number in jobs
    ]
    running = any(each.state == "RUNNING" for each in queued.values())
    states = submission.states(project, handed)
    return Queue(lines, running, bool(queued), all(each.ended == "done" for each in states.values()))


def _line(project: Path, handed: Submission, number: int, queued: dict[str, Queued]) -> str:
    """Say of one allocation which job is at work, and which waits, for what."""
    state = submission.state(project, number)
    words = []
    for job, each in queued.items():
        if each.state == "RUNNING":
            words.append(f"job {job} runs on {each.node}, {each.left} left")
        elif each.state == "PENDING" and each.reason == "Dependency":
            words.append(f"job {job} waits behind it")
        elif each.state == "PENDING":
            words.append(f"job {job} waits in the queue ({each.reason})")
        else:
            words.append(f"job {job} is ending" if each.state == "COMPLETING" else f"job {job} is {each.state.lower()}")
    ended = state.ended if state else None
    if ended and not any(each.state == "RUNNING" for each in queued.values()):
        words.insert(0, WHY[ended])
    if not words:
        words = ["not in the queue, and without a word of its end"]
    if ended not in (None, "done", "cancelled") or (not queued and not ended):
        words.append(f"see {submission.folder_of(project, number)}/slurm-*.out")
    count = len(state.jobs) if state else 0
    past = f"; {count} jobs so far" if count > 1 else ""
    return f"  allocation {number:02d}: {', '.join(words)}{past}"
