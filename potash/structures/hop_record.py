"""What is known of a carrier's hops: kinds, and the network that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

    from potash.structures.sites import Site

Mechanism = Literal["vacancy", "interstitial", "interstitialcy", "adatom"]
Cell = tuple[int, int, int]


@dataclass(frozen=True)
class Hop:
    """One kind of hop: the carrier goes from a site to another.

    Attributes
    ----------
    start, end
        Indices of the sites; the start is the first of its orbit.
    cell
        The lattice cell that the end lies in.
    vector
        From start to end, in Å.
    multiplicity
        How many hops of this kind leave the start.
    via
        Of an interstitialcy: the host's atom that is pushed on, and its cell.
    """

    start: int
    end: int
    cell: Cell
    vector: tuple[float, float, float]
    multiplicity: int
    via: tuple[int, Cell] | None = None

    @property
    def distance(self) -> float:
        """The length of the hop, in Å."""
        return float(np.linalg.norm(self.vector))


@dataclass(frozen=True)
class Edge:
    """A hop of the network: an image of a kind.

    Attributes
    ----------
    start, end, cell
        As of `Hop`, from any site of the cell.
    kind
        Index of the kind.
    reverse
        It runs the kind's hop backwards, and no symmetry turns it forwards.
    """

    start: int
    end: int
    cell: Cell
    kind: int
    reverse: bool


@dataclass(frozen=True)
class Hops:
    """A carrier's network in a host.

    Attributes
    ----------
    host
        The crystal's cell, or a layer.
    ion, mechanism
        What hops, and how.
    sites
        All sites of the carrier in the cell.
    kinds
        One hop of each kind, the shortest first.
    edges
        Every hop that leaves a site of the cell, so that each one has its opposite.
    """

    host: Atoms
    ion: str
    mechanism: Mechanism
    sites: tuple[Site, ...]
    kinds: tuple[Hop, ...]
    edges: tuple[Edge, ...]

    def linked(self) -> Hops:
        """Leave out the sites that no hop reaches, and number the others anew; their orbits and names stay."""
        kept = sorted({edge.start for edge in self.edges})
        new = {site: number for number, site in enumerate(kept)}
        return replace(
            self,
            sites=tuple(self.sites[site] for site in kept),
            kinds=tuple(replace(hop, start=new[hop.start], end=new[hop.end]) for hop in self.kinds),
            edges=tuple(replace(edge, start=new[edge.start], end=new[edge.end]) for edge in self.edges),
        )
