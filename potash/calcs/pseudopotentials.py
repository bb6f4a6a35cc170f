"""Pseudopotentials: the user's own folder, one file an element, known by its content."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from potash.calcs.faults import refused
from potash.errors import BadInput
from potash.limits import keep

#: How the names of files end that pw.x can read.
SUFFIXES = (".upf", ".gth", ".vdb", ".van", ".rrkj3")

_VALENCE = re.compile(r'z_valence *= *"\s*([-+.\dEeDd]+)|^\s*([-+.\dEeDd]+)\s+Z valence', re.MULTILINE)
_CONSERVING = re.compile(r'pseudo_type *= *"\s*(NC|SL)|^\s*NC\s', re.MULTILINE)

_FUNCTIONAL = re.compile(r'functional *= *"([^"]+)"|^\s*(\S.*?)\s+Exchange-Correlation functional', re.MULTILINE)
#: What the files call a functional: by a short name, or as Quantum ESPRESSO spells it.
_FUNCTIONALS = {
    "PBE": "PBE",
    "SLA PW PBX PBC": "PBE",
    "SLA PW PBE PBE": "PBE",
    "PBESOL": "PBEsol",
    "SLA PW PSX PSC": "PBEsol",
    "REVPBE": "revPBE",
    "SLA PW REVX PBC": "revPBE",
}
#: Abinit's number of the functional PBE, in files that end in ``.gth``.
PBE = 11

_WHERE = (
    "get a set from https://www.materialscloud.org/discover/sssp or http://www.pseudo-dojo.org (PBE, UPF), "
    "or make one with 'python -m potash.calcs.gth FOLDER', and name its folder in the setting "
    "'pseudopotentials' or in ESPRESSO_PSEUDO"
)


def folders(told: str | None = None) -> list[Path]:
    """List where pseudopotentials may lie, the nearest first.

    Parameters
    ----------
    told
        The folder that a campaign names; then no other counts.
    """
    if told:
        return [Path(told).expanduser().absolute()]
    named = os.environ.get("ESPRESSO_PSEUDO")
    return [
        *([Path(named).expanduser().absolute()] if named else []),
        Path("~/.config/potash/pseudopotentials").expanduser(),
        Path("/usr/share/espresso/pseudo"),
    ]


def choose(elements: Iterable[str], told: str | None = None) -> tuple[Path, dict[str, str]]:
    """Choose one file an element from the first folder that exists.

    A file is an element's when its name begins with the symbol and one of ``. _ -``, in any case.

    Returns
    -------
    tuple
        The folder, and the files' names by element.

    Raises
    ------
    BadInput
        If there is no folder, or not exactly one file for an element.
    """
    places = folders(told)
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        raise refused("F006", said=f"no folder {' or '.join(map(str, places))}; {_WHERE}")
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    return folder, {element: _only(element, folder, names) for element in sorted(set(elements))}


def _only(element: str, folder: Path, names: list[str]) -> str:
    found = [name for name in names if re.match(rf"{element}[._-]", name, re.IGNORECASE)]
    if not found:
        raise refused("F006", said=f"none for {element} in {folder}; {_WHERE}")
    if len(found) > 1:
        several = ", ".join(found)
        raise BadInput(f"several pseudopotentials for {element} in {folder}: {several}; leave one there")
    return found[0]


def describe(path: Path) -> dict[str, Any]:
    """Say all of a pseudopotential that decides a result, and nothing of where it lies.

    Returns
    -------
    dict
        ``file`` (its name), ``sha256`` (twelve digits), ``electrons`` that it keeps and ``soft``: whether its
        density needs no more than four times the cutoff of the wave functions (norm-conserving ones).
    """
    status = path.stat()
    return dict(_describe(path, status.st_mtime_ns, status.st_size))


@cache
def _describe(path: Path, changed: int, size: int) -> dict[str, Any]:
    keep("structure", -(-size // 2**20), str(path))
    content = path.read_bytes()
    text = content.decode("utf-8", errors="replace")
    try:
        if path.suffix.lower() == ".gth":
            electrons, conserving = float(text.splitlines()[1].split()[1]), True
        else:
            electrons, conserving = _electrons(text), bool(_CONSERVING.search(text))
    except (ValueError, IndexError):
        raise BadInput(f"{path} does not say how many electrons it keeps: it is no pseudopotential") from None
    checksum = hashlib.sha256(content).hexdigest()[:12]
    return {"file": path.name, "sha256": checksum, "electrons": electrons, "soft": conserving}


def _electrons(text: str) -> float:
    """Read the valence from a UPF header of either version; ten where a format says nothing."""
    found = _VALENCE.search(text)
    return float(re.sub("[Dd]", "E", found[1] or found[2])) if found else 10.0


def functional(files: Iterable[Path]) -> str:
    """Say for which functional pseudopotentials were made: it decides which one pw.x uses.

    Raises
    ------
    BadInput
        If a file does not say, or they differ.
    """
    told = {path: _functional(path) for path in files}
    for path, name in told.items():
        if name is None:
            raise refused(
                "F007",
                said=f"{path} does not tell one that a dispersion correction is known for (PBE, PBEsol, revPBE)",
            )
    if len(named := {str(name) for name in told.values()}) > 1:
        listed = ", ".join(f"{path.name}: {name}" for path, name in told.items())
        raise refused("F007", said=f"they were made for different ones ({listed}); take one set")
    return named.pop()


def _functional(path: Path) -> str | None:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix.lower() == ".gth":
        return "PBE" if [line.split()[1:2] for line in text.splitlines()[2:3]] == [[str(PBE)]] else None
    found = _FUNCTIONAL.search(text)
    return _FUNCTIONALS.get(" ".join((found[1] or found[2]).upper().replace("-", " ").split())) if found else None


def locate(about: dict[str, Any], places: Iterable[Path]) -> Path:
    """Find a pseudopotential again by its name and checksum.

    Raises
    ------
    BadInput
        If none of the folders has it, or it has been changed since.
    """
    places = list(dict.fromkeys(places))
    for place in places:
        path = place / str(about["file"])
        if path.is_file() and describe(path)["sha256"] == about["sha256"]:
            return path
    raise refused(
        "F008", file=about["file"], checksum=about["sha256"], places=" or ".join(str(place) for place in places)
    )
