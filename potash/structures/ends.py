"""Carriers and the end points of their hops in a supercell of the host."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from potash.errors import BadInput
from potash.structures.hop_record import Cell, Hops
from potash.structures.sites import number_of

if TYPE_CHECKING:
    from ase import Atoms

#: How far an ion of the supercell may be from the place that it has in the host, in Å.
AWAY = 1.0
#: Ways that differ by less than this are equally short, in Å.
EQUAL = 1e-2


@dataclass(frozen=True)
class Ends:
    """The unrelaxed end points of a hop, atom by atom in the same order.

    Attributes
    ----------
    before, after
        The carrier at the start and at the end.
    moving
        Indices of the atoms that hop: of an interstitialcy the one that pushes, then the one that is pushed.
    """

    before: Atoms
    after: Atoms
    moving: tuple[int, ...]


class _Large:
    """A supercell in terms of its host: where the host's places are in it, though it may be strained a little."""

    def __init__(self, hops: Hops, atoms: Atoms) -> None:
        tiling = atoms.cell.array @ np.linalg.inv(hops.host.cell.array)
        self.tiling = np.round(tiling).astype(int)
        if np.abs(tiling - self.tiling).max() > 0.25 or round(np.linalg.det(self.tiling)) < 1:
            raise BadInput("the larger cell is no supercell of the host whose hops were found")
        self.hops, self.atoms = hops, atoms
        #: The host's own vectors in the supercell, in Å.
        self.cell = np.linalg.inv(self.tiling) @ atoms.cell.array

    def place(self, site: int, cell: Cell) -> np.ndarray:
        """Give where a site is, in Å."""
        place: np.ndarray = (np.array(self.hops.sites[site].position) + cell) @ self.cell
        return place

    def ion(self, place: np.ndarray) -> int:
        """Give the index of the ion at a place."""
        from ase.geometry import find_mic

        ions = np.flatnonzero(self.atoms.numbers == number_of(self.hops.ion))
        if not len(ions):
            raise BadInput(f"the larger cell holds no {self.hops.ion}")
        distances = find_mic(self.atoms.positions[ions] - place, self.atoms.cell, self.atoms.pbc)[1]
        if distances.min() > AWAY:
            raise BadInput(
                f"the larger cell has no {self.hops.ion} within {AWAY:g} Å of a place that it has in the host"
            )
        return int(ions[distances.argmin()])

    def way(self, start: np.ndarray, end: np.ndarray, meant: np.ndarray) -> np.ndarray:
        """Give the way between two places or images of them, in Å: of all, the one that is nearest to what is meant."""
        way = end - start
        cell = self.atoms.cell.array
        image: np.ndarray = way + np.round((meant - way) @ np.linalg.inv(cell)) @ cell
        return image


def carrier_at(hops: Hops, site: int, large: Atoms, cell: Cell = (0, 0, 0)) -> Atoms:
    """Put a carrier on a site of a supercell.

    Parameters
    ----------
    hops
        The carrier's sites in the host.
    site, cell
        Index of the site, and the host's cell that it lies in.
    large
        A supercell of the host, without a carrier; it may be relaxed.

    Returns
    -------
    Atoms
        It without the ion there (vacancy), or with the ion there as its last atom.

    Raises
    ------
    BadInput
        If it is no supercell of the host.
    """
    from ase import Atoms as Make

    known = _Large(hops, large)
    place = known.place(site, cell)
    made: Atoms = large.copy()
    if hops.mechanism == "vacancy":
        del made[known.ion(place)]
    else:
        made.extend(Make(hops.ion, [place]))
    return made


def end_points(hops: Hops, kind: int, large: Atoms) -> Ends:
    """Build the end points of a hop in a supercell.

    Parameters
    ----------
    hops
        The carrier's hops in the host.
    kind
        Index of the kind.
    large
        A supercell of the host, without a carrier; it may be relaxed.

    Raises
    ------
    BadInput
        If it is no supercell of the host, or so small that another hop leads the shorter way to the same end.
    """
    hop = hops.kinds[kind]
    known = _Large(hops, large)
    start, end = known.place(hop.start, (0, 0, 0)), known.place(hop.end, hop.cell)
    before = carrier_at(hops, hop.start, large)
    moves: dict[int, np.ndarray] = {}
    if hops.mechanism == "vacancy":
        empty, ion = known.ion(start), known.ion(end)
        ways = [known.way(large.positions[empty], large.positions[ion], end - start)]
        moves[ion - (empty < ion)] = -ways[0]
    elif hop.via is None:
        ways = [end - start]
        moves[len(large)] = ways[0]
    else:
        atom, cell = hop.via
        middle = (hops.host.get_scaled_positions(wrap=False)[atom] + cell) @ known.cell
        ion = known.ion(middle)
        ways = [
            known.way(start, large.positions[ion], middle - start),
            known.way(large.positions[ion], end, end - middle),
        ]
        moves = {len(large): ways[0], ion: ways[1]}
    if not _only(hops, kind, known.tiling, large.cell.array, ways):
        raise BadInput(_too_small(hops, kind))
    after = before.copy()
    for index, move in moves.items():
        after.positions[index] += move
    return Ends(before, after, tuple(moves))


def _only(hops: Hops, kind: int, tiling: np.ndarray, cell: np.ndarray, ways: list[np.ndarray]) -> bool:
    """Say whether the ways of a hop are the shortest between their ends in a supercell, but for hops of its kind.

    A band follows the shortest way. Where two ions move, either way must be the only shortest one.
    """
    images = [_as_short(way, cell, hops.host.pbc) for way in ways]
    if len(ways) > 1:
        return all(not steps.any() for steps in images)
    hop = hops.kinds[kind]
    same = {
        edge.cell
        for edge in hops.edges
        if (edge.start, edge.end, edge.kind, edge.reverse) == (hop.start, hop.end, kind, False)
    }
    return all(tuple((np.array(hop.cell) + step @ tiling).tolist()) in same for step in images[0])


def _as_short(way: np.ndarray, cell: np.ndarray, pbc: np.ndarray) -> np.ndarray:
    """Give the lattice vectors that make a way no longer, in whole numbers, (n, 3)."""
    from ase.geometry import find_mic, minkowski_reduce

    reduced, _ = minkowski_reduce(cell, pbc)
    around = np.array(list(product(*[(-1, 0, 1) if periodic else (0,) for periodic in pbc])))
    images = find_mic(way, cell, pbc)[0] + around @ reduced
    short = images[np.linalg.norm(images, axis=1) < np.linalg.norm(way) + EQUAL]
    steps: np.ndarray = np.round((short - way) @ np.linalg.inv(cell)).astype(int)
    return steps


def _too_small(hops: Hops, kind: int) -> str:
    """Say that a supercell is too small, and which one would do."""
    host, hop = hops.host, hops.kinds[kind]
    stops = [hops.sites[hop.start].position, np.array(hops.sites[hop.end].position) + hop.cell]
    if hop.via is not None:
        stops.insert(1, host.get_scaled_positions(wrap=False)[hop.via[0]] + hop.via[1])
    ways = list(np.diff(np.array(stops), axis=0) @ host.cell.array)
    sizes = product(*[range(1, 7) if periodic else (1,) for periodic in host.pbc])
    for size in sorted(sizes, key=lambda size: (np.prod(size), max(size))):
        if _only(hops, kind, np.diag(size), np.diag(size) @ host.cell.array, ways):
            advice = f"a supercell of {list(size)} would do"
            break
    else:
        advice = "take a much larger one"
    return (
        f"the cell is too small for hop {kind + 1} ({hop.distance:.2f} Å): a shorter way leads to an image of its end; "
        f"{advice}"
    )
