"""Boxes of liquids: how many molecules a recipe asks for, and where Packmol puts them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.limits import keep
from potash.structures.components import Component, component, salt
from potash.structures.densities import density
from potash.structures.topology import Topology

if TYPE_CHECKING:
    from ase import Atoms

#: Avogadro's number in molecules per mole, times cm³ per Å³ (CODATA 2018).
CUBIC = 0.602214076
#: Packmol fills a box of so much of the expected density, atoms of two molecules this far apart (Å): both are found soon.
LOOSE, APART = 0.8, 2.0
#: Packmol is given so long, in seconds.
PATIENCE = 1800.0


@dataclass(frozen=True)
class Recipe:
    """What a liquid is mixed of.

    Attributes
    ----------
    salt
        Its formula, as KFSI; none for a pure solvent or a mixture.
    solvents
        Parts of each, in moles.
    concentration, molality, parts
        How much salt: in mol/L, in mol/kg of solvent, or in moles beside the solvents' parts; one of the three.
    atoms
        About so many in the box.
    density
        In g/cm³, where it is known: the box has it from the beginning.
    """

    salt: str | None
    solvents: dict[str, float]
    concentration: float | None = None
    molality: float | None = None
    parts: float | None = None
    atoms: int = 4000
    density: float | None = None


@dataclass(frozen=True)
class Mixture:
    """How many of each are in a box, ions before solvents.

    Attributes
    ----------
    components
        What is in it.
    counts
        Of each.
    density
        In g/cm³: known, or expected.
    known
        Which of the two.
    """

    components: tuple[Component, ...]
    counts: tuple[int, ...]
    density: float
    known: bool

    @property
    def topology(self) -> Topology:
        """The molecules, in order."""
        return Topology(tuple(one.species(count) for one, count in zip(self.components, self.counts, strict=True)))


def mixture(recipe: Recipe) -> Mixture:
    """Count the molecules of a recipe.

    Raises
    ------
    BadInput
        If there is no such mixture, or the box is too small for one of its components.
    """
    solvents = {component(name): part for name, part in recipe.solvents.items()}
    ions = salt(recipe.salt) if recipe.salt else ()
    amount = _salt(recipe, solvents, ions)
    parts = {**dict.fromkeys(ions, amount), **solvents}
    unit = sum(len(one.elements) * part for one, part in parts.items())
    pairs = round(amount * recipe.atoms / unit)
    # Ions come in whole pairs; the solvents' parts are taken beside these, not beside what was rounded.
    scale = pairs / amount if pairs else recipe.atoms / unit
    counts = {one: pairs if one in ions else round(part * scale) for one, part in parts.items()}
    if lacking := [one.name for one, count in counts.items() if count == 0]:
        raise BadInput(f"a box of {recipe.atoms} atoms has no room for {', '.join(lacking)}: take more atoms")
    keep("atoms", sum(len(one.elements) * count for one, count in counts.items()), "a liquid")
    mass = sum(one.mass * count for one, count in counts.items())
    volume = sum(molar_volume(one) * count for one, count in counts.items())
    return Mixture(tuple(counts), tuple(counts.values()), recipe.density or mass / volume, recipe.density is not None)


def _salt(recipe: Recipe, solvents: dict[Component, float], ions: tuple[Component, ...]) -> float:
    """Give the moles of salt beside the solvents' parts."""
    if not ions:
        return 0.0
    if recipe.parts is not None:
        return recipe.parts
    if recipe.molality is not None:
        return recipe.molality * sum(one.mass * part for one, part in solvents.items()) / 1000
    assert recipe.concentration is not None
    own = recipe.concentration * sum(map(molar_volume, ions))
    if own >= 1000:
        raise BadInput(f"{recipe.concentration:g} mol/L of {recipe.salt} leaves no room for a solvent")
    return recipe.concentration / (1000 - own) * sum(molar_volume(one) * part for one, part in solvents.items())


def molar_volume(one: Component) -> float:
    """Expect a component's volume in a liquid, in cm³/mol.

    A measured density where there is one; else as much as in DME lies between its atoms. A cation is between others'
    atoms.
    """
    if one.charge > 0 and len(one.elements) == 1:
        return 0.0
    if (known := density(one.name)) is not None:
        return one.mass / known
    like = component("DME")
    return one.volume / like.volume * molar_volume(like)


def packed(mixed: Mixture, seed: int) -> Atoms:
    """Put the molecules into a cube at random, by Packmol (doi:10.1002/jcc.21224), looser than expected.

    Parameters
    ----------
    mixed
        What is to be in the box.
    seed
        Of the random numbers: the same gives the same box with the same Packmol.

    Returns
    -------
    Atoms
        In the order of the mixture's topology, molecules whole.

    Raises
    ------
    BadInput
        If Packmol is missing, or finds no place for all.
    """
    from ase import Atoms
    from ase.io import read, write

    mass = sum(one.mass * count for one, count in zip(mixed.components, mixed.counts, strict=True))
    edge = (mass / (mixed.density * (1.0 if mixed.known else LOOSE) * CUBIC)) ** (1 / 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Half the distance to each face: images keep theirs too.
        low, high = APART / 2, edge - APART / 2
        lines = [f"tolerance {APART}", "filetype xyz", "output box.xyz", f"seed {seed + 1}"]
        for number, (one, count) in enumerate(zip(mixed.components, mixed.counts, strict=True)):
            write(folder / f"{number}.xyz", Atoms(one.elements, one.positions))
            box = " ".join(f"{value:.6f}" for value in (low, low, low, high, high, high))
            lines += [f"structure {number}.xyz", f"  number {count}", f"  inside box {box}", "end structure"]
        (folder / "box.inp").write_text("\n".join(lines) + "\n", encoding="utf-8")
        said = _packmol(folder)
        if not (folder / "box.xyz").exists() or "Success!" not in said:
            raise BadInput("Packmol found no place for all molecules: take more atoms, or another seed")
        made = read(folder / "box.xyz")
    assert isinstance(made, Atoms)
    assert tuple(made.symbols) == mixed.topology.elements
    return Atoms(made.symbols, np.asarray(made.positions), cell=[edge] * 3, pbc=True)


def _packmol(folder: Path) -> str:
    program = shutil.which("packmol") or shutil.which("packmol", path=str(Path(sys.executable).parent))
    if program is None:
        raise BadInput("boxes of liquids need Packmol: pip install packmol")
    try:
        done = subprocess.run(
            [program], stdin=(folder / "box.inp").open(), cwd=folder, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadInput(f"Packmol found no place for all molecules within {PATIENCE:g} s: take fewer atoms") from None
    return done.stdout.decode(errors="replace")
