"""A Gaussian process on energies and forces, exact, whose cost hardly grows with the number of atoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar

Array = NDArray[np.float64]

#: Noise of energies and of gradients, each as a part of the process's own scale.
NOISE = (1e-4, 3e-3)
#: Between which lengths the correlation length is sought, in Å, and what it is thought to be beforehand.
LENGTHS = (0.2, 6.0)
USUAL, SPREAD = 1.0, 0.7


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
        The prior's standard deviation.
    """

    places: Array
    length: float
    scale: float
    energies_at: Array  # weights of the energies, (n,)
    slopes_at: Array  # weights of the gradients, (n, D)
    basis: Array
    inner: tuple[Array, bool]
    outer: tuple[Array, bool]
    mean: float
    likelihood: float

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
        basis = _span(places)

        def lost(logarithm: float) -> float:
            made = cls.given(places, energies, gradients, float(np.exp(logarithm)), basis, above)
            return -made.likelihood + 0.5 * ((logarithm - np.log(USUAL)) / SPREAD) ** 2

        grid = np.linspace(*np.log(LENGTHS), 12)
        start = int(np.argmin([lost(value) for value in grid]))
        around = (grid[max(0, start - 1)], grid[min(len(grid) - 1, start + 1)])
        best = minimize_scalar(lost, bounds=around, method="bounded", options={"xatol": 0.02})
        return cls.given(places, energies, gradients, float(np.exp(best.x)), basis, above)

    @classmethod
    def given(
        cls, places: Array, energies: Array, gradients: Array, length: float, basis: Array, above: float = 0.0
    ) -> Gaussian:
        """Condition on the data with a given correlation length."""
        count, dimension = places.shape
        rank = basis.shape[1]
        mean = float(energies.max()) + above
        kernel = np.exp(-0.5 * _squares(places, places) / length**2)
        seen = (places - places[0]) @ basis
        coupled = _coupled(seen, kernel, length)
        coupled[np.diag_indices(count)] += NOISE[0] ** 2
        slopes = np.arange(count, count * (1 + rank))
        coupled[slopes, slopes] += (NOISE[1] / length) ** 2
        inner = cho_factor(coupled, lower=True)
        apart = kernel / length**2
        apart[np.diag_indices(count)] += (NOISE[1] / length) ** 2
        outer = cho_factor(apart, lower=True)

        within = gradients @ basis
        values = np.concatenate([energies - mean, within.ravel()])
        weights = cho_solve(inner, values)
        rest = gradients - within @ basis.T
        rest_weights = cho_solve(outer, rest)
        total = count * (1 + dimension)
        scale2 = float(values @ weights + np.sum(rest * rest_weights)) / total
        logs = np.log(np.diag(inner[0])).sum() + (dimension - rank) * np.log(np.diag(outer[0])).sum()
        slopes_at = weights[count:].reshape(count, rank) @ basis.T + rest_weights
        return cls(
            places, length, np.sqrt(scale2), weights[:count], slopes_at, basis, inner, outer, mean,
            float(-0.5 * total * np.log(scale2) - logs),
        )  # fmt: skip

    def predict(self, at: Array) -> tuple[Array, Array]:
        """Give the mean of energies (m,) and gradients (m, D) at places (m, D)."""
        steps = at[:, None, :] - self.places[None, :, :]
        kernel = np.exp(-0.5 * np.einsum("mnd,mnd->mn", steps, steps) / self.length**2)
        along = np.einsum("mnd,nd->mn", steps, self.slopes_at) / self.length**2
        energies = np.einsum("mn,mn->m", kernel, self.energies_at + along)
        pull = kernel * (self.energies_at + along) / self.length**2
        gradients = (kernel / self.length**2) @ self.slopes_at - np.einsum("mn,mnd->md", pull, steps)
        return energies + self.mean, gradients

    def spread(self, at: Array) -> Array:
        """Give the standard deviation of the energies at places (m, D), in eV."""
        count = len(self.places)
        seen = (self.places - self.places[0]) @ self.basis
        here = (at - self.places[0]) @ self.basis
        aside = at - self.places[0] - here @ self.basis.T
        beside = np.einsum("md,md->m", aside, aside)
        steps = here[:, None, :] - seen[None, :, :]
        kernel = np.exp(-0.5 * (np.einsum("mnr,mnr->mn", steps, steps) + beside[:, None]) / self.length**2)
        slopes = (kernel / self.length**2)[:, :, None] * steps
        row = np.concatenate([kernel, slopes.reshape(len(at), count * self.basis.shape[1])], axis=1)
        known = np.einsum("mk,km->m", row, cho_solve(self.inner, row.T))
        side = kernel / self.length**2
        known += beside * np.einsum("mn,nm->m", side, cho_solve(self.outer, side.T))
        spread: Array = self.scale * np.sqrt(np.maximum(0.0, 1.0 - known))
        return spread


def _squares(one: Array, other: Array) -> Array:
    steps = one[:, None, :] - other[None, :, :]
    squares: Array = np.einsum("ijd,ijd->ij", steps, steps)
    return squares


def _span(places: Array) -> Array:
    """Give an orthonormal basis of the differences of the places, (D, rank)."""
    _, values, vectors = np.linalg.svd(places[1:] - places[0], full_matrices=False)
    kept: Array = vectors[values > 1e-8 * max(1.0, values.max(initial=0.0))].T
    return kept


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
