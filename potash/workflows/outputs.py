"""Outputs of jobs in the LaunchPad's database; large ones in files of the vault, by their content's hash."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maggma.stores import MongoStore

from potash.errors import BadInput

#: The collection of the jobs' outputs.
COLLECTION = "potash_outputs"
#: The collection where workers tell of their calculations.
CALCULATIONS = "potash_calculations"
#: A text of JSON longer than this goes to a file. Even of single digits, where BSON needs eight times as much, a
#: document stays below the 16 MB that MongoDB takes.
BOUND = 1_000_000
#: Marks what lies in a file.
MARK = "potash_file"


class Files:
    """Large contents as files, named by their hash: what is written twice is there once.

    Parameters
    ----------
    vault
        The vault's folder, which all workers see.
    """

    def __init__(self, vault: Path) -> None:
        self.root = vault / "outputs"

    def put(self, text: str) -> dict[str, str]:
        """Write a text of JSON, whole or not at all, and give the reference to it."""
        name = hashlib.sha256(text.encode()).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{name}.{os.uname().nodename}.{os.getpid()}.part")
            try:
                with part.open("wb") as file:
                    file.write(gzip.compress(text.encode(), compresslevel=1, mtime=0))
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return {MARK: name}

    def text(self, reference: dict[str, str]) -> str:
        """Read what a reference names.

        Raises
        ------
        BadInput
            If the file is not there or holds something else.
        """
        path = self._path(reference[MARK])
        try:
            text = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise BadInput(f"{path}: a job's data cannot be read here ({error}); is the vault shared?") from None
        if hashlib.sha256(text).hexdigest() != reference[MARK]:
            raise BadInput(f"{path} was changed: its content is not what its name says")
        return text.decode()

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / f"{name}.json.gz"


class Outputs(MongoStore):
    """The outputs' collection as a maggma store. It knows no password, and cannot be written into a job.

    Parameters
    ----------
    database
        The LaunchPad's database, connected.
    files
        Where large outputs go.
    """

    def __init__(self, database: Any, files: Files) -> None:
        super().__init__(database.name, COLLECTION, key="uuid")
        self._coll = database[COLLECTION]
        self.files = files

    def update(self, docs: Any, key: Any = None) -> None:
        """Put documents in, large outputs as references."""
        rows = docs if isinstance(docs, list) else [docs]
        super().update([self._light(document) for document in rows], key)

    def query(self, *args: Any, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """Find documents, with their outputs whole."""
        for document in super().query(*args, **kwargs):
            output = document.get("output")
            if isinstance(output, dict) and MARK in output:
                document["output"] = json.loads(self.files.text(output))
            yield document

    def _light(self, document: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(document["output"])
        return {**document, "output": self.files.put(text)} if len(text) > BOUND else document
