"""A project that runs in allocations, read as one: its own ledger, and theirs where they are further."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from potash.workflows import submission
from potash.workflows.ledger import FILE, Ledger, Row

#: Which state of a calculation is told, where ledgers differ.
ORDER = {"finished": 3, "running": 2, "failed": 1, "waiting": 0}


class Parts:
    """The ledgers of a project and of its allocations; reads what `Ledger` reads.

    Parameters
    ----------
    folder
        The project's folder.
    count
        The number of its allocations.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.own = Ledger(folder)
        self.path = self.own.path
        folders = [submission.folder_of(folder, number) for number in range(1, count + 1)]
        self.parts = [Ledger(each) for each in folders if (each / FILE).exists()]

    def close(self) -> None:
        """Close the files."""
        for each in (self.own, *self.parts):
            each.close()

    def project(self) -> tuple[str, str]:
        """Give the campaign's name and file."""
        return self.own.project()

    def studies(self) -> list[tuple[str, str, str, str | None]]:
        """List id, kind, state and reason of each study, in the file's order."""
        told = {row[0]: row for part in (*self.parts, self.own) for row in part.studies() if row[2] != "waiting"}
        return [told.get(row[0], row) for row in self.own.studies()]

    def each_result(self) -> Iterator[dict[str, Any]]:
        """Give the results one after the other, in the file's order."""
        for study, *_ in self.own.studies():
            told = (ledger.result(study) for ledger in (self.own, *reversed(self.parts)))
            if (result := next((each for each in told if each is not None), None)) is not None:
                yield result

    def calculations(self) -> list[Row]:
        """List the calculations, each as that ledger tells it in which it got farthest."""
        found = {row.key: row for row in self.own.calculations()}
        for part in self.parts:
            for row in part.calculations():
                if row.key not in found or ORDER[row.state] > ORDER[found[row.key].state]:
                    found[row.key] = row
        return list(found.values())


def opened(folder: Path) -> Ledger | Parts:
    """Open a project's ledger to read it; that of a project in allocations together with theirs, until it is whole."""
    handed = submission.load(folder)
    if handed is None or handed.code is not None:
        return Ledger(folder)
    return Parts(folder, len(handed.shares))
