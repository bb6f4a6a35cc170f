"""Where pw.x keeps what its next call starts from: beside the calculation, or on the node."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from potash.calcs.faults import failed

#: A node's own folder for wave functions is named by this variable.
NODE = "POTASH_SCRATCH"


def name() -> str:
    """Name the folder, as pw.x sees it; by process, so that the dead ones' can be told."""
    return f"scratch.{os.getpid()}"


def clear(directory: Path, files: Iterable[Path], *, node: bool) -> None:
    """Make the folder anew, with nothing in it but links to the pseudopotentials.

    Parameters
    ----------
    directory
        Where pw.x runs.
    files
        The pseudopotentials.
    node
        Whether wave functions go to the folder that `NODE` names, where it does.

    Raises
    ------
    CalculationFailed
        If that folder is not there.
    """
    remove(directory)
    scratch = directory / name()
    (scratch / "pseudo").mkdir(parents=True)
    for path in files:
        (scratch / "pseudo" / path.name).symlink_to(path.resolve())
    place = os.environ.get(NODE) if node else None
    if place is None:
        (scratch / "out").mkdir()
        return
    if not (Path(place).is_dir() and os.access(place, os.W_OK)):
        raise failed("F011", said=place)
    (scratch / "out").symlink_to(tempfile.mkdtemp(prefix="potash-", dir=Path(place).absolute()))


def remove(directory: Path, *, of_others: bool = False) -> None:
    """Remove the folder and what it keeps on the node; or those that killed processes left."""
    for scratch in directory.glob("scratch.*"):
        if (scratch.name != name()) == of_others:
            if (scratch / "out").is_symlink():
                shutil.rmtree((scratch / "out").resolve(), ignore_errors=True)
            shutil.rmtree(scratch, ignore_errors=True)
