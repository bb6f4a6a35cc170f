"""The diffusivity of a carrier on a periodic network of sites, by the rates of its jumps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from potash.analysis.rates import heat
from potash.errors import BadInput

#: A jump and its reverse pass one saddle: how far its two energies may differ, in eV.
SAME = 1e-6
#: How far the prefactors round a closed way may break detailed balance, as a logarithm.
BALANCE = 1e-6
#: 1 Å²/s in cm²/s.
CM2 = 1e-16


class Jump(NamedTuple):
    """A carrier's jump to a site of the network, in one direction.

    Attributes
    ----------
    start, end
        Indices of the sites.
    cell
        The lattice cell that the end lies in, the start being in (0, 0, 0).
    saddle
        The saddle's energy in eV, on the scale of the sites' energies.
    prefactor
        In Hz.
    """

    start: int
    end: int
    cell: tuple[int, int, int]
    saddle: float
    prefactor: float


def diffusivity(
    cell: Any,
    positions: Any,
    energies: Sequence[float],
    jumps: Iterable[Jump | tuple[int, int, tuple[int, int, int], float, float]],
    temperature: float,
) -> np.ndarray:
    r"""Solve the master equation of one carrier on a periodic network of sites: exact, its correlations included.

    With equilibrium occupations $p_i$, rates $k_{ij}$ and jump vectors $\mathbf d_{ij}$,

    $$D = \tfrac12 \sum_{ij} p_i k_{ij}\, \mathbf r_{ij} \otimes \mathbf r_{ij},\qquad
    \mathbf r_{ij} = \mathbf d_{ij} + \boldsymbol\eta_j - \boldsymbol\eta_i,$$

    with $\boldsymbol\eta$ such that D is least. This is the bare sum over $\mathbf d \otimes \mathbf d$ with the
    correction by the pseudo-inverse of the rate matrix of D. R. Trinkle, Philos. Mag. 96, 2714 (2016),
    doi:10.1080/14786435.2016.1212175, written without a difference of large numbers, so that jumps back and forth may
    be faster than those that lead away by any factor.

    Occupations follow the sites' energies, and their vibrations as far as forward and backward prefactors tell them:
    $p_i k_{ij} = p_j k_{ji}$.

    What is given is the diffusivity of the carrier (a vacancy, an interstitial, an adatom) while there are so few that
    they do not meet. An ion's tracer diffusivity is smaller: for vacancies by the fraction of sites that they
    leave empty and the correlation factor of the tracer.

    Parameters
    ----------
    cell
        Lattice vectors (3, 3) in Å.
    positions
        Of the sites (n, 3), in fractions of the cell.
    energies
        Of the sites (n,), in eV.
    jumps
        All jumps that leave the sites, each with its reverse.
    temperature
        In K.

    Returns
    -------
    ndarray
        The tensor (3, 3), in cm²/s.

    Raises
    ------
    BadInput
        If a jump has no reverse over the same saddle, if a saddle lies below a site, or if the prefactors
        break detailed balance.
    """
    warmth = heat(temperature)
    sites, heights = np.asarray(positions, dtype=float), np.asarray(energies, dtype=float)
    ways = _ways([Jump(*jump) for jump in jumps], heights, warmth)
    if not ways:
        return np.zeros((3, 3))
    starts, ends = (np.array([way[key] for way in ways]) for key in (0, 1))
    cells, saddles, there, back = (np.array([way[key] for way in ways], dtype=float) for key in (2, 3, 4, 5))
    differences = _differences(starts, ends, len(heights))
    entropies = _entropies(differences, np.log(there / back))
    # p k of each way, which is that of its reverse: the strength of a spring in a network of springs.
    zero = heights.min()
    occupation = np.exp(entropies - (heights - zero) / warmth).sum()
    strengths = np.log(there / occupation) + entropies[starts] - (saddles - zero) / warmth
    vectors = (sites[ends] - sites[starts] + cells) @ np.asarray(cell, dtype=float)
    relaxed = vectors + differences @ _shifts(differences, vectors, strengths)
    return np.asarray(np.einsum("e,ei,ej->ij", np.exp(strengths) * CM2, relaxed, relaxed))


def mean(tensor: Any, periodic: Any) -> float:
    """Average a diffusivity over the periodic directions: over the plane of a layer, over space in a crystal.

    Parameters
    ----------
    tensor
        As `diffusivity` gives it: nothing leaves a layer, so that its trace is that of the plane.
    periodic
        Whether each of the three directions is periodic.
    """
    return float(np.trace(tensor) / np.count_nonzero(periodic))


Way = tuple[int, int, tuple[int, int, int], float, float, float]


def _ways(jumps: list[Jump], heights: np.ndarray, warmth: float) -> list[Way]:
    """Put each jump together with its reverse, and jumps between the same two places into one.

    Returns
    -------
    list of tuple
        Start, end and its cell, lowest saddle (eV), and for either direction the prefactor that goes with it (Hz).
    """
    found: dict[tuple[int, int, tuple[int, int, int]], list[tuple[float, float]]] = defaultdict(list)
    for jump in jumps:
        if jump.saddle < max(heights[jump.start], heights[jump.end]) - SAME:
            raise BadInput(f"the saddle of the jump from site {jump.start} to {jump.end} lies below one of the two")
        if not jump.prefactor > 0:
            raise BadInput(f"the prefactor of the jump from site {jump.start} to {jump.end} must be greater than 0")
        a, b, c = jump.cell
        found[jump.start, jump.end, (a, b, c)].append((jump.saddle, jump.prefactor))
    ways: list[Way] = []
    for (start, end, cell), there in found.items():
        reverse = (end, start, (-cell[0], -cell[1], -cell[2]))
        back = found.get(reverse, [])
        saddles = [np.sort([saddle for saddle, _ in channels]) for channels in (there, back)]
        if len(there) != len(back) or np.abs(saddles[0] - saddles[1]).max() > SAME:
            raise BadInput(f"the jump from site {start} to {end} in cell {cell} needs its reverse over the same saddle")
        if (start, end, cell) < reverse:
            lowest = float(saddles[0][0])
            sums = [sum(nu * np.exp((lowest - saddle) / warmth) for saddle, nu in part) for part in (there, back)]
            ways.append((start, end, cell, lowest, float(sums[0]), float(sums[1])))
    return ways


def _differences(starts: np.ndarray, ends: np.ndarray, count: int) -> np.ndarray:
    """Give the matrix that takes a quantity of the sites to its differences, end less start, over the ways."""
    rows = np.arange(len(starts))
    matrix = np.zeros((len(starts), count))
    np.add.at(matrix, (rows, ends), 1.0)
    np.add.at(matrix, (rows, starts), -1.0)
    return matrix


def _entropies(differences: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Give the logarithms of the sites' weights that balance every prefactor and its reverse."""
    found = np.linalg.lstsq(differences, ratios, rcond=None)[0]
    if np.abs(differences @ found - ratios).max() > BALANCE:
        raise BadInput("the prefactors of the jumps break detailed balance: round a closed way they must multiply to 1")
    return np.asarray(found)


def _shifts(differences: np.ndarray, vectors: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Move the sites to where the springs between them pull least.

    Parameters
    ----------
    differences
        As `_differences` gives them, (ways, n).
    vectors
        The springs before, (ways, 3).
    strengths
        The logarithms of their constants, (ways,).

    Returns
    -------
    ndarray
        How far each site moves, (n, 3).
    """
    from scipy.linalg import qr, solve_triangular
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    _, parts = connected_components(csr_array(differences.T @ differences))
    # One site of every connected part stays: only differences count.
    free = np.setdiff1d(np.arange(len(parts)), np.unique(parts, return_index=True)[1])
    shifts = np.zeros((len(parts), 3))
    if len(free):
        # Strong springs first, columns pivoted: then QR is stable row by row, however far the strengths spread
        # (N. J. Higham, Accuracy and Stability of Numerical Algorithms, section 19.4, doi:10.1137/1.9780898718027).
        order = np.argsort(-strengths)
        weights = np.exp((strengths[order] - strengths.max()) / 2)[:, None]
        q, r, pivots = qr(weights * differences[order][:, free], mode="economic", pivoting=True)
        shifts[free[pivots]] = solve_triangular(r, -(q.T @ (weights * vectors[order])))
    return shifts
