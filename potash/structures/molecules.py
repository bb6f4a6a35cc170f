"""Molecules and molecular ions by name: solvents, additives, anions of salts.

Their geometries are made by ``tools/make_molecules.py`` with GFN2-xTB: places to start from,
to be relaxed with the engine of a study. In imides, for one, it closes S-N-S to 110°, where
GFN1-xTB has 117°.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from potash.errors import BadInput, near

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.molecule_record import Molecule

__all__ = ["Molecule", "load", "molecule", "names"]

#: What stands before a SMILES where a molecule is named by one.
PREFIX = "smiles:"
FOLDER = Path(__file__).parent / "data" / "molecules"


def __getattr__(attribute: str) -> Any:
    """Give ``Molecule`` when it is asked for, so that names cost no import of pydantic."""
    if attribute == "Molecule":
        from potash.structures.molecule_record import Molecule

        return Molecule
    raise AttributeError(f"module {__name__!r} has no attribute {attribute!r}")


def names() -> list[str]:
    """List the molecules that potash knows, by their own names, in alphabetical order."""
    return sorted((path.stem for path in FOLDER.glob("*.yaml")), key=str.casefold)


def molecule(name: str) -> Atoms:
    """Build a molecule or molecular ion in vacuum.

    Parameters
    ----------
    name
        Its name, full name or an alias, in any case; an ion's sign may be left out. Or ``smiles:`` and a SMILES.

    Returns
    -------
    Atoms
        Positions in Å, centre of mass at the origin, no cell. ``info`` has its ``name``,
        ``charge`` (in e) and ``smiles``.

    Raises
    ------
    BadInput
        If there is no such molecule; near names are given. If what should be a SMILES is none.
    """
    from ase import Atoms

    entry = load(name)
    rows = entry.geometry.atoms
    return Atoms(
        symbols=[element for element, *_ in rows],
        positions=[position for _, *position in rows],
        info={"name": entry.name, "charge": entry.charge, "smiles": entry.smiles},
    )


def load(name: str) -> Molecule:
    """Read who a molecule is and where its atoms are.

    Parameters
    ----------
    name
        As for `molecule`.

    Returns
    -------
    Molecule
        The checked content of its file.

    Raises
    ------
    BadInput
        If there is no such molecule; near names are given.
    """
    if name.startswith(PREFIX):
        return _drawn(name)
    own_name = _labels().get(name.strip().casefold())
    if own_name is None:
        raise BadInput(f"unknown molecule '{name}'{near(name, names())}")
    return _checked(own_name)


@cache
def _checked(own_name: str) -> Molecule:
    from potash.structures.molecule_record import Molecule

    return Molecule.model_validate(_raw()[own_name])


@cache
def _drawn(name: str) -> Molecule:
    from potash.structures.molecule_record import Molecule
    from potash.structures.smiles import record

    return Molecule.model_validate(record(name.removeprefix(PREFIX)))


@cache
def _raw() -> dict[str, dict[str, Any]]:
    """Read every molecule's file, by the molecule's own name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: yaml.load((FOLDER / f"{name}.yaml").read_text("utf-8"), loader) for name in names()}


@cache
def _labels() -> dict[str, str]:
    """Map everything that a molecule is called, in lower case, to its own name."""
    labels = {}
    for own_name, entry in _raw().items():
        for label in (own_name, entry["full_name"], *entry["aliases"]):
            labels[label.casefold()] = own_name
            if entry["charge"]:
                labels[label.casefold().rstrip("+-")] = own_name
    return labels
