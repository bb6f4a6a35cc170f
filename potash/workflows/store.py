"""The embedded store: job outputs in one SQLite file, behind maggma's Store."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from maggma.stores import MemoryStore
from monty.json import jsanitize

from potash.errors import BadInput

_TABLE = "CREATE TABLE IF NOT EXISTS outputs (uuid TEXT, number INTEGER, content TEXT, PRIMARY KEY (uuid, number))"


class SqliteStore(MemoryStore):
    """A maggma store of jobs' outputs that commits every document to SQLite before it is seen.

    A query that names a job reads that job's documents alone, so that its cost does not grow with the campaign; any
    other query reads all of them. The file (write-ahead log) survives kill -9.

    Parameters
    ----------
    path
        The SQLite file, made when it does not exist; ``:memory:`` for none.
    """

    def __init__(self, path: Path | str, **kwargs: Any) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._file: sqlite3.Connection | None = None
        super().__init__(key="uuid", **kwargs)

    def connect(self, force_reset: bool = False) -> None:
        """Open the file."""
        with self._lock:
            if self._file is not None and not force_reset:
                return
            self._file = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
            try:
                self._file.execute("PRAGMA journal_mode=WAL")
                self._file.execute("PRAGMA synchronous=NORMAL")  # outputs are made again by every run, from the vault
                self._file.execute(_TABLE)
                self._file.execute("SELECT uuid, number, content FROM outputs LIMIT 0")
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
                    raise  # locked, a full disk: no fault of what is in it
                raise BadInput(
                    f"{self.path} is no store of jobs, or damaged ({error}); remove it: nothing in it outlives a run"
                ) from None

    @property
    def _collection(self) -> Any:
        """All documents, as maggma's own methods want them."""
        return self._page({})._collection

    def _page(self, criteria: dict[str, Any]) -> MemoryStore:
        """Give a store of the documents that can answer a query: one job's where it names one, else all."""
        page = MemoryStore()
        page.connect()
        name = criteria.get("uuid")
        where, values = ("WHERE uuid = ?", (name,)) if isinstance(name, str) else ("", ())
        with self._lock:
            assert self._file is not None
            rows = self._file.execute(f"SELECT content FROM outputs {where} ORDER BY rowid", values).fetchall()
        if rows:
            page._collection.insert_many([json.loads(content) for (content,) in rows])
        return page

    def update(self, docs: Any, key: Any = None) -> None:
        """Commit documents, each in the place of the one with its ``uuid`` and ``index``."""
        rows = [jsanitize(each, allow_bson=True, recursive_msonable=True) for each in _listed(docs)]
        with self._committed() as file:
            file.executemany(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)",
                [(row["uuid"], row.get("index", 1), json.dumps(row, default=str)) for row in rows],
            )

    def query(self, criteria: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> Any:
        """Query what was committed."""
        yield from self._page(criteria or {}).query(criteria, *args, **kwargs)

    def remove_docs(self, criteria: dict[str, Any]) -> None:
        """Remove documents."""
        found = None if not criteria else [(each["uuid"], each.get("index", 1)) for each in self.query(criteria)]
        with self._committed() as file:
            if found is None:
                file.execute("DELETE FROM outputs")
            else:
                file.executemany("DELETE FROM outputs WHERE uuid = ? AND number = ?", found)

    @contextmanager
    def _committed(self) -> Iterator[sqlite3.Connection]:
        """Give the file for one transaction."""
        with self._lock:
            assert self._file is not None
            with self._file:
                self._file.execute("BEGIN IMMEDIATE")
                yield self._file

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _listed(docs: Any) -> list[Any]:
    return docs if isinstance(docs, list) else [docs]
