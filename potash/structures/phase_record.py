"""What is written down of a crystal, and the atoms that it describes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from ase import Atoms

Axis = Literal["a", "b", "c", "alpha", "beta", "gamma"]


def _exact(fraction: float) -> float:
    """Read 0.333333 as one third: special positions are multiples of 1/24."""
    nearest = round(24 * fraction) / 24
    return nearest if abs(fraction - nearest) < 2e-6 else fraction


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpaceGroup(_Record):
    """A space group by its number in the International Tables, with its symbol."""

    number: int = Field(ge=1, le=230)
    symbol: str


class Site(_Record):
    """One orbit: an element on a Wyckoff position (fractions of the conventional cell)."""

    element: str
    wyckoff: str
    position: tuple[float, float, float]


class Density(_Record):
    """A measured density in g/cm³ and who gives it."""

    value: float = Field(gt=0)
    source: str


class Source(_Record):
    """Where a structure comes from, and whether it was measured or computed."""

    kind: str
    citation: str
    doi: str | None = None
    database: str | None = None
    found: str | None = None
    temperature: float | None = None


class Measured(_Record):
    """Measured lattice constants, where `Phase.lattice` itself is a computed one."""

    lattice: dict[Axis, float]
    source: str


class Magnetic(_Record):
    """A collinear magnetic order: a wave over the crystal.

    Attributes
    ----------
    propagation
        Its vector in fractions of the conventional reciprocal vectors.
    moments
        Of each element at its crests, in Bohr magnetons, where a calculation starts.
    """

    propagation: tuple[float, float, float]
    moments: dict[str, float]
    source: str

    def ordered(self, conventional: Atoms) -> Atoms:
        """Repeat the conventional cell along its vectors until the wave fits, and put the moments on."""
        import numpy as np

        repeats = [Fraction(part).limit_denominator(12).denominator for part in self.propagation]
        atoms: Atoms = conventional.repeat(repeats)
        phases = 2 * np.pi * atoms.positions @ np.linalg.solve(conventional.cell.array, np.array(self.propagation))
        crests = np.array([self.moments.get(symbol, 0.0) for symbol in atoms.symbols])
        atoms.set_initial_magnetic_moments(np.round(crests * np.cos(phases), 6) + 0.0)
        return atoms


class Phase(_Record):
    """A crystal or layer: space group, lattice, sites, density, magnetic order and their sources."""

    name: str
    formula: str
    aliases: tuple[str, ...] = ()
    space_group: SpaceGroup
    setting: Literal[1, 2] = 1
    lattice: dict[Axis, float]
    sites: tuple[Site, ...]
    layer: bool = False
    density: Density | None = None
    magnetic: Magnetic | None = None
    source: Source
    measured: Measured | None = None
    note: str | None = None

    @property
    def experiment(self) -> dict[str, float]:
        """Measured lattice constants in Å and degrees; empty where none is known."""
        if self.measured is not None:
            return {str(axis): length for axis, length in self.measured.lattice.items()}
        if not self.source.kind.startswith("experiment"):
            return {}
        # The c of a layer is the period of the vacuum: nobody measured it.
        return {str(axis): length for axis, length in self.lattice.items() if not (self.layer and axis == "c")}

    def cell(self) -> list[float]:
        """Complete the lattice by what the crystal system fixes.

        Returns
        -------
        list of float
            a, b, c in Å and alpha, beta, gamma in degrees.
        """
        given = self.lattice
        a = given["a"]
        b = given.get("b", a)
        c = given.get("c", a)
        hexagonal = 143 <= self.space_group.number <= 194
        return [
            a,
            b,
            c,
            given.get("alpha", 90.0),
            given.get("beta", 90.0),
            given.get("gamma", 120.0 if hexagonal else 90.0),
        ]

    def atoms(self, *, primitive: bool = False) -> Atoms:
        """Build it: positions and cell in Å, the conventional cell or the primitive one, of its magnetic order if any."""
        from ase.spacegroup import crystal

        from potash.structures.orbits import primitive_of

        atoms = crystal(
            [site.element for site in self.sites],
            [[_exact(x) for x in site.position] for site in self.sites],
            spacegroup=self.space_group.number,
            setting=self.setting,
            cellpar=self.cell(),
            primitive_cell=primitive and not self.magnetic,
            onduplicates="error",
            symprec=1e-4,
        )
        for array in [name for name in atoms.arrays if name not in ("numbers", "positions")]:
            del atoms.arrays[array]
        if self.magnetic:
            atoms = self.magnetic.ordered(atoms)
            atoms = primitive_of(atoms) if primitive else atoms
        atoms.info = {"name": self.name}
        if self.layer:
            atoms.pbc = (True, True, False)
            atoms.center(axis=2)
        return atoms
