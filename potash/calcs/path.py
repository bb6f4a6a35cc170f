"""Bands as arrays: tangents, springs and the climbing image, relaxed on any model of the energy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ase.optimize import FIRE
from ase.utils.abc import Optimizable
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Energies (m,) and gradients (m, D) at places (m, D).
Model = Callable[[Array], tuple[Array, Array]]

#: Stiffness of the springs between images, in eV/Å².
SPRING = 1.0
#: Up to this standard deviation the model is trusted anyway, in eV.
TRUSTED = 0.08
#: Steps on the model between two calls.
STEPS = 300


class Path(Optimizable):
    """The inner images of a band between two fixed ends, as ASE's optimisers take it.

    Parameters
    ----------
    model
        Gives energies and gradients of the inner images.
    images
        (m + 2, D), the ends included.
    ends
        The energies of the ends, in eV.
    climb
        Whether the highest image climbs.
    """

    def __init__(self, model: Model, images: Array, ends: tuple[float, float], *, climb: bool) -> None:
        self.model = model
        self.images = images.copy()
        self.ends = ends
        self.climb = climb
        self._known: tuple[Array, Array] | None = None

    @property
    def known(self) -> tuple[Array, Array]:
        """Energies of all images, and gradients of the inner ones."""
        if self._known is None:
            energies, gradients = self.model(self.images[1:-1])
            self._known = np.concatenate([self.ends[:1], energies, self.ends[1:]]), gradients
        return self._known

    @property
    def top(self) -> int:
        """The index of the highest inner image."""
        return 1 + int(np.argmax(self.known[0][1:-1]))

    def forces(self) -> Array:
        """Give the forces of a band with improved tangents (doi:10.1063/1.1323224), (m, D) in eV/Å."""
        energies, gradients = self.known
        steps = np.diff(self.images, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        forces = np.empty_like(gradients)
        for i in range(1, len(self.images) - 1):
            tangent = tangent_at(steps[i - 1], steps[i], energies[i - 1 : i + 2])
            gradient = gradients[i - 1]
            slope = gradient @ tangent
            if self.climb and i == self.top:
                forces[i - 1] = -gradient + 2 * slope * tangent
            else:
                forces[i - 1] = -gradient + (slope + SPRING * (lengths[i] - lengths[i - 1])) * tangent
        return forces

    def ndofs(self) -> int:
        """Give the number of coordinates."""
        return int(self.images[1:-1].size)

    def get_x(self) -> Array:
        """Give the coordinates, flat."""
        return self.images[1:-1].ravel()

    def set_x(self, x: Array) -> None:
        """Take other coordinates."""
        self.images[1:-1] = x.reshape(self.images[1:-1].shape)
        self._known = None

    def get_gradient(self) -> Array:
        """Give what the optimiser brings to zero."""
        return -self.forces().ravel()

    def get_value(self) -> float:
        """Give the highest energy."""
        return float(self.known[0].max())

    def iterimages(self) -> list[object]:
        """Nothing is written while it relaxes."""
        return []


def tangent_at(before: Array, after: Array, energies: Array) -> Array:
    """Give the improved tangent of an image from the steps to its neighbours and the three energies."""
    low, here, high = energies
    if high > here > low:
        tangent = after
    elif high < here < low:
        tangent = before
    else:
        far, near = max(abs(high - here), abs(low - here)), min(abs(high - here), abs(low - here))
        # At a plateau both count the same.
        weights = (1.0, 1.0) if far == 0 else (far, near) if high > low else (near, far)
        tangent = after * weights[0] + before * weights[1]
    norm = np.linalg.norm(tangent)
    unit: Array = tangent / norm if norm > 0 else tangent
    return unit


def relax_path(path: Path, force: float, far: float, start: Array, spread_of: Callable[[Array], Array]) -> None:
    """Relax a path as far as the model may be trusted.

    Parameters
    ----------
    force
        Where it stops, in eV/Å.
    far
        It stops where an atom is farther from `start` than this, in Å.
    start
        The images (m + 2, D) that the last call was chosen from.
    spread_of
        The model's standard deviation at places, in eV: the path stops where it leads to less known places.
    """
    optimiser = FIRE(path, logfile=None, dt=0.1, maxstep=0.1, dtmax=0.5)
    trusted = max(TRUSTED, 1.05 * float(spread_of(path.images[1:-1]).max()))
    for step, _ in enumerate(optimiser.irun(fmax=force, steps=STEPS)):
        moved = (path.images - start).reshape(len(start), -1, 3)
        if np.linalg.norm(moved, axis=2).max() > far:
            break
        if step % 3 == 0 and spread_of(path.images[1:-1]).max() > trusted:
            break
