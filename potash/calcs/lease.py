"""Who is at a folder that several processes, hosts and containers share: one holder at a time."""

from __future__ import annotations

import errno
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from potash.calcs.processes import WATCH, alive, identity

#: A holder on another host that gave no sign of life for so long has lost its lease, in seconds.
LEASE = float(os.environ.get("POTASH_LEASE", "120"))

#: How often a holder gives one, in seconds.
RENEW = LEASE / 12

_FREE = "released"


class Lease:
    """A claim on a folder: numbered files ``NAME-1``, ``NAME-2``, …, of which the highest counts.

    A number is taken by a hard link, which one process alone can make, over NFS too; no file lock is needed. The highest
    number never goes while it counts, so that a holder that was paused finds a higher one when it wakes.
    Whether a holder on this machine lives is seen at once. One elsewhere must touch its file: who waits for it measures
    with its own steady clock how long the file stays the same, so that no clock needs to be right, here or there.

    Parameters
    ----------
    folder
        The folder, which exists when a lease on it is taken.
    name
        How the files' names begin.
    claim
        What `claim` said in another process that shares its lease with this one.

    Attributes
    ----------
    lively
        Whether the holder, when it was last looked at, was sure to live: here, or by a sign since an earlier look.
    """

    def __init__(self, folder: Path, name: str = "lease", claim: str | None = None) -> None:
        self.folder, self.name, self.claim = folder, name, claim
        self.lively = False
        self._seen: tuple[str, int] | None = None
        self._since = 0.0

    def holder(self) -> str | None:
        """Name the process that holds the folder; None where nobody does, or it is dead."""
        return self._look()[1]

    def take(self) -> bool:
        """Take the folder, if nobody is at it."""
        number, name = self._look()
        if name is not None:
            return False
        claim = f"{identity()} {uuid.uuid4().hex}"
        part = self.folder / f"{self.name}.{uuid.uuid4().hex}.part"
        try:
            part.write_text(claim, encoding="utf-8")
            with suppress(FileExistsError):
                os.link(part, self._path(number + 1))
            mine = part.stat().st_nlink == 2  # NFS may have made the link and lost the answer
        except FileNotFoundError:  # another one took it and swept up
            return False
        finally:
            part.unlink(missing_ok=True)
        if not mine:
            return False
        if max(self._numbers(), default=0) != number + 1:  # it was taken, and the number gone, since the look
            self._path(number + 1).unlink(missing_ok=True)
            return False
        self._sweep(number + 1)
        self.claim = claim
        return True

    def held(self) -> bool:
        """Say whether this process still holds it: nobody took it while this one was paused or cut off."""
        return self.claim is not None and self._read(max(self._numbers(), default=0)) == self.claim

    def renew(self) -> bool:
        """Give a sign of life; say whether this process still holds it."""
        try:
            number = max(self._numbers(), default=0)
            if self.claim is None or self._read(number) != self.claim:
                return False
            os.utime(self._path(number))
        except OSError as error:  # a folder that cannot be reached for a while is not lost
            return error.errno not in (errno.ENOENT, errno.ESTALE)
        return True

    @contextmanager
    def kept(self, lost: Callable[[], object]) -> Iterator[None]:
        """Renew it in a thread meanwhile.

        Parameters
        ----------
        lost
            Called in that thread where another process has taken the folder.
        """
        ended = threading.Event()

        def keep() -> None:
            renewed = time.monotonic()
            while not ended.wait(min(RENEW, WATCH)):  # often, for the first look after a pause
                if time.monotonic() - renewed >= RENEW:
                    renewed = time.monotonic()
                    if not self.renew():
                        lost()
                        return

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def release(self, *, done: bool = False) -> None:
        """Give it back; where all is done, nobody need take it again and nothing is left of it."""
        mine, self.claim = self.held(), None
        if mine:
            number = max(self._numbers())
            if done:
                self._sweep(number + 1)
            else:
                part = self.folder / f"{self.name}.{uuid.uuid4().hex}.part"
                try:
                    part.write_text(_FREE, encoding="utf-8")
                    part.replace(self._path(number))
                except OSError:  # a full disk has room for no other file
                    part.unlink(missing_ok=True)
                    with self._path(number).open("r+", encoding="utf-8") as file:
                        file.write(_FREE)
                        file.truncate()

    def age(self) -> float:
        """Say for how long the holder gave no sign of life, in seconds, by the clock of the folder's file system."""
        try:
            with TemporaryFile(dir=self.folder) as file:
                now = os.fstat(file.fileno()).st_mtime
        except OSError:  # one who may only look
            now = time.time()
        try:
            return now - self._path(max(self._numbers(), default=0)).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _look(self) -> tuple[int, str | None]:
        """Find the highest number, and who holds it."""
        while True:
            now = time.monotonic()  # before the look: however long this process is paused, it does not age the lease
            number = max(self._numbers(), default=0)
            text = self._read(number)
            if number and text is None:  # gone since it was listed
                continue
            if text is None or text == _FREE:
                return number, None
            try:
                seen = (text, self._path(number).stat().st_mtime_ns)
            except FileNotFoundError:
                continue
            name = text.split(" ")[0]
            living = alive(name)
            if living is not None:
                self.lively = living
            elif seen != self._seen:
                self.lively = self._seen is not None and self._seen[0] == text
                self._seen, self._since = seen, time.monotonic()
            living = now - self._since < LEASE if living is None else living
            return number, name if living else None

    def _numbers(self) -> list[int]:
        begin = f"{self.name}-"
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        found = [name.removeprefix(begin) for name in names if name.startswith(begin)]
        return [int(number) for number in found if number.isdecimal()]

    def _path(self, number: int) -> Path:
        return self.folder / f"{self.name}-{number}"

    def _read(self, number: int) -> str | None:
        try:
            return self._path(number).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _sweep(self, below: int) -> None:
        """Remove the leases below a number, and what writers that were killed left unfinished."""
        for number in self._numbers():
            if number < below:
                self._path(number).unlink(missing_ok=True)
        for part in self.folder.glob("*.part"):
            part.unlink(missing_ok=True)
