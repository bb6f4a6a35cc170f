"""How fast a run goes and how long it will take, kept up calculation by calculation whatever the campaign's size."""

from __future__ import annotations

import time

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

    def left_off(self, key: str) -> None:
        """Note that a calculation was begun and waits again."""
        self._ran.discard(key)
        if key in self._running:
            self._waiting[key] = self._running.pop(key)[0]
            self._open += self._waiting[key]

    def ended(self, key: str, *, finished: bool) -> float:
        """Note that a calculation ended, and give the seconds that it ran; none where it was found."""
        self._forget(key)
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
            max(0.1 * expected * pace, expected * pace - (now - began)) for expected, began in self._running.values()
        )
        return self._open * pace + sum(running)

    def _forget(self, key: str) -> None:
        self._open -= self._waiting.pop(key, 0.0)
