"""GTH-PBE pseudopotentials for Quantum ESPRESSO: ``python -m potash.calcs.gth FOLDER [ELEMENT ...]``.

CP2K ships the norm-conserving pseudopotentials of Goedecker, Teter and Hutter in a file of its own. The same
numbers, laid out as Abinit's format 10 and under a name that ends in ``.gth``, are read by pw.x.

Sources: doi:10.1103/PhysRevB.54.1703 (the form), doi:10.1103/PhysRevB.58.3641 (all elements),
doi:10.1007/s00214-005-0655-y (optimised for PBE).
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from potash.calcs.pseudopotentials import PBE
from potash.errors import BadInput, near

#: Where Debian's package cp2k-data keeps CP2K's data.
CP2K_DATA = Path("/usr/share/cp2k")


@dataclass(frozen=True)
class Channel:
    """The projectors of one angular momentum.

    Attributes
    ----------
    radius
        In bohr.
    rows
        Upper triangle of the coupling matrix, row by row, in hartree.
    """

    radius: float
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Potential:
    """One GTH pseudopotential.

    Attributes
    ----------
    element, name
        The element's symbol; the name in CP2K's file.
    electrons
        How many it keeps.
    radius, local
        Radius (bohr) and coefficients (hartree) of the local part.
    channels
        Projectors for s, p, d, …
    """

    element: str
    name: str
    electrons: int
    radius: float
    local: tuple[float, ...]
    channels: tuple[Channel, ...]


def source() -> Path:
    """Find CP2K's file of GTH pseudopotentials.

    Raises
    ------
    BadInput
        If CP2K's data is not on this machine.
    """
    folder = Path(os.environ.get("CP2K_DATA_DIR", CP2K_DATA))
    path = folder / "GTH_POTENTIALS"
    if not path.is_file():
        raise BadInput(f"no file {path}: apt-get install cp2k-data, or name CP2K's data folder in CP2K_DATA_DIR")
    return path


def read(text: str) -> dict[str, Potential]:
    """Read the PBE pseudopotentials; of several for an element, the one that keeps most electrons."""
    found: dict[str, Potential] = {}
    for block in re.split(r"^#.*\n", text, flags=re.MULTILINE):
        head = re.match(r"([A-Z][a-z]?) +(GTH-PBE-q(\d+))\b", block)
        if head is None:
            continue
        made = _parse(head[1], head[2], block)
        if made.element not in found or made.electrons > found[made.element].electrons:
            found[made.element] = made
    return found


def _parse(element: str, name: str, block: str) -> Potential:
    _, electrons, *rest = block.strip().splitlines()
    numbers = iter(" ".join(rest).split())
    radius, count = float(next(numbers)), int(next(numbers))
    local = tuple(float(next(numbers)) for _ in range(count))
    channels = []
    for _ in range(int(next(numbers))):
        width, size = float(next(numbers)), int(next(numbers))
        rows = tuple(tuple(float(next(numbers)) for _ in range(size - row)) for row in range(size))
        channels.append(Channel(width, rows))
    return Potential(element, name, sum(map(int, electrons.split())), radius, local, tuple(channels))


def write(potential: Potential) -> str:
    """Lay a pseudopotential out as Abinit's format 10 (without spin-orbit terms)."""
    from ase.data import atomic_numbers

    # Hydrogen has no projectors; an empty channel says so to readers that expect one.
    channels = potential.channels or (Channel(potential.radius, ()),)
    lines = [
        f"{potential.element} {potential.name} from CP2K, doi:10.1007/s00214-005-0655-y",
        f"{atomic_numbers[potential.element]} {potential.electrons} 210212    zatom, zion, pspdat",
        f"10 {PBE} {len(channels) - 1} 0 2001 0    pspcod, pspxc, lmax, lloc, mmax, r2well",
        f"{potential.radius:.8f} {len(potential.local)} {_row(potential.local)}".rstrip(),
        f"{len(potential.channels)}",
    ]
    for momentum, channel in enumerate(channels):
        size = len(channel.rows)
        first, *others = channel.rows or ((),)
        lines.append(f"{channel.radius:.8f} {size} {_row(first)}".rstrip())
        lines += [_row(row) for row in others]
        if momentum:
            lines += [_row([0.0] * (size - row)) for row in range(size)]
    return "\n".join(lines) + "\n"


def _row(values: tuple[float, ...] | list[float]) -> str:
    return " ".join(f"{value:.8f}" for value in values)


def convert(folder: Path, elements: list[str] | None = None) -> list[Path]:
    """Write one file an element into a folder.

    Parameters
    ----------
    folder
        Made where it does not exist.
    elements
        Symbols; all that there are, where none is given.

    Raises
    ------
    BadInput
        If there is no PBE pseudopotential for an element.
    """
    known = read(source().read_text(encoding="utf-8"))
    for element in elements or ():
        if element not in known:
            raise BadInput(f"no GTH-PBE pseudopotential for '{element}' in {source()}{near(element, known)}")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for element in elements or sorted(known):
        potential = known[element]
        path = folder / f"{element}.pbe-q{potential.electrons}.gth"
        path.write_text(write(potential), encoding="utf-8")
        paths.append(path)
    return paths


def main(arguments: list[str]) -> int:
    """Convert as the command line says."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m potash.calcs.gth FOLDER [ELEMENT ...]", file=sys.stderr)
        return 2
    try:
        paths = convert(Path(arguments[0]).expanduser(), arguments[1:])
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(paths)} pseudopotentials in {arguments[0]}: name it as the setting 'pseudopotentials'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
