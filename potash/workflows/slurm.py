"""Slurm's commands, and the scripts that it is given."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from potash.errors import BadInput

if TYPE_CHECKING:
    from potash.workflows.cluster import Cluster
    from potash.workflows.shares import Share

#: How long Slurm may take to answer, in seconds.
PATIENCE = 60.0


@dataclass(frozen=True)
class Queued:
    """A job in the queue.

    Attributes
    ----------
    state
        In Slurm's words: ``PENDING``, ``RUNNING``, ...
    reason
        Why it waits.
    left
        Time to its end, as Slurm writes it.
    node
        Where it runs.
    """

    state: str
    reason: str
    left: str
    node: str


def script(name: str, share: Share, cluster: Cluster, command: Sequence[str]) -> str:
    """Write a job's script: options that were checked, words that are quoted.

    Parameters
    ----------
    name
        The campaign's; what is no letter, digit or dash becomes a dash.
    share, cluster
        What to ask for.
    command
        What runs.
    """
    asked = {
        "job-name": "potash-" + re.sub(r"[^A-Za-z0-9]+", "-", name)[:40].strip("-"),
        "output": "slurm-%j.out",
        "open-mode": "append",
        "nodes": "1",
        "ntasks": str(share.cores),
        "mem": f"{share.memory}M",
        "time": clock(share.walltime),
        "partition": cluster.partition,
        "account": cluster.account,
        "qos": cluster.qos,
    }
    lines = ["#!/bin/bash -l" if cluster.modules else "#!/bin/bash"]
    lines += [f"#SBATCH --{key}={value}" for key, value in asked.items() if value is not None]
    lines += [f"#SBATCH {directive}" for directive in ("--requeue", *cluster.directives)]
    if cluster.modules:
        lines.append(f"module load {shlex.join(cluster.modules)} || exit 3")
    lines += [f"export {key}={shlex.quote(value)}" for key, value in cluster.environment.items()]
    if cluster.launcher:
        lines.append(f"export POTASH_MPIEXEC={shlex.quote(cluster.launcher)}")
    return "\n".join([*lines, f"exec {shlex.join(command)}", ""])


def clock(seconds: float) -> str:
    """Write a time as Slurm reads it, rounded up to minutes: 36:10:00."""
    minutes = -int(-seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def seconds(written: str) -> float | None:
    """Read a time as Slurm writes it: 1-02:03:04, 03:04, 4; None where it is none."""
    found = re.match(r"^(?:(\d+)-)?(?:(\d+):)?(?:(\d+):)?(\d+)$", written.strip())
    if not found:
        return None
    days, first, second, last = (int(part or 0) for part in found.groups())
    hours, minutes = (first, second) if found[3] else (0, first)
    return float(86400 * days + 3600 * hours + 60 * minutes + last)


def submit(path: Path, *, memory: int | None = None, after: str | None = None) -> str:
    """Hand a script over; it runs in its folder.

    Parameters
    ----------
    path
        The script.
    memory
        In MiB, instead of the script's own.
    after
        A job that must have ended before, however.

    Returns
    -------
    str
        The job's number.
    """
    words = ["sbatch", "--parsable"]
    words += [f"--mem={memory}M"] if memory else []
    words += [f"--dependency=afterany:{after}"] if after else []
    return _ask([*words, path.name], folder=path.parent).strip().split(";")[0]


def present() -> None:
    """Refuse to go on where there is no Slurm.

    Raises
    ------
    BadInput
        If its commands are not here.
    """
    _ask(["sbatch", "--version"])


def about() -> str:
    """Name Slurm's version and its partitions, with nodes, cores and walltimes.

    Raises
    ------
    BadInput
        If there is no Slurm, or it does not answer.
    """
    version = _ask(["sbatch", "--version"]).strip()
    rows = _ask(["sinfo", "-h", "-o", "%P|%D|%c|%m|%l"], patience=5.0).splitlines()
    parts = [
        f"{name} ({nodes} nodes of {cores} cores and {memory} MiB, walltime {time})"
        for name, nodes, cores, memory, time in (row.split("|") for row in rows)
    ]
    return f"{version}; {', '.join(parts)}"


def queue(jobs: Iterable[str], patience: float = PATIENCE) -> dict[str, Queued]:
    """Give those of these jobs that are in the queue.

    Raises
    ------
    BadInput
        If Slurm does not answer.
    """
    if not (numbers := ",".join(jobs)):
        return {}
    try:
        told = _ask(["squeue", "-h", "-j", numbers, "-o", "%i|%T|%L|%N|%r"], patience=patience)
    except BadInput as error:
        if "Invalid job id" in str(error):  # Slurm has forgotten all of them
            return {}
        raise
    rows = [line.split("|", 4) for line in told.splitlines()]
    return {job: Queued(state, reason, left, node) for job, state, left, node, reason in rows}


def ending(job: str) -> tuple[str, int]:
    """Say how a job ended: Slurm's word for its state, and the signal that ended it; ``("", 0)`` where it is forgotten."""
    try:
        told = _ask(["scontrol", "-o", "show", "job", job])
    except BadInput:
        return "", 0
    state = re.search(r"\bJobState=(\w+)", told)
    code = re.search(r"\bExitCode=\d+:(\d+)", told)
    return (state[1] if state else ""), int(code[1]) if code else 0


def cancel(jobs: Iterable[str]) -> None:
    """Take jobs out of the queue; those that are not there any more need nothing."""
    words = list(jobs)
    if words:
        _ask(["scancel", "--quiet", *words])


def _ask(words: Sequence[str], *, folder: Path | None = None, patience: float = PATIENCE) -> str:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=patience, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise BadInput(f"no {words[0]} on this machine: submit from a node of the cluster that has Slurm") from None
    except subprocess.TimeoutExpired:
        raise BadInput(f"Slurm does not answer ({words[0]} took longer than {patience:g} s)") from None
    if done.returncode:
        told = " ".join(done.stderr.split()) or f"code {done.returncode}"
        raise BadInput(f"Slurm refuses: {told}")
    return done.stdout
