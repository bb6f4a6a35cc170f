"""One structure, to a file or to the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from potash.errors import BadInput, near
from potash.structures import molecules, phases

if TYPE_CHECKING:
    from ase import Atoms

FORMATS = {".cif": "cif", ".xyz": "extxyz", ".vasp": "vasp", ".poscar": "vasp", ".json": "pymatgen"}


def build(name: str, output: Path | None, *, primitive: bool, facet: str, layers: int, supercell: str) -> str:
    """Build a phase, molecule or file's structure, and write it or describe it.

    Returns
    -------
    str
        What to print.
    """
    if not name:
        return f"phases: {', '.join(phases.names())}\nmolecules: {', '.join(molecules.names())}"
    atoms = _atoms(name, primitive=primitive)
    if facet:
        from potash.structures.adsorption import facet_slab

        h, k, l = _three(facet, "--facet")  # noqa: E741  (Miller's own letters)
        if (h, k, l) == (0, 0, 0):
            raise BadInput("--facet: (0, 0, 0) is no plane; at least one Miller index must differ from 0")
        atoms = facet_slab(atoms, (h, k, l), layers)
    if supercell:
        from potash.structures.supercells import supercell as repeat

        atoms = repeat(atoms, _three(supercell, "--supercell"))
    if output is None:
        return _describe(name, atoms)
    _write(atoms, output)
    return f"{output}: {atoms.symbols.formula:metal}, {len(atoms)} atoms"


def _atoms(name: str, *, primitive: bool) -> Atoms:
    if Path(name).suffix and Path(name).exists():
        return phases.read(Path(name))
    if name.casefold() in {known.casefold() for known in phases.names()}:
        return phases.phase(name, primitive=primitive)
    try:
        return molecules.molecule(name)
    except BadInput:
        known = [*phases.names(), *molecules.names()]
        raise BadInput(f"no phase, molecule or file is called '{name}'{near(name, known)}") from None


def _three(text: str, option: str) -> tuple[int, int, int]:
    try:
        first, second, third = (int(part) for part in text.replace(" ", ",").split(","))
    except ValueError:
        raise BadInput(f"{option}: '{text}' is not three whole numbers; write 1,1,1") from None
    return first, second, third


def _write(atoms: Atoms, output: Path) -> None:
    form = FORMATS.get(output.suffix.lower(), "vasp" if output.name.upper().startswith("POSCAR") else None)
    if form is None:
        raise BadInput(f"--output: the ending of {output} says no format (known: {', '.join(FORMATS)})")
    if form == "pymatgen":
        from pymatgen.io.ase import AseAtomsAdaptor

        AseAtomsAdaptor.get_structure(atoms).to(filename=str(output))
        return
    from ase.io import write

    write(output, atoms, format=form)


def _describe(name: str, atoms: Atoms) -> str:
    lines = [f"{atoms.symbols.formula:metal}, {len(atoms)} atoms"]
    if atoms.cell.rank == 3:
        a, b, c, alpha, beta, gamma = atoms.cell.cellpar()
        lines.append(f"a {a:.4f}  b {b:.4f}  c {c:.4f} Å   α {alpha:.2f}  β {beta:.2f}  γ {gamma:.2f}°")
    if name.casefold() in {known.casefold() for known in phases.names()}:
        known = phases.load(name)
        lines.append(
            f"{known.space_group.symbol} ({known.space_group.number}); {known.source.kind}: {known.source.citation}"
        )
        lines += [f"note: {known.note}"] if known.note else []
    lines += [
        f"{symbol:2} {x:10.5f} {y:10.5f} {z:10.5f}"
        for symbol, (x, y, z) in zip(atoms.symbols, atoms.positions, strict=True)
    ]
    return "\n".join(lines)
