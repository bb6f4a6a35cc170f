"""How fast a run goes and how long it will take, kept up calculation by calculation whatever the campaign's size."""

from __future__ import annotations

import time

from potash.calcs.stage import Stage
from potash.workflows.ledger import Row


class Pace:
    """What is open of a run, and how long what ended took against what was expected.

    Parameters
    ----------
    rows
        The ledger's calculations as the run begins.
    cores
        What the run may use: as long as nothing has ended, they are taken to be busy.
    """

    def __init__(self, rows: list[Row], cores: int) -> None:
        self.cores = cores
        self._waiting = {row.key: row.expected for row in rows if row.state == "waiting"}
        self._before = {row.key for row in rows if row.state == "finished"}
        self._open = sum(self._waiting.values())
        self._running: dict[str, tuple[float, float]] = {}
        self._told: dict[str, Stage] = {}
        self._ran: set[str] = set()
        self._start: float | None = None
        self._expected = self._took = 0.0

    @property
    def since(self) -> float:
        """How long ago the first calculation of this run began, in seconds."""
        return 0.0 if self._start is None else time.monotonic() - self._start

    def ran(self, key: str) -> bool:
        """Say whether a calculation was begun by this run, and not left off."""
        return key in self._ran

    def before(self, key: str) -> bool:
        """Say whether a calculation was finished before this run."""
        return key in self._before

    def begun(self, key: str, expected: float) -> float:
        """Note that a calculation runs, and give for how many seconds it has."""
        now = time.monotonic()
        if self._start is None:
            self._start = now
        if key not in self._running:
            self._ran.add(key)
            self._forget(key)
            self._running[key] = (expected, now)
        return now - self._running[key][1]

    def tells(self, key: str, stage: Stage) -> None:
        """Note how far a running calculation says that it is."""
        self._told[key] = stage

    def left_off(self, key: str) -> None:
        """Note that a calculation was begun and waits again."""
        self._ran.discard(key)
        self._told.pop(key, None)
        if key in self._running:
            self._waiting[key] = self._running.pop(key)[0]
            self._open += self._waiting[key]

    def ended(self, key: str, *, finished: bool) -> float:
        """Note that a calculation ended, and give the seconds that it ran; none where it was found."""
        self._forget(key)
        self._told.pop(key, None)
        if key not in self._running:
            return 0.0
        expected, began = self._running.pop(key)
        seconds = time.monotonic() - began
        if finished:
            self._expected += expected
            self._took += seconds
        return seconds

    def left(self) -> float:
        """Estimate the time left of what is known so far, in seconds, as `workflows.ledger.time_left` does."""
        pace = self._took / self._expected if self._expected > 0 else 1.0 / self.cores
        now = time.monotonic()
        running = (
            max(0.1 * expected * pace, expected * pace - (now - began))
            for key, (expected, began) in self._running.items()
            if key not in self._told
        )
        return self._open * pace + sum(running) + self.told

    @property
    def told(self) -> float:
        """How long the longest of those will run on that say it themselves, in seconds."""
        return max((stage.seconds for stage in self._told.values()), default=0.0)

    @property
    def telling(self) -> float:
        """What was expected of those that say themselves how long they will run on, in core-seconds."""
        return sum(self._running[key][0] for key in self._told)

    def _forget(self, key: str) -> None:
        self._open -= self._waiting.pop(key, 0.0)
