"""The one protocol that every engine keeps, and the engines by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import yaml

from potash.errors import BadInput, near

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from ase.calculators.calculator import Calculator

Settings = dict[str, Any]
Sort = Literal["crystal", "slab", "molecule"]

PROTOCOLS = ("fast", "standard", "strict")

#: Where each engine is written; imported when it is first used.
ENGINES = {
    "gpaw": "potash.calcs.gpaw:Gpaw",
    "espresso": "potash.calcs.espresso:Espresso",
    "chgnet": "potash.calcs.chgnet:Chgnet",
    "tblite": "potash.calcs.tblite:Tblite",
    "pyscf": "potash.calcs.pyscf:Pyscf",
    "emt": "potash.calcs.emt:Emt",
    "openmm": "potash.calcs.openmm:OpenMM",
}


@dataclass(frozen=True)
class Cost:
    """What one call for energy and forces is expected to cost.

    Attributes
    ----------
    core_seconds
        Time on one core, in seconds.
    memory
        In GiB, over all cores.
    cores
        How many cores it can use with profit.
    """

    core_seconds: float
    memory: float
    cores: int


@dataclass(frozen=True)
class Levels:
    """Levels of a molecule.

    Attributes
    ----------
    homo, lumo
        In eV, the vacuum level as zero; with two spins the higher HOMO and the lower LUMO.
    vacuum
        The electrostatic potential found at the box's faces, in eV, that the levels were shifted by; 0 without a box.
    spread
        How much that potential varies over the faces, in eV: the box's error. None without a box.
    contamination
        ⟨S²⟩ less S(S + 1) of the state that was asked for; None where the engine does not tell.
    carriers
        Which part of the LUMO's density each atom has, by `calcs.carriers.shares`; None where the engine does not tell.
    """

    homo: float
    lumo: float
    vacuum: float = 0.0
    spread: float | None = None
    contamination: float | None = None
    carriers: list[float] | None = None


@dataclass(frozen=True)
class Planar:
    """The potential across a slab.

    Attributes
    ----------
    z
        Heights, in Å.
    planar
        The electrostatic potential energy of an electron there, averaged over the plane, in eV.
    fermi
        The Fermi level, in eV.
    """

    z: list[float]
    planar: list[float]
    fermi: float


@dataclass(frozen=True)
class Electrons(Planar):
    """The potential across a crystal, slab or interface, and its states.

    Attributes
    ----------
    energies
        Against the Fermi level, in eV.
    states
        The density of states projected onto each atom, (atoms, energies) in 1/eV, both spins together.
    complete
        Up to here, against the Fermi level, in eV, all states were computed.
    edges
        The highest occupied and the lowest empty level in eV, on the scale of ``planar`` and ``fermi``; None for a metal.
    """

    energies: list[float]
    states: list[list[float]]
    complete: float
    edges: tuple[float, float] | None


class Engine(Protocol):
    """A code that gives energies and forces. Everything else is written once, over this."""

    name: str
    install: str
    #: Whether the ranks of one worker can be split in groups: then `calculator` takes a ``communicator`` as well.
    splits: bool
    #: Whether a group of operations can fold k-points onto few: then `calculator` takes a ``group`` (`calcs.folding`).
    folds: bool
    #: Whether one process can make one calculation after the other: Python alone, no MPI.
    stays: bool

    def version(self) -> str:
        """Name the version that runs here; raises `BadInput` where the engine is not installed."""
        ...

    def complete(self, atoms: Atoms, settings: Settings) -> Settings:
        """Fill in what depends on the atoms (k-points, dipole correction, pseudopotentials)."""
        ...

    def launcher(self, cores: int) -> list[str]:
        """Begin the command line that runs the worker on so many cores."""
        ...

    def environment(self) -> dict[str, str]:
        """Give the variables that the worker's process needs."""
        ...

    def calculator(self, atoms: Atoms, settings: Settings, folder: Path) -> Calculator:
        """Make an ASE calculator that writes its files into the folder."""
        ...

    def levels(self, atoms: Atoms, calculator: Calculator) -> Levels:
        """Read the levels of a molecule whose energy the calculator has just computed."""
        ...

    def potential(self, atoms: Atoms, calculator: Calculator) -> Planar:
        """Read the planar potential of a slab whose energy the calculator has just computed."""
        ...

    def electrons(self, calculator: Calculator, settings: Settings, folder: Path, options: Settings) -> Electrons:
        """Read potential and states of the atoms whose energy the calculator has just computed: see `calcs.electrons`."""
        ...

    def charges(self, atoms: Atoms, settings: Settings, folder: Path) -> list[float]:
        """Compute the partial charges (Hirshfeld) of the atoms, in units of e."""
        ...

    def density(self, atoms: Atoms, calculator: Calculator, voxel: float) -> np.ndarray | None:
        """Read the density of all electrons after a call, core and valence, on a periodic grid over the cell.

        Parameters
        ----------
        voxel
            How far apart its points may be, in Å.

        Returns
        -------
        ndarray or None
            (l, m, n), in e/Å³, that adds up to the number of electrons; None in all processes but the first.
        """
        ...

    def electrostatics(self, atoms: Atoms, settings: Settings, folder: Path, points: np.ndarray) -> np.ndarray:
        """Compute the electrostatic potential of a molecule, far away as zero.

        Parameters
        ----------
        points
            (points, 3) in Å.

        Returns
        -------
        ndarray
            (points,) in V.
        """
        ...

    def estimate(self, atoms: Atoms, settings: Settings) -> Cost:
        """Estimate one call for energy and forces."""
        ...

    def fault(self, folder: Path) -> str | None:
        """Read from the engine's output why it failed, in one sentence; None where it does not say."""
        ...


@cache
def engine(name: str) -> Engine:
    """Find an engine by name.

    Raises
    ------
    BadInput
        If there is no such engine.
    """
    if name not in ENGINES:
        raise BadInput(f"unknown engine '{name}'{near(name, ENGINES)}")
    module, attribute = ENGINES[name].split(":")
    found: Engine = getattr(import_module(module), attribute)()
    return found


@cache
def _protocols(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "protocols" / f"{name}.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def sort_of(atoms: Atoms) -> Sort:
    """Say what kind of system it is, by its periodic directions."""
    return "crystal" if atoms.pbc.all() else "slab" if atoms.pbc.any() else "molecule"


def protocol(name: str, level: str, sort: Sort) -> Settings:
    """Give an engine's settings for a protocol and a kind of system.

    Parameters
    ----------
    name
        The engine (or ``tasks``: limits that hold for every engine).
    level
        ``fast``, ``standard`` or ``strict``.
    sort
        The kind of system. What the file says of it is laid over what it says of all.
    """
    table = _protocols(name)[level]
    settings = {key: value for key, value in table.items() if key not in ("crystal", "slab", "molecule")}
    return {**settings, **table.get(sort, {})}


def known_settings(name: str) -> dict[str, Any]:
    """Give the settings of an engine that a campaign may override, each with a value that it usually has."""
    found: dict[str, Any] = {}
    for level in _protocols(name).values():
        for key, value in level.items():
            found.update(value if key in ("crystal", "slab", "molecule") else {key: value})
    return found


def kpoints(atoms: Atoms, spacing: float) -> list[int]:
    """Divide each periodic direction so that neighbouring k-points are no farther apart than the spacing.

    Parameters
    ----------
    spacing
        In 1/Å, the factor 2π included.

    Returns
    -------
    list of int
        Divisions along the three reciprocal vectors; 1 where the system is not periodic.
    """
    import numpy as np

    lengths = 2 * np.pi * np.linalg.norm(atoms.cell.reciprocal().array, axis=1) if atoms.cell.rank == 3 else np.ones(3)
    return [
        max(1, int(np.ceil(length / spacing - 1e-6))) if periodic else 1
        for length, periodic in zip(lengths, atoms.pbc, strict=True)
    ]


def tail(path: Path, size: int = 200000) -> str:
    """Read the end of a text that an engine or a worker wrote; nothing where there is none."""
    return path.read_text(encoding="utf-8", errors="replace")[-size:] if path.exists() else ""
