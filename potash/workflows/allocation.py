"""What runs in an allocation: a share of a campaign until the walltime nears, and the job that goes on after it.

The next job is put into the queue before any work is done, behind this one: a job that is killed without a word, with
its node or for its memory, has its successor. A job that is cancelled or done takes its successor out of the queue.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from potash.calcs.vault import Vault
from potash.errors import BadInput
from potash.workflows import slurm, submission, walltime
from potash.workflows.submission import Ended, State, Submission

#: So many jobs in a row may add no force call.
IDLE = 2
#: A job that was killed for its memory is followed by one with so many times as much.
MORE = 2
#: Where no most is given, memory grows at most so many times over.
GROWTH = 16
#: Of the time before the end that force calls under way have to end, so much is kept for what comes after, in seconds.
RESERVE = 60
#: Exit codes of ``potash run``: done, and done with studies that failed.
DONE, FAILED = 0, 1


def work(project: Path, number: int) -> int:
    """Do an allocation's work, as the job that Slurm started.

    Returns
    -------
    int
        0 where the share is done or another job goes on with it.

    Raises
    ------
    BadInput
        Outside a job, or where nothing was handed over.
    """
    job, known = os.environ.get("SLURM_JOB_ID"), submission.load(project)
    state = submission.state(project, number)
    if job is None or known is None or state is None:
        raise BadInput(
            f"{project} has no allocation {number} to work at here: 'potash submit FILE --to slurm' makes them"
        )
    return _Allocation(project, number, job, known, state).go()


class _Allocation:
    def __init__(self, project: Path, number: int, job: str, known: Submission, state: State) -> None:
        self.project, self.number, self.job, self.known, self.state = project, number, job, known, state
        self.folder = submission.folder_of(project, number)
        self.share = known.shares[number - 1]
        self.vault = Vault(known.vault)
        self.told_to_stop = False
        self.deadline = time.monotonic() + _left(job, self.share.walltime) - self.share.stop

    def go(self) -> int:
        signal.signal(signal.SIGTERM, self._told)
        if not self._begins():
            return 0
        words = ["--dir", str(self.folder), "--only", f"@{self.folder / 'studies.txt'}"]
        ended = self.state.ended or self._judge(self._run(words))
        if ended == "done":
            ended = self._last()
        if ended is not None:
            self._leave(ended)
            return 0 if ended == "done" else 1
        self._keep(running=None, waiting=self.state.waiting or self._next())
        return 0

    def _begins(self) -> bool:
        """Take over from the job before, if it left something to do; put the next one behind this one."""
        again = self.job in self.state.jobs  # Slurm has put it back into the queue
        ended = "done" if self.state.ended == "done" else None
        if (self.state.ended != ended and not again) or (ended and self.known.code is not None):
            return False
        before = self.state.running
        self._keep(jobs=list(dict.fromkeys([*self.state.jobs, self.job])), ended=ended)
        if before not in (None, self.job) and not self._survives(str(before)):
            return False
        waiting = None if self.state.waiting == self.job else self.state.waiting
        try:
            if waiting is None or waiting not in slurm.queue([waiting]):
                waiting = self._next()
        except BadInput as error:
            _say(f"{error}; once more when this job ends")
        self._keep(running=self.job, waiting=waiting)
        return True

    def _survives(self, before: str) -> bool:
        """Say whether this job may go on after one that left no word: why that ended is Slurm's to say."""
        how, killed_by = slurm.ending(before)
        if how == "CANCELLED":
            self._leave("cancelled")
            return False
        if how == "OUT_OF_MEMORY" or killed_by == signal.SIGKILL:
            _say(f"job {before} was killed, most likely for its memory")
            self._keep(running=None, waiting=None)
            if self._followed() is not None:
                self._keep(ended="memory")
            return False
        _say(f"job {before} ended without a word ({how.lower() or 'Slurm has forgotten how'})")
        if (ended := self._stuck()) is not None:
            self._leave(ended)
        return ended is None

    def _run(self, words: list[str]) -> int:
        words = [str(self.known.file), *words, "--cores", str(self.share.cores)]
        for option in ("engine", "protocol"):
            if chosen := getattr(self.known, option):
                words += [f"--{option}", chosen]
        with walltime.scratch(self.known.scratch, self.job) as variables:
            grace = max(self.share.stop - RESERVE, self.share.stop / 2)
            variables |= {"POTASH_VAULT": str(self.known.vault), "POTASH_GRACE": f"{grace:.0f}"}
            return walltime.run(words, variables, self.deadline, self._cancelled)

    def _told(self, number: int, frame: Any) -> None:
        self.told_to_stop = True

    def _cancelled(self) -> bool:
        """Say whether the job was cancelled; no job comes after it then, written down before Slurm kills it."""
        if self.told_to_stop and self.state.ended != "cancelled":
            self._leave("cancelled")
        return self.told_to_stop

    def _judge(self, code: int) -> Ended | None:
        """Say why the share has ended; None where the next job goes on."""
        if self.told_to_stop:
            return "cancelled"
        if code < 0:
            _say(f"the run was killed (signal {-code}), most likely for its memory")
            return self._followed()
        if code not in (DONE, FAILED, walltime.STOPPED):
            return "failed"
        if killed := walltime.killed(self.folder):
            _say(f"a process of {killed} of the studies was killed, most likely for its memory")
            return self._followed()
        if not walltime.left_open(self.folder):
            return "done"
        return self._stuck() if code == walltime.STOPPED else "failed"

    def _stuck(self) -> Ended | None:
        """Count the jobs in a row that added nothing, and end with too many of them."""
        progress = walltime.progress(self.folder, self.vault)
        idle = 0 if progress > self.state.progress else self.state.idle + 1
        self._keep(progress=progress, idle=idle)
        if idle < IDLE:
            return None
        _say(f"{idle} jobs in a row have added no force call: a longer walltime is needed, or more cores")
        return "stuck"

    def _followed(self) -> Ended | None:
        """Put a job with more memory in the place of the next one, unless it has the most already."""
        old = self.state.waiting
        most = self.known.most or GROWTH * self.share.memory
        if self.state.memory >= most:
            _say(f"it had the {self.state.memory} MiB that it may have at most ('memory' in the cluster profile)")
            return "memory"
        self._keep(memory=min(most, MORE * self.state.memory))
        self._keep(waiting=self._next())
        slurm.cancel([old] if old else [])
        _say(f"the next job has {self.state.memory} MiB")
        return None

    def _last(self) -> Ended | None:
        """Make the project whole, where this is the last allocation that is done: all is found in the vault."""
        with (self.project / "allocations" / ".last").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._keep(ended="done")
            everybody = submission.states(self.project, self.known)
        if sum(each.ended == "done" for each in everybody.values()) < len(self.known.shares):
            return "done"
        code = self._run(["--dir", str(self.project)])
        if self.told_to_stop:
            return "cancelled"
        if code == walltime.STOPPED:
            return self._stuck()
        if code not in (DONE, FAILED):
            return "failed"
        submission.save(self.project, self.known.model_copy(update={"code": code}))
        return "done"

    def _next(self) -> str:
        return slurm.submit(self.folder / "job.sh", memory=self.state.memory, after=self.job)

    def _leave(self, ended: Ended) -> None:
        """Write down that no job comes after this one, and take the one that waits out of the queue."""
        waiting = self.state.waiting
        self._keep(ended=ended, running=None, waiting=None)
        slurm.cancel([waiting] if waiting and waiting != self.job else [])

    def _keep(self, **change: Any) -> None:
        self.state = self.state.model_copy(update=change)
        submission.keep(self.project, self.number, self.state)


def _left(job: str, otherwise: float) -> float:
    """Ask how long a job still has, in seconds: an operator may have changed it."""
    try:
        written = [each.left for each in slurm.queue([job]).values()]
    except BadInput:
        return otherwise
    left = slurm.seconds(written[0]) if written else None
    return otherwise if left is None else left


def _say(sentence: str) -> None:
    print(f"potash: {sentence}", file=sys.stderr, flush=True)
