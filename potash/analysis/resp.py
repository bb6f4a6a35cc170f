"""Charges of atoms that give a molecule's electrostatic potential: RESP (C. I. Bayly et al., doi:10.1021/j100142a004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.units import Bohr, Hartree

from potash.errors import CalculationFailed
from potash.structures.encoding import decode

#: The hyperbolic restraint of heavy atoms: its strength in either stage, and its tightness (all in atomic units).
STRENGTHS, TIGHTNESS = (0.0005, 0.001), 0.1
#: Charges have come to rest when none moves by more (e), in at most so many rounds.
STILL, ROUNDS = 1e-8, 500


@dataclass(frozen=True)
class Potential:
    """A conformer's potential.

    Attributes
    ----------
    inverse
        One over the distance of each point from each atom, (points, atoms) in 1/bohr.
    values
        The potential at each point, (points,) in Hartree/e.
    """

    inverse: np.ndarray
    values: np.ndarray


def charges(
    results: list[dict[str, Any]], total: float, equivalent: Sequence[int], turning: Sequence[int]
) -> dict[str, Any]:
    """Fit one set of charges to the potentials of all conformers.

    Parameters
    ----------
    results
        Of the task ``electrostatics``, for the same molecule in several shapes.
    total
        The molecule's charge, in e.
    equivalent, turning
        See `structures.equivalence`.

    Returns
    -------
    dict
        ``charges`` (e); ``misfit``: the root mean square of what they miss of the potential, over that of the potential;
        ``conformers``: how many there were.
    """
    seen = [_potential(each) for each in results]
    heavy = np.array([symbol != "H" for symbol in results[0]["atoms"]["symbols"]])
    found = two_stages(seen, total, heavy, equivalent, turning)
    missed = sum(float(((each.values - each.inverse @ found) ** 2).sum()) for each in seen)
    whole = sum(float((each.values**2).sum()) for each in seen)
    return {"charges": found.tolist(), "misfit": float(np.sqrt(missed / whole)), "conformers": len(seen)}


def _potential(result: dict[str, Any]) -> Potential:
    places = decode(result["atoms"]).positions
    apart = np.linalg.norm(np.array(result["points"])[:, None] - places[None], axis=2) / Bohr
    return Potential(1 / apart, np.array(result["values"]) / Hartree)


def two_stages(
    seen: list[Potential], total: float, heavy: np.ndarray, equivalent: Sequence[int], turning: Sequence[int]
) -> np.ndarray:
    """Fit charges in RESP's two stages.

    In the first one methyl and methylene groups are free, other equivalent atoms are alike; in the second one those groups
    are fitted again, under a stronger restraint, their equivalent atoms alike, and all else stays.

    Parameters
    ----------
    seen
        The potential of each conformer.
    total
        The molecule's charge, in e.
    heavy
        (atoms,) True for what is restrained: all but hydrogen.
    equivalent
        Of each atom, the number of its class.
    turning
        The atoms of methyl and methylene groups.

    Returns
    -------
    ndarray
        (atoms,) in e; their sum is exact.
    """
    again = set(turning)
    first: list[list[int]] = _classes(equivalent, [atom for atom in range(len(heavy)) if atom not in again])
    found = fit(seen, total, heavy, [*first, *([atom] for atom in sorted(again))], {}, STRENGTHS[0])
    if again:
        kept = {atom: float(found[atom]) for group in first for atom in group}
        found = fit(seen, total, heavy, _classes(equivalent, sorted(again)), kept, STRENGTHS[1])
    return found


def fit(
    seen: list[Potential],
    total: float,
    heavy: np.ndarray,
    groups: list[list[int]],
    kept: dict[int, float],
    strength: float,
) -> np.ndarray:
    """Fit charges under one restraint (eqns 10 to 14 of doi:10.1021/j100142a004); it counts once for each conformer.

    Parameters
    ----------
    groups
        Atoms that have one charge together; each atom is in one of them or in ``kept``.
    kept
        Charges that stay, by atom.
    strength
        Of the restraint; 0 for none.

    Raises
    ------
    CalculationFailed
        If the charges do not come to rest.
    """
    count = len(heavy)
    alike = np.zeros((count, len(groups)))
    for number, group in enumerate(groups):
        alike[group, number] = 1
    fixed = np.zeros(count)
    fixed[list(kept)] = list(kept.values())
    square = sum((each.inverse.T @ each.inverse for each in seen), np.zeros((count, count)))
    right = alike.T @ (sum((each.inverse.T @ each.values for each in seen), np.zeros(count)) - square @ fixed)
    sums = alike.sum(axis=0)
    last = np.zeros(count)
    for _ in range(ROUNDS):
        pull = np.diag(heavy * len(seen) * strength / np.sqrt(last**2 + TIGHTNESS**2))
        left = alike.T @ (square + pull) @ alike
        whole = np.block([[left, sums[:, None]], [sums[None], np.zeros((1, 1))]])
        solved = np.linalg.solve(whole, np.append(right, total - fixed.sum()))
        found = alike @ solved[:-1] + fixed
        if np.abs(found - last).max() < STILL:
            return found
        last = found
    raise CalculationFailed(f"the charges fitted to the potential did not come to rest in {ROUNDS} rounds")


def _classes(equivalent: Sequence[int], atoms: list[int]) -> list[list[int]]:
    """Put atoms of one class together."""
    found: dict[int, list[int]] = {}
    for atom in atoms:
        found.setdefault(equivalent[atom], []).append(atom)
    return list(found.values())
