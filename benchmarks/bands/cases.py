"""The cases: two relaxed ends of a hop each, an engine, and how many images the band has between them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from potash.structures.encoding import decode, encode

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: How far the ends of every case are relaxed, in eV/Å.
FORCE = 0.01
#: How far random starts are rattled, in Å.
RATTLE = 0.05

Engine = Callable[[], "Calculator"]


@dataclass(frozen=True)
class Case:
    """A hop between two minima.

    Attributes
    ----------
    title
        What hops where, for the table.
    engine
        ``emt`` or ``chgnet``: what the case takes for the truth.
    build
        Makes both ends, unrelaxed, given the engine. An atom stands at both ends where it went without jumping
        through the cell's boundary, so that the straight way between them is the hop.
    images
        Between the ends.
    k
        The springs of bands that ask for one, in eV/Å².
    """

    title: str
    engine: str
    build: Callable[[Engine], tuple[Atoms, Atoms]]
    images: int = 7
    k: float = 0.1


def engine(name: str) -> Engine:
    """Give what makes the calculators of an engine: ``emt``, or a model of CHGNet, which is loaded once for all.

    The models are ``chgnet``, trained on PBE, and ``chgnet-r2scan``.
    """
    if name == "emt":
        from ase.calculators.emt import EMT

        return EMT
    import torch  # type: ignore[import-not-found]
    from chgnet.model import CHGNet
    from chgnet.model.dynamics import CHGNetCalculator

    torch.set_num_threads(1)
    model = CHGNet.load(model_name="r2scan" if name == "chgnet-r2scan" else "0.3.0", use_device="cpu", verbose=False)
    return lambda: cast("Calculator", CHGNetCalculator(model=model, use_device="cpu", on_isolated_atoms="error"))


def ends(name: str, folder: Path) -> tuple[Atoms, Atoms]:
    """Give the relaxed ends of a case, from its file if they have been relaxed before.

    Parameters
    ----------
    name
        As in `CASES`.
    folder
        Where the files are; made when missing.
    """
    file = folder / f"{name}.json"
    if not file.exists():
        make = engine(CASES[name].engine)
        relaxed = [encode(_relaxed(end, make)) for end in CASES[name].build(make)]
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(relaxed), encoding="utf-8")
        os.replace(part, file)
    initial, final = json.loads(file.read_text(encoding="utf-8"))
    return decode(initial), decode(final)


def start(initial: Atoms, final: Atoms, images: int, seed: int | None) -> list[Atoms]:
    """Interpolate a first path (doi:10.1063/1.4878664), ends included, and rattle it.

    Parameters
    ----------
    images
        Between the ends.
    seed
        Of the normal displacements of all free atoms, which shrink towards the ends as a sine; None for no rattling.
    """
    from ase.mep import NEB, idpp_interpolate, interpolate

    path = [initial.copy() for _ in range(images + 1)] + [final.copy()]
    interpolate(path, mic=False, apply_constraint=False)
    # Pair distances are those to the nearest image; the atoms' ways are as the case gives them.
    idpp_interpolate(NEB(path, method="improvedtangent"), traj=None, log=None, mic=True)
    if seed is not None:
        random = np.random.default_rng(seed)
        for number, image in enumerate(path[1:-1], start=1):
            noise = random.normal(0.0, RATTLE, (len(image), 3)) * np.sin(np.pi * number / (images + 1))
            image.set_positions(image.positions + noise)  # frozen atoms stay
    return path


def _relaxed(atoms: Atoms, make: Engine) -> Atoms:
    from ase.optimize import BFGS

    atoms.calc = make()
    if not BFGS(atoms, logfile=None).run(fmax=FORCE, steps=500):
        raise RuntimeError(f"an end of {atoms.get_chemical_formula()} did not relax")
    return atoms


def _crystal(atoms: Atoms, make: Engine) -> Atoms:
    """Relax a crystal with its cell."""
    from ase.filters import FrechetCellFilter
    from ase.optimize import BFGS

    atoms.calc = make()
    if not BFGS(cast("Atoms", FrechetCellFilter(atoms)), logfile=None).run(fmax=FORCE / 5, steps=200):
        raise RuntimeError(f"the crystal {atoms.get_chemical_formula()} did not relax")
    atoms.calc = None
    return atoms


def _vacancy(host: Atoms, vacancy: int, ion: int) -> tuple[Atoms, Atoms]:
    """Let an ion hop into a vacancy, by the shortest way."""
    vector = host.get_distance(vacancy, ion, mic=True, vector=True)
    before, after = host.copy(), host.copy()
    after.positions[ion] -= vector
    del before[vacancy], after[vacancy]
    return before, after


def _aluminium(_: Engine) -> tuple[Atoms, Atoms]:
    from ase.build import add_adsorbate, fcc100
    from ase.constraints import FixAtoms

    slab = fcc100("Al", size=(2, 2, 3))
    add_adsorbate(slab, "Au", 1.7, "hollow")
    slab.center(axis=2, vacuum=4.0)
    slab.set_constraint(FixAtoms(mask=slab.get_tags() > 1))
    moved = slab.copy()
    moved.positions[-1] += slab.cell[0] / 2
    return slab, moved


def _heptamer(_: Engine) -> tuple[Atoms, Atoms]:
    from ase.build import add_adsorbate, fcc111
    from ase.constraints import FixAtoms

    made = []
    for site in ("fcc", "hcp"):
        slab = fcc111("Pt", (5, 5, 3), vacuum=8.0)
        slab.set_constraint(FixAtoms(mask=slab.get_tags() > 1))
        spacing = slab.cell[0, 0] / 5
        # The island is one atom on the site and the six around it.
        for offset in [(2, 2), (3, 2), (2, 3), (1, 3), (1, 2), (2, 1), (3, 1)]:
            add_adsorbate(slab, "Pt", spacing * np.sqrt(2 / 3), site, offset=offset)
        made.append(slab)
    return made[0], made[1]


def _copper(make: Engine) -> tuple[Atoms, Atoms]:
    from ase.build import bulk

    large = _crystal(bulk("Cu", cubic=True), make).repeat(3)
    return _vacancy(large, 0, 1)


def _potash(phase: str, size: tuple[int, int, int], vacancy: int, ion: int) -> Callable[[Engine], tuple[Atoms, Atoms]]:
    def build(make: Engine) -> tuple[Atoms, Atoms]:
        from potash.structures.phases import structure

        return _vacancy(_crystal(structure(phase, Path()), make).repeat(size), vacancy, ion)

    return build


CASES = {
    "Al-Au": Case("Au on Al(100), hollow to hollow", "emt", _aluminium),
    "Pt-heptamer": Case("Pt₇ island on Pt(111), slides fcc to hcp", "emt", _heptamer),
    "Cu-vacancy": Case("vacancy in Cu, 107 atoms", "emt", _copper),
    "K2Se": Case("K vacancy in K₂Se, 11 atoms", "chgnet", _potash("K2Se", (1, 1, 1), 0, 4)),
    "K3Sb-hexagonal": Case("K vacancy in K₃Sb, 4f to 4f along c, 31 atoms", "chgnet",
                           _potash("K3Sb-hexagonal", (2, 2, 1), 4, 7)),
}  # fmt: skip
