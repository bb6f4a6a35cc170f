"""Progress of a run: what is at work now, how much is done, how long it will take."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from potash.errors import printable
from potash.show.pace import Pace
from potash.workflows.ledger import Ledger

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from potash.calcs.site import Event
    from potash.calcs.stage import Stage


class Progress:
    """Listen to a run: keep the ledger, and show bars on a terminal or lines elsewhere.

    Parameters
    ----------
    console
        Where to print.
    ledger
        Told of every calculation.
    guesses
        Expected core-seconds by the calculations' labels.
    cores
        What the run may use.
    total
        Expected core-seconds of all that is to do.
    """

    def __init__(self, console: Console, ledger: Ledger, guesses: dict[str, float], cores: int, total: float) -> None:
        self.console, self.ledger, self.guesses, self.cores = console, ledger, guesses, cores
        self.total = max(total, 1e-9)
        self.finished = 0.0
        self.pace = Pace(ledger.calculations(), cores)
        self.tasks: dict[str, TaskID] = {}
        self.phases: dict[str, str] = {}
        self.lock = threading.Lock()
        self.bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self.all = self.bars.add_task("all", total=self.total, note="")

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.bars.stop()

    def listen(self, event: Event) -> None:
        """Take note of an event."""
        key = event.calculation.key
        study, _, label = event.label.partition(": ")
        expected = self.guesses.get(label, 1.0)
        with self.lock:
            state = "finished" if event.state == "found" else event.state
            if event.state == "found" and self.pace.ran(key):
                return
            self.ledger.calculation(key, study, label, state, event.calls, expected)
            if event.state == "running":
                self._running(key, event, expected)
            elif event.state == "waiting":
                self.pace.left_off(key)
                self._unbar(key)
            else:
                self._ended(key, event, expected)

    def _running(self, key: str, event: Event, expected: float) -> None:
        seconds = self.pace.begun(key, expected)
        if key not in self.tasks:
            self.tasks[key] = self.bars.add_task(f"  {escape(printable(event.label))}", total=None, note="")
        part = min(0.95, seconds * self.cores / max(expected, 1e-9))
        if event.stage is not None:
            part = seconds / max(seconds + event.stage.seconds, 1e-9)
            self._stage(key, event, event.stage)
        self.bars.update(self.tasks[key], note=event.stage.words if event.stage else f"{event.calls} force calls")
        self._overall(self.finished + part * expected)

    def _stage(self, key: str, event: Event, stage: Stage) -> None:
        """Note how far dynamics is, and print a line where a phase begins."""
        self.pace.tells(key, stage)
        if stage.left > 0 and self.phases.get(key) != stage.phase:
            self.phases[key] = stage.phase
            self.console.print(
                f"{event.state:8}  {escape(printable(event.label))}  [dim]{stage.words}; {self._left()}[/dim]",
                soft_wrap=True,
            )

    def _ended(self, key: str, event: Event, expected: float) -> None:
        seconds = self.pace.ended(key, finished=event.state == "finished")
        self._unbar(key)
        self.finished += 0.0 if self.pace.before(key) else expected
        left = self._overall(self.finished)
        self.console.print(
            f"{event.state:8}  {escape(printable(event.label))}  [dim]{event.calls} force calls, {seconds:.0f} s; {left}[/dim]",
            soft_wrap=True,
        )

    def _unbar(self, key: str) -> None:
        if key in self.tasks:
            self.bars.remove_task(self.tasks.pop(key))

    def _overall(self, done: float) -> str:
        note = self._left()
        self.bars.update(self.all, completed=min(done, self.total), note=note)
        return note

    def _left(self) -> str:
        undone = max(0.0, self.total - self.finished - self.pace.telling)
        # What an expected core-second has taken so far, with all that ran beside it.
        rate = self.pace.since / self.finished if self.pace.since and self.finished > 0 else 1.0 / self.cores
        seconds = max(self.pace.left(), rate * undone + self.pace.told)
        open_ = self.pace.told or undone > max(0.01 * self.total, 1e-6)
        return f"about {words(seconds)} left" if open_ else "almost done"


def words(seconds: float) -> str:
    """Say a time as a person would: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
