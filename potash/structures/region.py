"""The region of an interface: where its middle is, and which sites of an ion lie near it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.adsorption import SURFACE
from potash.structures.hop_record import Hops
from potash.structures.hops import hops_among
from potash.structures.interfaces import FILM, SIDE, SUBSTRATE
from potash.structures.orbits import Points, symmetry_of
from potash.structures.sites import Site, formula, interstitial_sites, lattice_sites

if TYPE_CHECKING:
    from typing import Literal

    from ase import Atoms

#: A site this little outside the outermost atoms of a side is still in it, in Å.
EDGE = 0.1


@dataclass(frozen=True)
class Region:
    """The part of a cell that belongs to its interface, between two heights.

    Attributes
    ----------
    middle
        Midway between the facing layers, in Å.
    below, above
        How far it reaches down and up from there, in Å: never beyond the outermost atom of a side.
    """

    middle: float
    below: float
    above: float


@dataclass(frozen=True)
class Place:
    """An interface in which an ion hops.

    Attributes
    ----------
    hops, region
        Sites and hops near its middle.
    large
        The cell that carriers are put into.
    """

    hops: Hops
    region: Region
    large: Atoms

    @property
    def heights(self) -> np.ndarray:
        """How high each site lies above the middle of the interface, (n,) in Å."""
        return _heights(self.hops.host, self.hops.sites, self.region)

    @property
    def shores(self) -> tuple[list[int], list[int]]:
        """The sites deep in the substrate and deep in the film, by index: in the outer half of the region."""
        deep = max(self.region.below, self.region.above) / 2
        return np.flatnonzero(self.heights < -deep).tolist(), np.flatnonzero(self.heights > deep).tolist()


def region_of(interface: Atoms, reach: float) -> Region:
    """Find the region of an interface.

    Parameters
    ----------
    interface
        With the array ``side``, as `structures.interfaces.interface` builds it; it may be relaxed.
    reach
        How far the region goes from the middle, in Å, where both sides are so thick.
    """
    heights, sides = interface.positions[:, 2], interface.arrays[SIDE]
    below, above = heights[sides == SUBSTRATE], heights[sides == FILM]
    facing = (below[below > below.max() - SURFACE], above[above < above.min() + SURFACE])
    middle = sum(float(layer.mean()) for layer in facing) / 2
    down, up = middle - below.min() + EDGE, above.max() - middle + EDGE
    return Region(middle, float(min(reach, down)), float(min(reach, up)))


def hops_near(
    interface: Atoms, ion: str, mechanism: Literal["vacancy", "interstitial"], cutoff: float, region: Region
) -> Hops:
    """Find the hops of an ion among the sites in the region of an interface.

    Vacancies sit on the ions of both sides, interstitials between the atoms of both, by the same rule as in a crystal
    (`structures.sites`): in the gap between two sides as well, and between the sheets of a layered one.

    Parameters
    ----------
    interface
        Its own cell; the vectors that carry the interface on are the first two.
    ion, mechanism, cutoff
        As for `structures.hops.find_hops`.
    region
        Sites outside it do not count.

    Raises
    ------
    BadInput
        If the region holds no site or no hop, or if a superlattice is so thin that hops lead from the region to its image.
    """
    height = float(interface.cell.array[2, 2])
    if interface.pbc[2] and region.below + region.above + cutoff > height:
        raise BadInput(
            f"the superlattice is {height:.1f} Å high: too thin for a region of {region.below + region.above:.1f} Å and "
            f"hops of {cutoff:g} Å; make film and substrate thicker"
        )
    crystal = interface.copy()
    crystal.pbc = True
    everywhere = lattice_sites(crystal, ion) if mechanism == "vacancy" else interstitial_sites(crystal, ion)
    over = _heights(interface, everywhere, region)
    near = (over > -region.below) & (over < region.above)
    if not near.any():
        raise BadInput(
            f"{formula(interface)} has no {mechanism} site of {ion} within {region.below:.1f} Å below and "
            f"{region.above:.1f} Å above the middle of the interface; enlarge the region"
        )
    order = [index for index in np.argsort(np.round(over, 2), kind="stable").tolist() if near[index]]
    sites = _numbered(interface, [everywhere[index] for index in order])
    return hops_among(interface, ion, mechanism, sites, cutoff, upright=True)


def _numbered(interface: Atoms, sites: list[Site]) -> tuple[Site, ...]:
    """Count the orbits of sites anew, the lowest first: what turns the interface over relates none of them."""
    positions = np.array([site.position for site in sites]) @ interface.cell.array
    orbits = Points(symmetry_of(interface, upright=True), positions).orbits.tolist()
    letters = [site.name.rstrip("0123456789") for site in sites]
    return tuple(
        Site(site.position, orbit, f"{letter}{orbit + 1}")
        for site, orbit, letter in zip(sites, orbits, letters, strict=True)
    )


def _heights(interface: Atoms, sites: tuple[Site, ...], region: Region) -> np.ndarray:
    found: np.ndarray = np.array([site.position for site in sites]) @ interface.cell.array[:, 2] - region.middle
    return found
