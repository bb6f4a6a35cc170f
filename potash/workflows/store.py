"""The embedded store: job outputs in one SQLite file, behind maggma's Store."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from maggma.stores import MemoryStore

from potash.errors import BadInput


class SqliteStore(MemoryStore):
    """A maggma store that commits every document to SQLite before it is seen.

    Queries are answered from memory; the file (write-ahead log) is what survives kill -9.

    Parameters
    ----------
    path
        The SQLite file; made when it does not exist.
    """

    def __init__(self, path: Path, **kwargs: Any) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        super().__init__(key="uuid", **kwargs)

    def connect(self, force_reset: bool = False) -> None:
        """Open the file and read what it holds."""
        with self._lock:
            if self._coll is not None and not force_reset:
                return
            super().connect(force_reset=force_reset)
            self._file = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
            documents = self._documents()
            if documents:
                super().update(documents, key=["uuid", "index"])

    def _documents(self) -> list[dict[str, Any]]:
        """Read what the file holds."""
        try:
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, content TEXT NOT NULL)")
            return [dict(json.loads(row[0])) for row in self._file.execute("SELECT content FROM documents")]
        except (sqlite3.DatabaseError, ValueError, TypeError, RecursionError) as error:
            if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
                raise  # locked, a full disk: no fault of what is in it
            raise BadInput(
                f"{self.path} is no store of jobs, or damaged ({error}); remove it: nothing in it outlives a run"
            ) from None

    def update(self, docs: Any, key: Any = None) -> None:
        """Commit documents to the file, then show them."""
        rows = docs if isinstance(docs, list) else [docs]
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            for document in rows:
                identity = f"{document['uuid']}:{document.get('index', 1)}"
                content = json.dumps(document, default=str)
                self._file.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (identity, content))
            self._file.execute("COMMIT")
            super().update(rows, key=key)

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Query what is in memory."""
        with self._lock:
            return iter(list(super().query(*args, **kwargs)))

    def remove_docs(self, criteria: dict[str, Any]) -> None:
        """Remove documents from memory and file."""
        with self._lock:
            for document in list(super().query(criteria, properties=["uuid", "index"])):
                self._file.execute(
                    "DELETE FROM documents WHERE id = ?", (f"{document['uuid']}:{document.get('index', 1)}",)
                )
            super().remove_docs(criteria)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
            super().close()  # type: ignore[no-untyped-call]
