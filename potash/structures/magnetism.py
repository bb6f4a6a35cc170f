"""Open-shell transition metals: the moments that a calculation starts from, and the U of their oxides."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms

FILE = Path(__file__).parent / "data" / "transition_metals.yaml"
#: With one of these a metal is an ion whose d electrons are localised.
ANIONS = frozenset({"O", "F"})


@cache
def metals() -> dict[str, dict[str, float]]:
    """Give ``moment`` (Bohr magnetons) and ``hubbard`` (eV) of each open-shell metal."""
    known: dict[str, dict[str, float]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return known


def open_shell(atoms: Atoms) -> list[str]:
    """Name the open-shell metals of a structure."""
    return sorted(set(atoms.symbols) & set(metals()))


def polarised(atoms: Atoms) -> Atoms:
    """Start the open-shell metals from parallel moments, where the structure has no moments of its own."""
    if atoms.get_initial_magnetic_moments().any() or not open_shell(atoms):
        return atoms
    started: Atoms = atoms.copy()
    started.set_initial_magnetic_moments([metals().get(symbol, {"moment": 0.0})["moment"] for symbol in atoms.symbols])
    return started


def unpolarised(atoms: Atoms) -> Atoms:
    """Take the moments off a structure with open-shell metals."""
    if not open_shell(atoms):
        return atoms
    bare: Atoms = atoms.copy()
    bare.set_initial_magnetic_moments(None)
    return bare


def hubbard(structures: Iterable[Atoms]) -> dict[str, float]:
    """Give U (eV) of each metal that one of the structures has as an oxide or fluoride.

    All calculations of a study share it: energies with U and without are not of one kind.
    """
    found = {metal for atoms in structures if ANIONS & set(atoms.symbols) for metal in open_shell(atoms)}
    return {metal: metals()[metal]["hubbard"] for metal in sorted(found)}
