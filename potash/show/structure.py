"""One structure, to a file or to the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from potash.errors import BadInput, near
from potash.show.interface import HEADINGS, Join, cuts, join
from potash.structures import files, molecules, phases

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.termination_record import Termination, Terminations

FORMATS = {".cif": "cif", ".xyz": "extxyz", ".vasp": "vasp", ".poscar": "vasp", ".json": "pymatgen"}


#: No interface.
ALONE = Join()


class Slab(NamedTuple):
    """What slab is asked for: as the command's options say it."""

    facet: str = ""
    termination: str = ""
    layers: int = 4
    thickness: float | None = None
    table: bool = False


def build(name: str, output: Path | None, *, primitive: bool, supercell: str, slab: Slab, asked: Join = ALONE) -> str:
    """Build a phase, molecule or file's structure, and write it or describe it.

    Returns
    -------
    str
        What to print.
    """
    if asked.substrate:
        return _interface(name, output, supercell, slab, asked)
    if asked != ALONE:
        raise BadInput("an interface needs a substrate; name it as well: --substrate K2Se")
    if not name:
        return f"phases: {', '.join(phases.names())}\nmolecules: {', '.join(molecules.names())}"
    atoms = _atoms(name, primitive=primitive)
    if slab.facet:
        from potash.structures.slabs import layers_of, stacked
        from potash.structures.terminations import terminations

        known = terminations(atoms, _three(slab.facet, "--facet"))
        if slab.table:
            return _table(known)
        chosen = known.choose(slab.termination or None)
        atoms = stacked(chosen.unit, layers_of(chosen, slab.thickness) if slab.thickness else slab.layers)
    elif slab.table or slab.termination:
        raise BadInput("terminations are those of a facet; name it as well: --facet 1,1,1")
    atoms = _repeated(atoms, supercell)
    return _describe(name, atoms) if output is None else _written(atoms, output)


def _interface(name: str, output: Path | None, supercell: str, slab: Slab, asked: Join) -> str:
    """List an interface's candidates, or its sides' cuts; write the one asked for where a file is named."""
    if slab.termination:
        raise BadInput(
            "the cuts of an interface's sides go by number, as film_termination: 2 in a campaign; leave --termination out "
            "(--terminations lists them)"
        )
    facet, onto = (
        _three(text, option) if text else None
        for text, option in ((slab.facet, "--facet"), (asked.facet, "--substrate-facet"))
    )
    if slab.table:
        return "\n".join(_aligned(cuts(name, facet, slab.thickness, asked, onto)))
    listed, beneath, atoms = join(name, facet, slab.thickness, asked, onto)
    lines = [*_aligned([HEADINGS, *listed]), *beneath]
    if output is not None:
        lines.append(_written(_repeated(atoms, supercell), output))
    return "\n".join(lines)


def _repeated(atoms: Atoms, supercell: str) -> Atoms:
    if not supercell:
        return atoms
    from potash.structures.supercells import supercell as repeat

    return repeat(atoms, _three(supercell, "--supercell"))


def _written(atoms: Atoms, output: Path) -> str:
    _write(atoms, output)
    return f"{output}: {atoms.symbols.formula:metal}, {len(atoms)} atoms"


def _table(found: Terminations) -> str:
    """List a facet's terminations, the fewest cut bonds first, then the compensated ones."""
    words = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (
            "termination",
            "lower side",
            "bonds cut (1/nm²)",
            "polar",
            "Tasker",
            "on both sides",
            "Å a layer",
            "atoms a layer",
            "sites",
        )
    ]
    for name, one in (found.known | found.compensated).items():
        bonds = ", ".join(f"{count:.1f} {kind}" for kind, count in one.bonds.items()) or "none"
        tasker = str(one.tasker or "–")
        rows.append(
            (name, one.bottom or "another", bonds, words[one.polar], tasker, _composition(one), f"{one.height:.2f}",
             str(len(one.unit)), _sites(one))
        )  # fmt: skip
    lines = _aligned(rows)
    if found.through:
        lines.append(f"{found.through} planes would cut molecules; these are kept whole.")
    return "\n".join(lines)


def _composition(termination: Termination) -> str:
    """Say what a slab with the termination on both sides is made of, against the bulk."""
    if termination.stoichiometric is None:
        return "no such slab"
    if termination.stoichiometric:
        return "stoichiometric"
    return f"less {termination.unit[list(termination.surplus or ())].symbols.formula:metal}"


def _sites(termination: Termination) -> str:
    """Count the kinds of adsorption sites on a termination."""
    from potash.structures.adsorption import sites
    from potash.structures.slabs import stacked

    kinds = Counter(site.name.split("-")[0] for site in sites(stacked(termination.unit, 2)))
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _atoms(name: str, *, primitive: bool) -> Atoms:
    if Path(name).suffix and Path(name).exists():
        return files.read(Path(name))
    if phases.called(name):
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
