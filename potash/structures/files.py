"""Users' own structures: which files may be read, in which formats, and of what size."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from potash import limits
from potash.errors import BadInput, shown

if TYPE_CHECKING:
    from ase import Atoms

#: Folders that campaigns may read structures from besides their own; the option --files adds to it.
FOLDERS = "POTASH_FILES"
FORMATS = {
    ".cif": "cif",
    ".xyz": "extxyz",
    ".extxyz": "extxyz",
    ".vasp": "vasp",
    ".poscar": "vasp",
    ".json": "pymatgen",
}
WORDS = "CIF (.cif), POSCAR (.vasp, .poscar, POSCAR…), extended XYZ (.xyz) or pymatgen JSON (.json)"
#: Nothing is denser, in Å³ an atom: diamond has 5.7.
DENSEST = 1.0
#: Lengths of a cell and its heights over its faces, in Å: nothing that atoms are in is flatter or wider.
FLATTEST, WIDEST = 0.3, 10_000.0


def allow(folders: list[Path]) -> None:
    """Let campaigns of this process, and of those that it starts, read structures from more folders."""
    named = [each for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each]
    os.environ[FOLDERS] = os.pathsep.join(dict.fromkeys([*named, *(str(each.resolve()) for each in folders)]))


def permitted(path: Path, base: Path) -> Path:
    """Refuse a file that a campaign names outside its own folder, by whatever links, unless its folder was allowed.

    Parameters
    ----------
    path
        What the campaign names, put behind `base`.
    base
        The campaign file's folder.

    Returns
    -------
    Path
        The same path.
    """
    named = [Path(each) for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each]
    try:
        real = path.resolve()
        inside = any(real.is_relative_to(folder.resolve()) for folder in (base, *named))
    except (OSError, RuntimeError, ValueError) as error:  # too long; links in a circle; a NUL
        raise BadInput(f"{path} is no path of a file ({error})") from None
    if not inside:
        raise BadInput(
            f"{path} lies outside the campaign file's folder {base.resolve()}; copy it there, or allow its folder: "
            f"--files {real.parent}"
        )
    return path


def read(path: Path) -> Atoms:
    """Read a user's structure: CIF, POSCAR, extended XYZ or pymatgen JSON, as the file's name says.

    Parameters
    ----------
    path
        The file. Of several structures in it, the last one is taken.

    Returns
    -------
    Atoms
        One structure, every site fully occupied, no two atoms overlapping.

    Raises
    ------
    BadInput
        If the file is missing, too large, unreadable, disordered, empty or has overlapping atoms.
    """
    if not path.is_file():
        raise BadInput(f"{path} is a folder, no structure file" if path.is_dir() else f"no structure file at {path}")
    form = FORMATS.get(path.suffix.lower(), "vasp" if path.name.upper().startswith(("POSCAR", "CONTCAR")) else None)
    if form is None:
        raise BadInput(f"{path} is not a structure by its name; give one as {WORDS}")
    content = _content(path)
    try:
        from potash.structures.formats import PARSERS

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parsers warn of what they pass over; what counts is checked
            atoms = PARSERS[form](content, str(path))
            limits.keep("atoms", len(atoms), str(path))
            check(atoms, str(path))
    except BadInput:
        raise
    except Exception as error:  # any parser may raise anything on a broken file
        raise BadInput(f"{path} is not a structure that can be read as {WORDS}{_reason(error)}") from error
    return atoms


def _content(path: Path) -> str:
    most = limits.limit("structure") * 2**20
    try:
        limits.keep("structure", -(-path.stat().st_size // 2**20), str(path))
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    if not content.strip():
        raise BadInput(f"{path} is empty; give a structure as {WORDS}")
    return content.decode("utf-8", errors="replace")


def _reason(error: Exception) -> str:
    """Give a parser's own words, where they are words: other errors tell of its inside."""
    words = shown(str(error).split("\n", 1)[0], 200)
    return f": {words}" if words and isinstance(error, ValueError | OSError | SyntaxError) else ""


def check(atoms: Atoms, where: str) -> None:
    """Refuse a structure without atoms, with atoms that overlap, or with numbers that are none.

    Raises
    ------
    BadInput
        Naming what is wrong; of overlapping atoms, the two and their distance.
    """
    import numpy as np

    from potash.structures.overlap import nearest_overlap

    if len(atoms) == 0:
        raise BadInput(f"{where} holds no atoms")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        raise BadInput(f"{where} has a coordinate that is not a number")
    if not np.isfinite(atoms.get_initial_magnetic_moments()).all():
        raise BadInput(f"{where} has a magnetic moment that is not a number")
    if (atoms.numbers == 0).any():
        raise BadInput(f"{where} has an atom (atom {int(np.argmin(atoms.numbers)) + 1}) of no known element")
    if max(np.abs(atoms.positions).max(), np.abs(atoms.cell.array).max()) > WIDEST:
        raise BadInput(f"{where} reaches farther than {WIDEST:g} Å; coordinates are in Å")
    if atoms.pbc.any():
        _check_cell(atoms, where)
    if found := nearest_overlap(atoms):
        i, j, distance = found
        raise BadInput(
            f"{where} has overlapping atoms: {atoms.symbols[i]} (atom {i + 1}) and {atoms.symbols[j]} "
            f"(atom {j + 1}) are {distance:.2f} Å apart"
        )


def _check_cell(atoms: Atoms, where: str) -> None:
    """Refuse a cell without volume, or so flat that an atom has endlessly many images near it."""
    import numpy as np

    if atoms.cell.rank < 3 or abs(atoms.cell.volume) < 1e-3:
        raise BadInput(f"{where} has a cell without volume")
    heights = 1 / np.linalg.norm(atoms.cell.reciprocal().array, axis=1)
    if heights.min() < FLATTEST:
        raise BadInput(f"{where} has a cell that is flatter than {FLATTEST:g} Å; lengths are in Å")
    if abs(atoms.cell.volume) < DENSEST * len(atoms):
        raise BadInput(f"{where} has overlapping atoms: {len(atoms)} in {abs(atoms.cell.volume):.3g} Å³")
