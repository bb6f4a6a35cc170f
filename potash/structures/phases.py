"""Crystals and layers by name, and users' own structures from their files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from potash.errors import BadInput, near

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.phase_record import Phase

FOLDER = Path(__file__).parent / "data" / "crystals"

#: Two atoms nearer than this fraction of the sum of their covalent radii overlap.
OVERLAP = 0.6


def names() -> list[str]:
    """List the phases that potash knows, in alphabetical order."""
    return sorted((path.stem for path in FOLDER.glob("*.yaml")), key=str.casefold)


@cache
def load(name: str) -> Phase:
    """Read what is known of a phase.

    Parameters
    ----------
    name
        As in `names`, in any case.

    Raises
    ------
    BadInput
        If there is no such phase; near names are given.
    """
    from potash.structures.phase_record import Phase

    found = {known.casefold(): known for known in names()}.get(name.strip().casefold())
    if found is None:
        raise BadInput(f"unknown phase '{name}'{near(name, names())}")
    text = (FOLDER / f"{found}.yaml").read_text(encoding="utf-8")
    return Phase.model_validate(yaml.safe_load(text))


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
    """
    if isinstance(spec, str):
        return phase(spec, primitive=primitive)
    return read(base / str(spec["file"]))


def read(path: Path) -> Atoms:
    """Read a user's structure: CIF, POSCAR, extended XYZ or pymatgen JSON.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Atoms
        One structure, every site fully occupied, no two atoms overlapping.

    Raises
    ------
    BadInput
        If the file is missing, unreadable, disordered, empty or has overlapping atoms.
    """
    if not path.is_file():
        raise BadInput(f"no structure file at {path}")
    try:
        atoms = _pymatgen(path) if path.suffix == ".json" else _ase(path)
    except BadInput:
        raise
    except Exception as error:  # any parser may raise anything on a broken file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(
            f"{path} is not a structure that can be read as CIF, POSCAR, extended XYZ or pymatgen JSON: {reason}"
        ) from error
    check(atoms, str(path))
    return atoms


def _pymatgen(path: Path) -> Atoms:
    from pymatgen.core import Structure

    crystal = Structure.from_dict(json.loads(path.read_text(encoding="utf-8")))
    if not crystal.is_ordered:
        raise BadInput(f"{path} has partial occupancies; give one ordered structure")
    return crystal.to_ase_atoms(msonable=False)


def _ase(path: Path) -> Atoms:
    from ase.io import read as ase_read

    atoms: Atoms = ase_read(path)
    occupancy = atoms.info.get("occupancy") or {}
    partial = [site for site in occupancy.values() if len(site) > 1 or any(part < 0.999 for part in site.values())]
    if partial:
        species = ", ".join(f"{element} {part:g}" for element, part in partial[0].items())
        raise BadInput(f"{path} has partial occupancies ({species} on one site); give one ordered structure")
    return atoms


def check(atoms: Atoms, where: str) -> None:
    """Refuse a structure without atoms, or with atoms that overlap.

    Raises
    ------
    BadInput
        With the two atoms and their distance.
    """
    from ase.data import covalent_radii
    from ase.neighborlist import neighbor_list

    if len(atoms) == 0:
        raise BadInput(f"{where} holds no atoms")
    radii = covalent_radii[atoms.numbers] * OVERLAP
    first, second, distance = neighbor_list("ijd", atoms, list(radii))
    if len(first):
        worst = distance.argmin()
        i, j = int(first[worst]), int(second[worst])
        raise BadInput(
            f"{where} has overlapping atoms: {atoms.symbols[i]} (atom {i + 1}) and {atoms.symbols[j]} "
            f"(atom {j + 1}) are {distance[worst]:.2f} Å apart"
        )
