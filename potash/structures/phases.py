"""Crystals and layers by name, and users' own structures from their files."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from potash.errors import BadInput, near

if TYPE_CHECKING:
    from ase import Atoms
    from ase.io.cif import CIFBlock

    from potash.structures.phase_record import Phase

FOLDER = Path(__file__).parent / "data" / "crystals"

#: Two atoms nearer than this fraction of the sum of their covalent radii overlap.
OVERLAP = 0.6


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
    """
    if isinstance(spec, str):
        return phase(spec, primitive=primitive)
    path = base / str(spec["file"])
    if not path.is_file():
        return read(path)  # says what is wrong with it
    about = path.stat()
    found: Atoms = _kept(path, about.st_mtime_ns, about.st_size).copy()
    return found


@lru_cache(maxsize=512)
def _kept(path: Path, changed: int, size: int) -> Atoms:
    """Read a file once for all jobs of a study; `changed` and `size` tell when it is another one."""
    return read(path)


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
        raise BadInput(f"{path} is a folder, no structure file" if path.is_dir() else f"no structure file at {path}")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty; give a structure as CIF, POSCAR, extended XYZ or pymatgen JSON")
    try:
        atoms = _pymatgen(path) if path.suffix == ".json" else _ase(path)
    except BadInput:
        raise
    except Exception as error:  # any parser may raise anything on a broken file
        raise BadInput(
            f"{path} is not a structure that can be read as CIF, POSCAR, extended XYZ or pymatgen JSON{_reason(error)}"
        ) from error
    check(atoms, str(path))
    return atoms


def _reason(error: Exception) -> str:
    """Give a parser's own words, where they are words: other errors tell of its inside."""
    words = str(error).splitlines()
    return f": {words[0]}" if words and isinstance(error, ValueError | OSError | SyntaxError) else ""


def _pymatgen(path: Path) -> Atoms:
    from pymatgen.core import Structure

    crystal = Structure.from_dict(json.loads(path.read_text(encoding="utf-8")))
    if not crystal.is_ordered:
        raise BadInput(f"{path} has partial occupancies; give one ordered structure")
    return crystal.to_ase_atoms(msonable=False)


def _ase(path: Path) -> Atoms:
    from ase.io import read as ase_read

    block = _block(path) if path.suffix == ".cif" else None
    atoms = cast("Atoms", block.get_atoms(fractional_occupancies=True) if block else ase_read(path))
    occupancy = atoms.info.get("occupancy") or {}
    partial = [site for site in occupancy.values() if len(site) > 1 or any(part < 0.999 for part in site.values())]
    if partial:
        species = ", ".join(f"{element} {part:g}" for element, part in partial[0].items())
        raise BadInput(f"{path} has partial occupancies ({species} on one site); give one ordered structure")
    if block:
        _refuse_merged(path, atoms, block)
    return atoms


def _block(path: Path) -> CIFBlock:
    """Read a CIF's last structure as it is written."""
    from ase.io.cif import parse_cif

    with path.open("rb") as file:
        found = [block for block in parse_cif(file) if block.has_structure()]
    if not found:
        raise BadInput(f"{path} holds no structure")
    return found[-1]


def _refuse_merged(path: Path, atoms: Atoms, block: CIFBlock) -> None:
    """Refuse a CIF that puts two elements on one place: the parser keeps the first and drops the second."""
    from ase.geometry import find_mic

    written = block.get_unsymmetrized_structure()
    steps = (atoms.positions[None, :] - written.positions[:, None]).reshape(-1, 3)
    distances = find_mic(steps, atoms.cell)[1].reshape(len(written), len(atoms))
    for site, nearest in zip(written, distances.argmin(axis=1), strict=True):
        kept = atoms[int(nearest)]
        if kept.symbol != site.symbol:
            raise BadInput(f"{path} has overlapping atoms: {kept.symbol} and {site.symbol} on one place")


def check(atoms: Atoms, where: str) -> None:
    """Refuse a structure without atoms, with atoms that overlap, or with numbers that are none.

    Raises
    ------
    BadInput
        Naming what is wrong; of overlapping atoms, the two and their distance.
    """
    import numpy as np
    from ase.data import covalent_radii
    from ase.neighborlist import neighbor_list

    from potash.structures.overlap import apart

    if len(atoms) == 0:
        raise BadInput(f"{where} holds no atoms")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        raise BadInput(f"{where} has a coordinate that is not a number")
    if (atoms.numbers == 0).any():
        raise BadInput(f"{where} has an atom (atom {int(np.argmin(atoms.numbers)) + 1}) of no known element")
    if atoms.pbc.any() and (atoms.cell.rank < 3 or abs(atoms.cell.volume) < 1e-3):
        raise BadInput(f"{where} has a cell without volume")
    radii = covalent_radii[atoms.numbers] * OVERLAP
    if apart(atoms, radii):
        return
    first, second, distance = neighbor_list("ijd", atoms, list(radii))
    if len(first):
        worst = distance.argmin()
        i, j = int(first[worst]), int(second[worst])
        raise BadInput(
            f"{where} has overlapping atoms: {atoms.symbols[i]} (atom {i + 1}) and {atoms.symbols[j]} "
            f"(atom {j + 1}) are {distance[worst]:.2f} Å apart"
        )
