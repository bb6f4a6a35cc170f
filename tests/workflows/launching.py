"""A LaunchPad to test against, and the commands of potash and FireWorks as a user gives them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fireworks import LaunchPad

from tests.conftest import command
from tests.mongodb.server import Mongo, running

USER, PASSWORD = "kim", "Ent0ma!Lago-s3cret"


@dataclass
class Desk:
    """A folder with a campaign and a LaunchPad file."""

    folder: Path
    mongo: Mongo
    printed: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "my_launchpad.yaml"

    @property
    def pad(self) -> LaunchPad:
        return LaunchPad.from_file(str(self.file))

    def potash(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run potash as a user does."""
        return self._run(command(*words), variables)

    def submit(self, file: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.potash("submit", file, "--to", "fireworks", "--launchpad", str(self.file), *words)

    def fireworks(self, name: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run lpad, rlaunch or qlaunch as a user does."""
        return self._run([*self.words(name), *words], variables)

    def words(self, name: str) -> list[str]:
        return [str(Path(sys.executable).with_name(name)), "-l", str(self.file)]

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker that goes on until nothing is ready."""
        return subprocess.Popen(
            [*self.words("rlaunch"), "rapidfire", "--sleep", "1"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _run(self, words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "160", **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.printed += done.stdout + done.stderr
        return done


@contextmanager
def launchpad(folder: Path) -> Iterator[Desk]:
    """Give a LaunchPad that asks for a password, made anew."""
    with running({USER: PASSWORD}) as mongo:
        desk = Desk(folder, mongo)
        lines = ["host: 127.0.0.1", f"port: {mongo.port}", "name: fw", f"username: {USER}", f"password: '{PASSWORD}'"]
        desk.file.write_text("\n".join(lines) + "\n")
        desk.file.chmod(0o600)
        desk.pad.reset("", require_password=False)
        yield desk


def until(happened: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for something to happen."""
    import time

    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
