"""A campaign that was handed to Slurm: what lies in its project folder, and how it is handed over."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from potash.calcs.vault import write
from potash.errors import BadInput
from potash.workflows import slurm
from potash.workflows.ledger import FILE as LEDGER
from potash.workflows.shares import Share

if TYPE_CHECKING:
    from potash.workflows.cluster import Cluster

FILE = "slurm.json"
#: Holds the number of an allocation's first job.
FIRST = "first"

Ended = Literal["done", "cancelled", "stuck", "memory", "failed"]


class State(BaseModel):
    """Where an allocation's chain of jobs stands; written by the job that runs.

    Attributes
    ----------
    jobs
        All jobs so far, in their order.
    running
        The one that is at work, or died at it.
    waiting
        The one that will go on.
    memory
        In MiB, what the next job needs.
    progress
        Force calls and results on record when the last job ended.
    idle
        Jobs in a row that added nothing to it.
    ended
        Why there will be no further job.
    """

    jobs: list[str] = []
    running: str | None = None
    waiting: str | None = None
    memory: int
    progress: int = 0
    idle: int = 0
    ended: Ended | None = None


class Submission(BaseModel):
    """What was handed over.

    Attributes
    ----------
    file, vault
        The campaign's file and the vault, as absolute paths.
    most
        The most memory that a job may ask for, in MiB.
    code
        How the run over all studies ended, which comes last.
    """

    name: str
    file: Path
    vault: Path
    engine: str | None
    protocol: str | None
    scratch: str | None
    most: int | None
    shares: list[Share]
    code: int | None = None


def folder_of(project: Path, number: int) -> Path:
    """Say where an allocation has its folder: script, output, and a project of its own."""
    return project / "allocations" / f"{number:02d}"


def load(project: Path) -> Submission | None:
    """Read what was handed over; None where nothing was."""
    path = project / FILE
    return Submission.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def save(project: Path, submission: Submission) -> None:
    """Write down what is handed over."""
    write(project / FILE, submission.model_dump(mode="json"))


def state(project: Path, number: int) -> State | None:
    """Read where an allocation stands; None where it never was."""
    path = folder_of(project, number) / "state.json"
    return State.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def keep(project: Path, number: int, now: State) -> None:
    """Write down where an allocation stands."""
    write(folder_of(project, number) / "state.json", now.model_dump(mode="json"))


def states(project: Path, submission: Submission) -> dict[int, State]:
    """Give the states of all allocations by their numbers."""
    found = {number: state(project, number) for number in range(1, len(submission.shares) + 1)}
    return {number: each for number, each in found.items() if each is not None}


def jobs(project: Path, number: int) -> list[str]:
    """List the jobs of an allocation that may be in the queue."""
    now, first = state(project, number), folder_of(project, number) / FIRST
    found: list[str | None] = [first.read_text(encoding="utf-8").strip()] if first.exists() else []
    found += [now.running, now.waiting] if now else []
    return [job for job in dict.fromkeys(found) if job]


def all_jobs(project: Path, submission: Submission) -> list[str]:
    """List the jobs of all allocations that may be in the queue."""
    return [job for number in range(1, len(submission.shares) + 1) for job in jobs(project, number)]


def learned(project: Path) -> int:
    """Give the most memory that an allocation of this project was found to need, in MiB; 0 where none was killed for it."""
    submission = load(project)
    if submission is None:
        return 0
    needed = [
        each.memory
        for number, each in states(project, submission).items()
        if each.memory > submission.shares[number - 1].memory
    ]
    return max(needed, default=0)


def scripts(project: Path, submission: Submission, cluster: Cluster) -> list[str]:
    """Write the script of every allocation."""
    return [
        slurm.script(f"{submission.name}-{number:02d}", share, cluster, _command(project, number))
        for number, share in enumerate(submission.shares, start=1)
    ]


def _command(project: Path, number: int) -> Sequence[str]:
    return [sys.executable, "-m", "potash.cli", "allocation", str(project.resolve()), str(number)]


def refuse_twice(project: Path) -> None:
    """Refuse a second submission while jobs of the first are in the queue.

    Raises
    ------
    BadInput
        Naming them.
    """
    submission = load(project)
    if submission is None:
        return
    if queued := slurm.queue(all_jobs(project, submission)):
        numbers = " ".join(queued)
        raise BadInput(
            f"{project} is in the queue already, as job {numbers}: watch it with 'potash status {project}', "
            f"or take it out with 'scancel {numbers}' and submit again"
        )


def hand_over(project: Path, submission: Submission, cluster: Cluster) -> list[str]:
    """Submit the first job of every allocation; where Slurm refuses one of them, none stays in the queue.

    Returns
    -------
    list of str
        The jobs' numbers.
    """
    save(project, submission)
    texts = scripts(project, submission, cluster)
    for number, (share, text) in enumerate(zip(submission.shares, texts, strict=True), start=1):
        folder = folder_of(project, number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "studies.txt").write_text("".join(f"{study}\n" for study in share.studies), encoding="utf-8")
        (folder / "job.sh").write_text(text, encoding="utf-8")
        for old in (folder / FIRST, *folder.glob(f"{LEDGER}*")):  # of a submission before, with other studies
            old.unlink(missing_ok=True)
        keep(project, number, State(memory=share.memory))  # from here on only jobs write it
    given: list[str] = []
    try:
        for number in range(1, len(texts) + 1):
            folder = folder_of(project, number)
            given.append(slurm.submit(folder / "job.sh"))
            (folder / FIRST).write_text(given[-1], encoding="utf-8")
    except BadInput:
        slurm.cancel(given)
        raise
    return given
