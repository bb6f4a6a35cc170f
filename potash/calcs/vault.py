"""Finished and unfinished calculations by content: find, claim, checkpoint, finish."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

from potash.calcs.calculation import Calculation
from potash.calcs.faults import recognise
from potash.calcs.lease import Lease
from potash.errors import BadInput


class Vault:
    """A folder of calculations, one folder each, named by the hash of what decides the result.

    ``calculation.json`` is what was asked, ``calls.xyz`` the force calls so far, ``result.json`` the result
    (written whole or not at all), ``failure.json`` why there is none, ``remedies.json`` what was tried with it,
    ``lease-1`` (or a higher number) who is at it.

    Parameters
    ----------
    root
        The vault's folder; made when something is first put in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, key: str) -> Path:
        """Where a calculation lies, whether it exists or not."""
        return self.root / key[:2] / key

    def result(self, key: str) -> dict[str, Any] | None:
        """Give the result of a finished calculation."""
        return _read(self.folder(key) / "result.json")

    def failure(self, key: str) -> str | None:
        """Give the sentence that says why a calculation failed."""
        found = _read(self.folder(key) / "failure.json")
        if found is None:
            return None
        reason = found.get("reason")
        return reason if isinstance(reason, str) and reason else "it failed, for no reason that was written down"

    def lease(self, key: str) -> Lease:
        """Give the lease of a calculation's folder; who waits for it keeps it, for it remembers what it saw."""
        return Lease(self.folder(key))

    def holder(self, key: str) -> str | None:
        """Name the process that is at a calculation; None where nobody is."""
        return self.lease(key).holder()

    def claim(self, calculation: Calculation, lease: Lease) -> bool:
        """Take a calculation by its lease, if nobody else is at it.

        Returns
        -------
        bool
            True where this process now holds it; it may have ended meanwhile.

        Raises
        ------
        BadInput
            If nothing can be written there.
        """
        folder = self.folder(calculation.key)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not lease.take():
                return False
            asked = calculation.model_dump(mode="json")
            if _read(folder / "calculation.json") != asked:
                write(folder / "calculation.json", asked)
        except OSError as error:
            raise self._shut(error) from None
        return True

    def check(self) -> None:
        """See that something can be put in.

        Raises
        ------
        BadInput
            If nothing can.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f"{uuid.uuid4().hex}.part"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise self._shut(error) from None

    def _shut(self, error: OSError) -> BadInput:
        found = recognise(f"OSError: {error}")
        return BadInput(found.sentence if found else f"the vault {self.root} cannot be written: {error}")

    def release(self, key: str, lease: Lease) -> None:
        """Give a claimed calculation back, finished or not."""
        lease.release(done=self.result(key) is not None)

    def finish(self, key: str, result: dict[str, Any]) -> None:
        """Put the result in, whole; where there is one, it stays."""
        finish(self.folder(key), result)

    def fail(self, key: str, reason: str) -> None:
        """Put in why there is no result."""
        write(self.folder(key) / "failure.json", {"reason": reason})

    def forgive(self, key: str) -> None:
        """Forget a failure and what was tried against it, so that all is tried again; force calls stay."""
        if self.failure(key) is not None:
            (self.folder(key) / "remedies.json").unlink(missing_ok=True)
        (self.folder(key) / "failure.json").unlink(missing_ok=True)


def whole(result: dict[str, Any]) -> bool:
    """Say whether a result is one that a worker wrote: those have their cost."""
    return all(isinstance(result.get(name), int | float) for name in ("calls", "core_seconds"))


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    part = _part(path, content)
    try:
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def finish(folder: Path, result: dict[str, Any]) -> None:
    """Put a calculation's result into its folder, whole; where there is one, it stays."""
    path = folder / "result.json"
    part = _part(path, result)
    try:
        os.link(part, path)
    except FileExistsError:
        if _read(path) is None:  # one that nobody can read is none
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _part(path: Path, content: dict[str, Any]) -> Path:
    """Write a file to be renamed, under a name that no other process on any host has."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _read(path: Path) -> dict[str, Any] | None:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"), object_hook=_plain)
    except (FileNotFoundError, ValueError, RecursionError):  # cut short, it says nothing: there is no result yet
        return None
    return loaded if isinstance(loaded, dict) else None


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """Refuse what names a class: jobflow would build it, and the vault may be shared."""
    if any(name.startswith("@") for name in found):
        raise ValueError("a class is named")
    return found
