"""A Gaussian process on energies and forces, exact, whose cost hardly grows with the number of atoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize_scalar

Array = NDArray[np.float64]

#: Noise of energies (eV) and of gradients (eV/Å); at least so small a part of the process's own scale as keeps it solvable.
NOISE = (1e-4, 3e-3)
SOLVABLE = 1e-5
#: Between which lengths the correlation length is sought, in Å, at how many first, and what it is thought to be.
LENGTHS, FIRST = (0.1, 6.0), 9
USUAL, SPREAD = 1.0, 0.7
#: The least standard deviation beforehand, in eV: data without any error (of a perfect prior) leave some doubt.
LEAST = 1e-3


@dataclass(frozen=True)
class Gaussian:
    """The posterior of a Gaussian process with a squared-exponential kernel, given energies and gradients.

    Of the gradients only the parts within the span of the data's differences are coupled to the energies; each
    direction orthogonal to that span has the same small matrix. So n calls of D coordinates cost O(n⁶ + n²D), not
    O(n³D³), and nothing is left out (the same structure is used by de Roos, Gessner and Hennig, arXiv:2102.07542).

    Attributes
    ----------
    places
        Where the function is known, (n, D).
    length
        The correlation length.
    scale
        The prior's standard deviation, by the energies and the gradients within the span, if that is more than by all:
        for the energies along a path it would be too small with the many directions across, where little happens.
    mean
        The prior's mean.
    likelihood
        The logarithm of the marginal likelihood, up to a constant.
    """

    places: Array
    length: float
    scale: float
    mean: float
    likelihood: float
    energies_at: Array  # weights of the energies, (n,)
    slopes_at: Array  # weights of the gradients, (n, D)
    basis: Array  # of the span, (D, r)
    inner: Array  # Cholesky factor of the energies and of the gradients within the span, (n(1 + r), n(1 + r))
    outer: Array  # Cholesky factor of the gradients along any direction orthogonal to it, (n, n)

    @classmethod
    def fit(cls, places: Array, energies: Array, gradients: Array, above: float = 0.0) -> Gaussian:
        """Find the correlation length by the marginal likelihood, the scale with it, and condition on the data.

        Parameters
        ----------
        places
            (n, D), in Å.
        energies
            (n,), in eV, less the prior.
        gradients
            (n, D), in eV/Å, less the prior's.
        above
            How far the mean, where nothing is known, lies above the highest energy, in eV.
        """
        basis = span(places)

        def lost(logarithm: float) -> float:
            made = cls.given(places, energies, gradients, float(np.exp(logarithm)), basis, above)
            return -made.likelihood + 0.5 * float((logarithm - np.log(USUAL)) / SPREAD) ** 2

        grid = np.linspace(np.log(LENGTHS[0]), np.log(LENGTHS[1]), FIRST)
        start = int(np.argmin([lost(value) for value in grid]))
        around = (grid[max(0, start - 1)], grid[min(FIRST - 1, start + 1)])
        best = minimize_scalar(lost, bounds=around, method="bounded", options={"xatol": 0.02})
        return cls.given(places, energies, gradients, float(np.exp(best.x)), basis, above)

    @classmethod
    def given(
        cls, places: Array, energies: Array, gradients: Array, length: float, basis: Array, above: float = 0.0
    ) -> Gaussian:
        """Condition on the data with a given correlation length; `basis` as `span` gives it."""
        made = cls._given(places, energies, gradients, length, basis, above, 1.0)
        return cls._given(places, energies, gradients, length, basis, above, made.scale)

    @classmethod
    def _given(
        cls, places: Array, energies: Array, gradients: Array, length: float, basis: Array, above: float, guess: float
    ) -> Gaussian:
        """Condition with noises relative to a guess of the scale."""
        count, dimension = places.shape
        rank = basis.shape[1]
        mean = float(energies.max()) + above
        small = max(NOISE[0] / guess, SOLVABLE)
        noise = max(NOISE[1] / guess, SOLVABLE) ** 2
        kernel = np.exp(-0.5 * _squares(places, places) / length**2)
        coupled = _coupled((places - places[0]) @ basis, kernel, length)
        coupled[np.diag_indices(len(coupled))] += np.repeat([small**2, noise], [count, count * rank])
        inner = cholesky(coupled, lower=True, overwrite_a=True, check_finite=False)
        outer = cholesky(kernel / length**2 + noise * np.eye(count), lower=True)

        within = gradients @ basis
        values = np.concatenate([energies - mean, within.ravel()])
        weights = cho_solve((inner, True), values)
        rest = gradients - within @ basis.T
        rest_weights = cho_solve((outer, True), rest)
        total = count * (1 + dimension)
        misfit = float(values @ weights + np.sum(rest * rest_weights))
        scale2 = max(misfit / total, LEAST**2)
        logs = np.log(np.diag(inner)).sum() + (dimension - rank) * np.log(np.diag(outer)).sum()
        likelihood = float(-0.5 * (misfit / scale2 + total * np.log(scale2)) - logs)
        slopes_at = weights[count:].reshape(count, rank) @ basis.T + rest_weights
        scale = float(np.sqrt(max(values @ weights / len(values), scale2)))
        return cls(places, length, scale, mean, likelihood, weights[:count], slopes_at, basis, inner, outer)

    def predict(self, at: Array) -> tuple[Array, Array]:
        """Give the mean of energies (m,) and gradients (m, D) at places (m, D)."""
        steps = at[:, None, :] - self.places[None, :, :]
        kernel = np.exp(-0.5 * np.einsum("mnd,mnd->mn", steps, steps) / self.length**2)
        along = np.einsum("mnd,nd->mn", steps, self.slopes_at) / self.length**2
        pull = kernel * (self.energies_at + along)
        gradients = kernel @ self.slopes_at - np.einsum("mn,mnd->md", pull, steps)
        return pull.sum(axis=1) + self.mean, gradients / self.length**2

    def spread(self, at: Array) -> Array:
        """Give the standard deviation of the energies at places (m, D), in eV."""
        seen = (self.places - self.places[0]) @ self.basis
        here = (at - self.places[0]) @ self.basis
        aside = at - self.places[0] - here @ self.basis.T
        beside = np.einsum("md,md->m", aside, aside)
        steps = here[:, None, :] - seen[None, :, :]
        kernel = np.exp(-0.5 * (np.einsum("mnr,mnr->mn", steps, steps) + beside[:, None]) / self.length**2)
        side = kernel / self.length**2
        row = np.concatenate([kernel, (side[:, :, None] * steps).reshape(len(at), -1)], axis=1)
        known = _squared(self.inner, row) + beside * _squared(self.outer, side)
        spread: Array = self.scale * np.sqrt(np.maximum(0.0, 1.0 - known))
        return spread


def span(places: Array) -> Array:
    """Give an orthonormal basis of the differences of the places, (D, rank)."""
    _, values, vectors = np.linalg.svd(places[1:] - places[0], full_matrices=False)
    kept: Array = vectors[values > 1e-8 * max(1.0, values.max(initial=0.0))].T
    return kept


def _squares(one: Array, other: Array) -> Array:
    steps = one[:, None, :] - other[None, :, :]
    squares: Array = np.einsum("ijd,ijd->ij", steps, steps)
    return squares


def _squared(factor: Array, rows: Array) -> Array:
    """Give x K⁻¹ x of each row x, from the Cholesky factor of K."""
    solved = solve_triangular(factor, rows.T, lower=True, check_finite=False)
    squared: Array = np.einsum("km,km->m", solved, solved)
    return squared


def _coupled(seen: Array, kernel: Array, length: float) -> Array:
    """Give the covariance of the energies and of the gradients within the span, for a scale of 1."""
    count, rank = seen.shape
    steps = (seen[:, None, :] - seen[None, :, :]) / length
    matrix = np.empty((count * (1 + rank), count * (1 + rank)))
    matrix[:count, :count] = kernel
    # cov(E(x), dE/dx') = k (x - x')/l²
    mixed = (kernel[:, :, None] * steps / length).reshape(count, count * rank)
    matrix[:count, count:] = mixed
    matrix[count:, :count] = mixed.T
    block = np.eye(rank) - steps[:, :, :, None] * steps[:, :, None, :]
    block *= kernel[:, :, None, None] / length**2
    matrix[count:, count:] = block.transpose(0, 2, 1, 3).reshape(count * rank, count * rank)
    return matrix
