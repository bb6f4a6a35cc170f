"""Crystals and layers by name, and users' own structures from their files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from potash.errors import BadInput, near
from potash.structures import files

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.phase_record import Phase

FOLDER = Path(__file__).parent / "data" / "crystals"


def names() -> list[str]:
    """List the phases that potash knows, in alphabetical order."""
    return sorted((path.stem for path in FOLDER.glob("*.yaml")), key=str.casefold)


def called(name: str) -> str | None:
    """Give the own name of the phase that goes by a name, in any case; None where there is none."""
    given = name.strip().casefold()
    return {known.casefold(): known for known in names()}.get(given) or _aliases().get(given)


@cache
def load(name: str) -> Phase:
    """Read what is known of a phase.

    Parameters
    ----------
    name
        As in `names`, or another name that the phase goes by (``aliases`` in its file), in any case.

    Raises
    ------
    BadInput
        If there is no such phase; near names are given.
    """
    from potash.structures.phase_record import Phase

    found = called(name)
    if found is None:
        raise BadInput(f"unknown phase '{name}'{near(name, names())}")
    text = (FOLDER / f"{found}.yaml").read_text(encoding="utf-8")
    return Phase.model_validate(yaml.safe_load(text))


@cache
def _aliases() -> dict[str, str]:
    """Give the phases by their other names, in lower case."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, str] = {}
    for name in names():
        record = yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), loader)
        found |= {alias.casefold(): name for alias in record.get("aliases", ())}
    return found


def phase(name: str, *, primitive: bool = False) -> Atoms:
    """Build a known phase.

    Parameters
    ----------
    name
        As in `names`.
    primitive
        The primitive cell instead of the conventional one.

    Returns
    -------
    Atoms
        Positions and cell in Å. Layers are periodic in x and y alone.
    """
    return load(name).atoms(primitive=primitive)


def structure(spec: str | dict[str, Any], base: Path, *, primitive: bool = False) -> Atoms:
    """Build what a campaign names: a known phase, or a file of the user's.

    Parameters
    ----------
    spec
        A phase's name, or ``{"file": path}`` with a path relative to `base`.
    base
        The campaign file's folder.
    primitive
        The primitive cell where the cell is larger (known phases only: a file is taken as it is).

    Raises
    ------
    BadInput
        If the file lies where a campaign may not read, or holds no structure that can be used.
    """
    if isinstance(spec, str):
        return phase(spec, primitive=primitive)
    return files.read(files.permitted(base / str(spec["file"]), base))
