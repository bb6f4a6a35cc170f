"""What works on this machine."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from potash.calcs.engine import ENGINES, engine
from potash.errors import BadInput


def show() -> None:
    """Print each part, whether it works, and the line that mends it."""
    console = Console(highlight=False)
    console.print(f"cores     {os.cpu_count()}")
    console.print(f"disk      {shutil.disk_usage(Path.cwd()).free / 2**30:.1f} GiB free here")
    for name in ENGINES:
        try:
            _line(console, name, engine(name).version(), ok=True)
        except BadInput as lack:
            _line(console, name, str(lack), ok=False)
    _line(console, "pseudo", *_pseudopotentials())
    _line(console, "MPI", *_found("mpiexec", "apt-get install openmpi-bin"))
    _line(console, "Slurm", *_slurm())
    _line(console, "FireWorks", *_fireworks())
    vault = os.environ.get("POTASH_VAULT")
    _line(
        console,
        "vault",
        f"shared: {vault}" if vault else "in each project's folder (POTASH_VAULT names a shared one)",
        ok=True,
    )


def _pseudopotentials() -> tuple[str, bool]:
    from potash.calcs.pseudopotentials import folders

    for folder in folders():
        if folder.is_dir():
            return f"{folder}: {len(list(folder.iterdir()))} files; a campaign says which elements it lacks", True
    return "no pseudopotentials for espresso: set ESPRESSO_PSEUDO, or python -m potash.calcs.gth FOLDER", False


def _slurm() -> tuple[str, bool]:
    from potash.workflows import slurm

    try:
        return slurm.about(), True
    except BadInput as lack:
        return f"{lack} (needed on clusters alone)", False


def _fireworks() -> tuple[str, bool]:
    try:
        return f"{version('FireWorks')}; submit says whether its LaunchPad answers", True
    except PackageNotFoundError:
        return "not installed: pip install 'potash[fireworks]' (needed for 'submit --to fireworks' alone)", False


def _found(program: str, mend: str) -> tuple[str, bool]:
    path = shutil.which(program)
    return (path, True) if path else (f"no {program} here: {mend}", False)


def _line(console: Console, name: str, text: str, ok: bool) -> None:
    mark = "[green]ok[/green]  " if ok else "[yellow]lack[/yellow]"
    console.print(f"{name:9} {mark}  ", end="")
    console.print(text, markup=False, soft_wrap=True)
