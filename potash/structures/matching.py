"""Coherent matches of two surfaces: which supercells of both fit upon each other, and what strain that takes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from potash.structures.cuts import slab
from potash.structures.orbits import symmetry_of
from potash.structures.strain import Common, common, plane, rotation_of, von_mises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ase import Atoms

#: A larger match is kept only where it is less strained than every smaller one by more than this.
GAIN = 1e-4
#: Turns that symmetry does not make one differ by more than this, in degrees.
TURN = 0.1
#: So many lattice planes show a crystal's stacking.
DEPTH = 3

Rows = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Match:
    """Two supercells in the plane that fit upon each other.

    Attributes
    ----------
    film, substrate
        The vectors of the supercells in terms of each side's own, (2, 2) whole numbers, right-handed.
    area
        Of the substrate's supercell, in Å².
    strain
        Von Mises strain of a film that takes all of it.
    stretch
        The same film's largest principal strain, without sign.
    turn
        Angle of the film's cell against the substrate's, in degrees, from its x to its y.
    """

    film: Rows
    substrate: Rows
    area: float
    strain: float
    stretch: float
    turn: float

    @property
    def multiples(self) -> tuple[int, int]:
        """How often the film's and the substrate's own cell fit into the match's."""
        return round(np.linalg.det(self.film)), round(np.linalg.det(self.substrate))


def matches(film: Atoms, substrate: Atoms, *, max_area: float = 200.0, max_strain: float = 0.05) -> tuple[Match, ...]:
    """Find the coherent matches of two surfaces by Zur and McGill's algorithm (doi:10.1063/1.333084).

    The supercells come from pymatgen's ``ZSLGenerator``. It compares one basis of each; here all are, so that turns
    which the lattices allow but the crystals do not (twins) are matches of their own, and none is mirrored. A larger
    match is listed only where it is less strained than every smaller one.

    Parameters
    ----------
    film, substrate
        Their own cells, as `structures.cuts` gives them.
    max_area
        Of the common cell, in Å².
    max_strain
        No direction of a film that takes all the strain is stretched or pressed by more than this.

    Returns
    -------
    tuple of Match
        The least strained first; of equal ones the smaller, then the less turned.
    """
    both = plane(film), plane(substrate)
    groups = turns_of(film), turns_of(substrate)
    found: dict[tuple[int, int, float, float], Match] = {}
    least = np.inf
    for rows in _zsl(*both, max_area, max_strain):
        if least < GAIN:
            break  # no larger match is less strained
        for match in _laid_upon(*rows, *both, max_strain):
            least = min(least, match.strain)
            key = (*match.multiples, round(match.strain, 5), _least_turn(match.turn, *groups))
            if key not in found or _first(match) < _first(found[key]):
                found[key] = match
    kept: list[Match] = []
    for match in sorted(found.values(), key=lambda each: (each.multiples[1], each.multiples[0], each.strain)):
        if match.area <= max_area + 1e-6 and not any(_beaten(match, other) for other in kept):
            kept.append(match)
    return tuple(sorted(kept, key=_rank))


def rank(strain: float, area: float) -> tuple[float, float]:
    """Say what matches are ranked by: the strain to a hundredth of a percent, then the area."""
    return round(strain, 4), round(area, 2)


def _rank(match: Match) -> tuple[float, ...]:
    return (*rank(match.strain, match.area), *_first(match))


def _first(match: Match) -> tuple[float, ...]:
    """Of matches that symmetry makes one, name that with the least turn."""
    return (abs(round(match.turn, 2)), -match.turn, *np.ravel(match.film), *np.ravel(match.substrate))


def _beaten(match: Match, other: Match) -> bool:
    smaller = other.area <= match.area + 1e-3 and other.multiples != match.multiples
    same = other.multiples == match.multiples
    return (smaller and other.strain <= match.strain + GAIN) or (same and other.strain < match.strain - GAIN)


def _zsl(
    film: np.ndarray, substrate: np.ndarray, area: float, strain: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the supercells of both sides whose areas agree, (n, 2, 2) and (m, 2, 2), with small areas first."""
    from pymatgen.analysis.interfaces.zsl import ZSLGenerator, reduce_vectors

    sizes = abs(np.linalg.det(film)), abs(np.linalg.det(substrate))
    generator = ZSLGenerator(
        max_area_ratio_tol=(1 / (1 - strain) ** 2 - 1) * min(sizes[0] / sizes[1], sizes[1] / sizes[0]),
        max_area=area / (1 - strain) ** 2 + max(sizes),  # it leaves the last multiple out
    )
    for sides in generator.generate_sl_transformation_sets(*sizes):
        found = []
        for rows, side in zip(sides, (film, substrate), strict=True):
            reduced = np.array([reduce_vectors(*vectors) for vectors in np.array(rows) @ side])
            whole = np.round(reduced @ np.linalg.inv(side)).astype(int)
            mirrored = np.linalg.det(whole) < 0
            whole[mirrored] = whole[mirrored, ::-1]
            found.append(whole)
        yield found[0], found[1]


def _laid_upon(
    film_rows: np.ndarray, substrate_rows: np.ndarray, film: np.ndarray, substrate: np.ndarray, most: float
) -> Iterator[Match]:
    """Lay every short basis of the film's supercells upon the substrate's, turned but never mirrored."""
    bases = np.array(list(product((-1, 0, 1), repeat=4))).reshape(-1, 2, 2)
    proper = bases[np.round(np.linalg.det(bases)) == 1]
    rows = (proper @ film_rows[:, None]).reshape(-1, 2, 2)
    deformations = np.linalg.inv(rows @ film)[:, None] @ (substrate_rows @ substrate)[None]
    stretches = _stretches(deformations)
    near = np.abs(stretches - 1).max(axis=2)
    for i, j in np.argwhere(near <= most):
        yield Match(
            film=_plain(rows[i]),
            substrate=_plain(substrate_rows[j]),
            area=float(np.linalg.det(substrate_rows[j] @ substrate)),
            strain=von_mises(stretches[i, j]),
            stretch=float(near[i, j]),
            turn=round(_angle(rotation_of(deformations[i, j])), 9) + 0.0,  # no -0
        )


def _stretches(deformations: np.ndarray) -> np.ndarray:
    """Give the principal stretches of deformations (…, 2, 2) in closed form: (…, 2), the larger first."""
    product = np.linalg.det(deformations)
    squares = (deformations**2).sum(axis=(-2, -1))
    total, difference = (np.sqrt(np.maximum(squares + sign * 2 * product, 0.0)) for sign in (1, -1))
    stretches: np.ndarray = np.stack([total + difference, total - difference], axis=-1) / 2
    return stretches


def _angle(rotation: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(rotation[0, 1], rotation[0, 0])))


def turns_of(cell: Atoms) -> np.ndarray:
    """Give the turns and mirrors in the plane that leave a slab as it is, (n, 2, 2)."""
    turned = symmetry_of(slab(cell, DEPTH), upright=True).turns[:, :2, :2]
    _, first = np.unique(np.round(turned, 3).reshape(-1, 4), axis=0, return_index=True)
    distinct: np.ndarray = turned[first]
    return distinct


def _least_turn(turn: float, film: np.ndarray, substrate: np.ndarray) -> float:
    """Give the least of all turns that the symmetries of both sides make of one, in degrees from 0 to 360."""
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    images = film[:, None] @ rotation @ substrate[None]
    proper = images[np.linalg.det(images) > 0]
    angles = np.degrees(np.arctan2(proper[:, 0, 1], proper[:, 0, 0]))
    return float((np.round(angles / TURN) * TURN % 360).min().round(1))


def _plain(rows: np.ndarray) -> Rows:
    (a, b), (c, d) = rows.tolist()
    return (a, b), (c, d)


def common_cell(film: Atoms, substrate: Atoms, match: Match, share: float) -> Common:
    """Give the common cell of a match, its strain shared: see `structures.strain.common`."""
    return common(np.array(match.film) @ plane(film), np.array(match.substrate) @ plane(substrate), share)
