"""Every reader of files that are not potash's own, behind one function: what does it say to this?"""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path

from potash.campaign import load
from potash.errors import BadInput, shown
from potash.structures.files import read
from potash.workflows.build import build

#: What Python and its libraries say of themselves, and no user understands.
JARGON = re.compile(r"Traceback|NoneType|<class|object at 0x|validation error|pydantic")

GOOD = {
    ".cif": """data_x
_cell_length_a 3.61
_cell_length_b 3.61
_cell_length_c 3.61
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_Int_Tables_number 1
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Cu1 Cu 0.0 0.0 0.0 1
Cu2 Cu 0.5 0.5 0.0 1
Cu3 Cu 0.5 0.0 0.5 1
Cu4 Cu 0.0 0.5 0.5 1
""",
    ".vasp": "copper\n1.0\n3.61 0 0\n0 3.61 0\n0 0 3.61\nCu\n4\nDirect\n0 0 0\n0.5 0.5 0\n0.5 0 0.5\n0 0.5 0.5\n",
    ".xyz": '4\nLattice="3.61 0 0 0 3.61 0 0 0 3.61" Properties=species:S:1:pos:R:3:forces:R:3 pbc="T T T" energy=1.0\n'
    "Cu 0 0 0 0 0 0\nCu 1.805 1.805 0 0 0 0\nCu 1.805 0 1.805 0 0 0.5\nCu 0 1.805 1.805 0 0 0\n",
    ".json": '{"@module": "pymatgen.core.structure", "@class": "Structure", "charge": 0, "lattice": {"matrix": '
    "[[3.61, 0, 0], [0, 3.61, 0], [0, 0, 3.61]]}, "
    '"sites": [{"species": [{"element": "Cu", "occu": 1}], "abc": [0, 0, 0], "properties": {"magmom": 0.5}}, '
    '{"species": [{"element": "Cu", "occu": 1}], "abc": [0.5, 0.5, 0.5], "properties": {"magmom": 4}}]}',
}


def refusal(reader: str, name: str, content: bytes) -> str | None:
    """Give what a user reads who hands this in; None where it is taken.

    Parameters
    ----------
    reader
        ``campaign`` or ``structure``.
    name
        The file's name.
    content
        What is in it.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            if reader == "campaign":
                build(load(path))
            else:
                read(path)
        except BadInput as error:
            return shown(str(error).replace(folder, "."))
    return None


def is_a_sentence(text: str) -> bool:
    """Say whether a refusal is one line that can be shown, of a bearable length, without a library's inside."""
    return text.isprintable() and 10 < len(text) < 1100 and not JARGON.search(text)
