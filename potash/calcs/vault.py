"""Finished and unfinished calculations by content: find, claim, checkpoint, finish."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from potash.calcs.calculation import Calculation
from potash.calcs.processes import alive, identity

#: A lease whose holder runs on another host is lost when it was not renewed for so long, in seconds.
LEASE = 120.0


class Vault:
    """A folder of calculations, one folder each, named by the hash of what decides the result.

    ``calculation.json`` is what was asked, ``calls.xyz`` the force calls so far, ``result.json`` the result
    (written whole or not at all), ``failure.json`` why there is none, ``lease.json`` who is at it.

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

    def told(self, key: str) -> bool:
        """Say whether the failure's sentence is potash's own; else it is some code's, for a person to make out."""
        found = _read(self.folder(key) / "failure.json")
        return found is not None and bool(found.get("told"))

    def holder(self, key: str) -> str | None:
        """Name the process that is at a calculation; None where nobody is."""
        path = self.folder(key) / "lease.json"
        lease = _read(path)
        if lease is None:
            return None
        name = str(lease.get("holder", ""))
        living = alive(name)
        if living is None:
            try:
                living = time.time() - path.stat().st_mtime < LEASE
            except OSError:
                living = False
        return name if living else None

    def claim(self, calculation: Calculation) -> bool:
        """Take a calculation, if nobody else is at it.

        Returns
        -------
        bool
            True where this process now holds it, or it has ended meanwhile.
        """
        folder = self.folder(calculation.key)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / ".claim"):
            if self.holder(calculation.key) is not None:
                return False
            asked = calculation.model_dump(mode="json")
            if _read(folder / "calculation.json") != asked:
                write(folder / "calculation.json", asked)
            write(folder / "lease.json", {"holder": identity(), "since": time.time()})
        return True

    def renew(self, key: str) -> None:
        """Say that this process is still at it."""
        os.utime(self.folder(key) / "lease.json")

    def release(self, key: str) -> None:
        """Give a claimed calculation back, finished or not."""
        (self.folder(key) / "lease.json").unlink(missing_ok=True)

    def finish(self, key: str, result: dict[str, Any]) -> None:
        """Put the result in, whole."""
        write(self.folder(key) / "result.json", result)

    def fail(self, key: str, reason: str) -> None:
        """Put in why there is no result."""
        write(self.folder(key) / "failure.json", {"reason": reason, "told": True})

    def forgive(self, key: str) -> None:
        """Forget a failure, so that the calculation is tried again; its force calls stay."""
        (self.folder(key) / "failure.json").unlink(missing_ok=True)


def whole(result: dict[str, Any]) -> bool:
    """Say whether a result is one that a worker wrote: those have their cost."""
    return all(isinstance(result.get(name), int | float) for name in ("calls", "core_seconds"))


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
