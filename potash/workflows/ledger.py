"""Where a project stands: its studies and calculations, in the project's SQLite file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from potash.calcs.lease import RENEW, Lease
from potash.errors import BadInput

FILE = "potash.sqlite"

#: How the lease on a project's folder is named.
LOCK = ".lock"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS project (name TEXT, file TEXT, engine TEXT, protocol TEXT);
CREATE TABLE IF NOT EXISTS studies (
    id TEXT PRIMARY KEY, position INTEGER, kind TEXT, state TEXT, reason TEXT, result TEXT);
CREATE TABLE IF NOT EXISTS calculations (
    key TEXT PRIMARY KEY, study TEXT, label TEXT, state TEXT, calls INTEGER, expected REAL, began REAL, ended REAL);
"""

_COLUMNS = "key, study, label, state, calls, expected, began, ended"
#: Asks for every column that is read later on.
_ALL = (
    f"SELECT 1 FROM (SELECT {_COLUMNS} FROM calculations LIMIT 0), "
    "(SELECT id, position, kind, state, reason, result FROM studies LIMIT 0), (SELECT name, file FROM project LIMIT 0)"
)


@dataclass(frozen=True)
class Row:
    """A calculation in the ledger."""

    key: str
    study: str
    label: str
    state: str
    calls: int
    expected: float
    began: float | None
    ended: float | None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return 0.0 if self.began is None else (self.ended or time.time()) - self.began


def _row(key: Any, study: Any, label: Any, state: Any, calls: Any, expected: Any, *times: Any) -> Row:
    """Make a row of what the file holds, which any type of SQLite may be."""
    began, ended = (None if each is None else float(each) for each in times)
    return Row(str(key), str(study), str(label), str(state), int(calls), float(expected), began, ended)


class Ledger:
    """The state of every study and calculation of a project, committed as it changes.

    Parameters
    ----------
    folder
        The project's folder.

    Raises
    ------
    BadInput
        If there is no project in it (unless `make`).
    """

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.path = folder / FILE
        if not make and not self.path.exists():
            raise BadInput(
                f"{folder} is no project folder: it has no {FILE}; start one with 'potash run FILE --dir {folder}'"
            )
        self._lock = threading.Lock()
        self._file = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        with self._reading():
            if make:
                self._file.execute("PRAGMA journal_mode=WAL")
                self._file.execute(
                    "PRAGMA synchronous=NORMAL"
                )  # the vault holds what counts, also after a power failure
                self._file.executescript(_SCHEMA)
            self._file.execute(_ALL)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say in one sentence that the file is none of potash's, or damaged."""
        try:
            yield
        except (sqlite3.DatabaseError, ValueError, TypeError, LookupError, RecursionError) as error:
            if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
                raise  # locked, a full disk: no fault of what is in it
            raise BadInput(
                f"{self.path} is no database of this potash, or damaged ({error}); move it away and run the campaign "
                "again: the vault keeps what is finished"
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def begin(
        self,
        name: str,
        file: Path,
        studies: list[tuple[str, str]],
        planned: dict[str, tuple[str, str, float, str]],
        engine: str | None = None,
        protocol: str | None = None,
    ) -> None:
        """Write down a run's studies and planned calculations; results of earlier runs go, the vault keeps what counts.

        Parameters
        ----------
        name, file
            The campaign.
        studies
            Id and kind, in the file's order.
        planned
            By key: study, label, expected core-seconds, state.
        engine, protocol
            What the command line put in place of the file's own.
        """
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute("DROP TABLE project")  # one that an older potash made may have other columns
            self._file.execute("CREATE TABLE project (name TEXT, file TEXT, engine TEXT, protocol TEXT)")
            self._file.execute("INSERT INTO project VALUES (?, ?, ?, ?)", (name, str(file), engine, protocol))
            known = {study for study, _ in studies}
            for (study,) in self._file.execute("SELECT id FROM studies").fetchall():
                if study not in known:
                    self._file.execute("DELETE FROM studies WHERE id = ?", (study,))
            for position, (study, kind) in enumerate(studies):
                self._file.execute(
                    "INSERT INTO studies VALUES (?, ?, ?, 'waiting', NULL, NULL) "
                    "ON CONFLICT (id) DO UPDATE SET position = ?, kind = ?, state = 'waiting', reason = NULL, result = NULL",
                    (study, position, kind, position, kind),
                )
            self._file.execute("DELETE FROM calculations")
            self._file.executemany(
                "INSERT INTO calculations VALUES (?, ?, ?, ?, 0, ?, NULL, NULL)",
                [(key, study, label, state, expected) for key, (study, label, expected, state) in planned.items()],
            )
            self._file.execute("COMMIT")

    def calculation(
        self,
        key: str,
        study: str,
        label: str,
        state: str,
        calls: int,
        expected: float,
        times: tuple[float | None, float | None] | None = None,
    ) -> None:
        """Write down what happened to a calculation, now, or with the times when it began and ended elsewhere."""
        now = time.time()
        began, ended = times or ((now, None) if state == "running" else (None, now))
        with self._lock:
            self._file.execute(
                "INSERT INTO calculations VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "state = excluded.state, calls = excluded.calls, ended = excluded.ended, "
                "began = COALESCE(calculations.began, excluded.began)",
                (key, study, label, state, calls, expected, began, ended),
            )

    def study(self, name: str, state: str, reason: str | None = None, result: dict[str, Any] | None = None) -> None:
        """Write down where a study stands, and its result."""
        content = json.dumps(result) if result is not None else None
        with self._lock:
            self._file.execute(
                "UPDATE studies SET state = ?, reason = ?, result = ? WHERE id = ?", (state, reason, content, name)
            )

    def chosen(self) -> tuple[str | None, str | None]:
        """Give the engine and protocol that the command line put in place of the file's own."""
        row = self._file.execute("SELECT engine, protocol FROM project").fetchone()
        return (row[0], row[1]) if row else (None, None)

    def project(self) -> tuple[str, str]:
        """Give the campaign's name and file."""
        with self._reading():
            row = self._file.execute("SELECT name, file FROM project").fetchone()
        if row is None:
            raise BadInput(
                f"{self.path.parent} holds no run yet; start one with 'potash run FILE --dir {self.path.parent}'"
            )
        return str(row[0]), str(row[1])

    def studies(self) -> list[tuple[str, str, str, str | None]]:
        """List id, kind, state and reason of each study, in the file's order."""
        with self._reading():
            rows = self._file.execute("SELECT id, kind, state, reason FROM studies ORDER BY position")
            return [
                (str(name), str(kind), str(state), None if why is None else str(why)) for name, kind, state, why in rows
            ]

    def result(self, study: str) -> dict[str, Any] | None:
        """Give a study's result; None where there is none yet."""
        with self._reading():
            row = self._file.execute("SELECT result FROM studies WHERE id = ?", (study,)).fetchone()
            return None if row is None or row[0] is None else dict(json.loads(row[0]))

    def each_result(self) -> Iterator[dict[str, Any]]:
        """Give the results one after the other: of many studies, all at once would fill the memory."""
        with self._reading():
            for row in self._file.execute("SELECT result FROM studies WHERE result IS NOT NULL ORDER BY position"):
                yield dict(json.loads(row[0]))

    def calculations(self) -> list[Row]:
        """List the calculations."""
        with self._reading():
            return [_row(*row) for row in self._file.execute(f"SELECT {_COLUMNS} FROM calculations")]


def time_left(rows: list[Row], cores: int, told: dict[str, float] | None = None) -> float | None:
    """Estimate the time left, in seconds: what was planned, corrected by how long finished calculations took.

    Parameters
    ----------
    rows
        The ledger's calculations.
    cores
        How many are at work.
    told
        By key: seconds that those have left which say it themselves; they run side by side.

    Returns
    -------
    float or None
        None where nothing is left.
    """
    open_ = [row for row in rows if row.state in ("waiting", "running")]
    if not open_:
        return None
    ended = [row for row in rows if row.state == "finished" and row.began is not None]
    planned = sum(row.expected for row in ended)
    pace = sum(row.seconds for row in ended) / planned if planned > 0 else 1.0 / cores
    told = told or {}
    others = (row for row in open_ if row.key not in told)
    more = sum(max(0.1 * row.expected * pace, row.expected * pace - row.seconds) for row in others)
    return more + max(told.values(), default=0.0)


@contextmanager
def hold(folder: Path, tell: Callable[[str], None] = lambda sentence: None) -> Iterator[None]:
    """Hold a project's folder: one coordinating process at a time. A killed one lets go by itself.

    Parameters
    ----------
    folder
        The project's folder, which may be shared by hosts.
    tell
        Told why this takes a while.

    Raises
    ------
    BadInput
        Naming the process that holds it.
    """
    lease = Lease(folder, LOCK)
    waiting = False
    while not lease.take():
        host, pid, *_ = f"{lease.holder()}:?".split(":")
        if lease.lively:
            raise BadInput(
                f"{folder} is held by process {pid} on {host}; wait for it, watch it with 'potash status {folder}', or stop it"
            )
        if not waiting:
            tell(f"{folder} was left by process {pid} on {host}, or is held by it: waiting for a sign of life")
            waiting = True
        time.sleep(RENEW / 10)
    try:
        with lease.kept(lambda: os.kill(os.getpid(), signal.SIGTERM)):  # paused until another host took it over
            yield
    finally:
        lease.release()
