"""Parsers of users' structures: each makes atoms of a text, refusing first what would take too long or too much."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any, cast

from potash import limits
from potash.errors import BadInput

if TYPE_CHECKING:
    from ase import Atoms

#: A CIF's images by symmetry times its atoms: ASE compares each with each. Ten million take a minute.
COMPARED = 10_000_000


def pymatgen(content: str, where: str) -> Atoms:
    """Build a structure from numbers alone: pymatgen would build any class that a file names in its properties."""
    from pymatgen.core import Structure

    told: Any = json.loads(content)
    limits.keep("atoms", len(told["sites"]), where)
    sites = [
        {"species": site["species"], "abc": site["abc"], "properties": _numbers(site.get("properties") or {})}
        for site in told["sites"]
    ]
    crystal = Structure.from_dict({"lattice": told["lattice"], "sites": sites, "charge": told.get("charge")})
    if not crystal.is_ordered:
        raise BadInput(f"{where} has partial occupancies; give one ordered structure")
    return crystal.to_ase_atoms(msonable=False)


def _numbers(properties: dict[str, Any]) -> dict[str, Any]:
    """Keep what of a site's properties decides the atoms: numbers, and lists of them."""
    return {
        name: value
        for name, value in properties.items()
        if isinstance(value, int | float)
        or (isinstance(value, list) and all(isinstance(each, int | float) for each in value))
    }


def extxyz(content: str, where: str) -> Atoms:
    """Read extended XYZ: the last of its frames."""
    from ase.io import read as ase_read

    count = content.split("\n", 1)[0].strip()
    if count.isascii() and count.isdigit():
        limits.keep("atoms", float(count), where)
    if re.search(r"Properties=\S*:\d{4,}", content):
        raise BadInput(f"{where} has a column of a thousand numbers or more; none of an atom's is so wide")
    atoms = cast("Atoms", ase_read(io.StringIO(content), format="extxyz"))
    if "side" in atoms.arrays and atoms.arrays["side"].dtype.kind != "i":
        raise BadInput(
            f"{where} has a column 'side' that holds no whole numbers: in an interface 1 is substrate, 2 is film"
        )
    return _whole(atoms, where)


def vasp(content: str, where: str) -> Atoms:
    """Read a POSCAR, of VASP 4 or 5."""
    from ase.io import read as ase_read

    for line in content.split("\n", 8)[5:7]:
        counts = [float(word) for word in line.split() if word.isascii() and word.isdigit()]
        limits.keep("atoms", sum(counts), where)
    return cast("Atoms", ase_read(io.StringIO(content), format="vasp"))


def cif(content: str, where: str) -> Atoms:
    """Read a CIF; refuse two elements on one place, of which ASE would keep the first."""
    import numpy as np
    from ase.geometry import find_mic
    from ase.io.cif import parse_cif

    blocks = [block for block in parse_cif(io.StringIO(content)) if block.has_structure()]
    if not blocks:
        raise BadInput(f"{where} holds no structure; a CIF has a cell and atoms with fractional coordinates")
    asked = blocks[-1].get_unsymmetrized_structure()
    limits.keep("atoms", len(asked), where)
    _refuse_slow(blocks[-1], asked, where)
    atoms = _whole(blocks[-1].get_atoms(), where)
    for site in asked:
        kept = atoms[int(np.argmin(find_mic(atoms.positions - site.position, atoms.cell)[1]))]
        if kept.symbol != site.symbol:
            raise BadInput(f"{where} has overlapping atoms: {kept.symbol} and {site.symbol} on one place")
    return atoms


def _refuse_slow(block: Any, asked: Atoms, where: str) -> None:
    """Refuse a CIF with so many images by symmetry that ASE would compare them for minutes."""
    import numpy as np

    if asked.cell.rank < 3 or not len(asked):
        return
    operations = block.get_spacegroup(True).get_symop()
    if len(operations) * len(asked) > COMPARED:
        limits.keep("atoms", float(len(operations) * len(asked)), where)
    scaled = asked.get_scaled_positions()
    images = np.concatenate([scaled @ rotation.T + shift for rotation, shift in operations])
    apart = len(np.unique(np.round(images % 1.0, 3) % 1.0, axis=0))
    limits.keep("atoms", apart, where)
    if apart * len(images) > COMPARED:
        raise BadInput(
            f"{where} has {apart} atoms and {len(operations)} symmetries, too many for a CIF to be read in a minute; "
            "give it as POSCAR or extended XYZ"
        )


def _whole(atoms: Atoms, where: str) -> Atoms:
    """Refuse partial occupancies."""
    occupancy = atoms.info.get("occupancy")
    for site in occupancy.values() if isinstance(occupancy, dict) else ():
        if len(site) > 1 or any(part < 0.999 for part in site.values()):
            species = ", ".join(f"{element} {part:g}" for element, part in site.items())
            raise BadInput(f"{where} has partial occupancies ({species} on one site); give one ordered structure")
    return atoms


PARSERS = {"cif": cif, "extxyz": extxyz, "vasp": vasp, "pymatgen": pymatgen}
