"""Bands on a surrogate: a Gaussian process learns from each force call and says where the next one teaches most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.parallel import broadcast, world

from potash.calcs.gaussian import Array, Gaussian
from potash.calcs.metric import stiffness
from potash.calcs.path import Model, Path, relax_path, tangent_at
from potash.calcs.relax import largest
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: The path's energies between the computed ones must be known within this, in eV: so a hidden minimum shows.
SURE = 0.05
#: What is unknown is taken to lie so high above the highest known energy, in eV: paths keep near what is known.
ABOVE = 2.0
#: A computed place counts as the climbing image where no atom is farther from it than this, in Å.
NEAR = 0.15
#: An atom of an image moves at most so far between two calls, in Å.
FAR = 0.3
#: Points of the drawn curve a segment.
FINE = 6


@dataclass
class Known:
    """What the force calls so far tell.

    Attributes
    ----------
    base
        A structure whose free atoms are moved about.
    engine
        The calculator whose barrier is sought.
    prior
        A cheaper one whose error alone is learned, or None.
    """

    base: Atoms
    engine: Calculator
    prior: Calculator | None
    free: Array = field(init=False)
    places: list[Array] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    gradients: list[Array] = field(default_factory=list)
    printed: list[float] = field(default_factory=list)
    missed: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        frozen = {int(i) for fix in self.base.constraints for i in fix.get_indices()}
        self.free = np.array([i for i in range(len(self.base)) if i not in frozen])

    def place(self, atoms: Atoms) -> Array:
        """Give the coordinates of the free atoms, flat."""
        place: Array = atoms.positions[self.free].ravel()
        return place

    def atoms(self, place: Array) -> Atoms:
        """Build the structure at a place."""
        atoms = self.base.copy()
        positions = atoms.positions.copy()
        positions[self.free] = place.reshape(-1, 3)
        atoms.set_positions(positions, apply_constraint=False)
        return atoms

    def call(self, place: Array, expected: float = np.inf) -> None:
        """Ask the engine, and keep by how much the model missed the energy."""
        energy, gradient, printed = self._ask(self.engine, place)
        self.places.append(place.copy())
        self.energies.append(energy)
        self.gradients.append(gradient)
        self.printed.append(printed)
        self.missed.append(abs(expected - energy))

    def _ask(self, calculator: Calculator, place: Array) -> tuple[float, Array, float]:
        """Give the energy that the forces derive from, its gradient, and the energy that is printed."""
        atoms = self.atoms(place)
        atoms.set_constraint()
        atoms.calc = calculator
        printed = float(atoms.get_potential_energy())
        gradient = -atoms.get_forces()[self.free].ravel()
        return float(calculator.results.get("free_energy", printed)), gradient, printed

    def force(self, index: int) -> float:
        """Give the largest force on a free atom in a call, in eV/Å."""
        return largest(self.gradients[index].reshape(-1, 3))

    def learn(self, scale: tuple[Array, Array]) -> tuple[Model, Callable[[Array], Array]]:
        """Fit the Gaussian process; give energies with gradients, and standard deviations, at any places."""
        stretch, shrink = scale
        priors = [self._prior(place) for place in self.places]
        process = Gaussian.fit(
            np.array(self.places) @ stretch,
            np.array([energy - prior[0] for energy, prior in zip(self.energies, priors, strict=True)]),
            np.array([slope - prior[1] for slope, prior in zip(self.gradients, priors, strict=True)]) @ shrink,
            above=ABOVE if self.prior is None else 0.0,
        )

        def model(at: Array) -> tuple[Array, Array]:
            energies, gradients = process.predict(at @ stretch)
            gradients = gradients @ stretch
            if self.prior is not None:
                added = [self._prior(place) for place in at]
                energies = energies + [energy for energy, _ in added]
                gradients = gradients + [gradient for _, gradient in added]
            return energies, gradients

        return model, lambda at: process.spread(at @ stretch)

    def _prior(self, place: Array) -> tuple[float, Array]:
        if self.prior is None:
            return 0.0, np.zeros_like(place)
        return self._ask(self.prior, place)[:2]


@dataclass(frozen=True)
class View:
    """The band as the surrogate sees it after a call.

    Attributes
    ----------
    images, energies, spread, force
        The relaxed band (m + 2, D), its energies and their standard deviations (eV), the largest force of the band.
    top
        The climbing image.
    saddle
        The call at the climbing image, once its own forces are below the limit.
    ask
        Where the next call teaches most; None where no call is needed.
    expected
        The energy that the model expects there.
    curve
        Places between the images, with energies and deviations.
    """

    images: Array
    energies: Array
    spread: Array
    force: float
    top: int
    saddle: int | None
    ask: Array | None
    expected: float
    curve: tuple[Array, Array, Array]


def surrogate(
    initial: Atoms,
    final: Atoms,
    recorder: Callable[[], Calculator],
    options: dict[str, Any],
    path: list[Atoms] | None = None,
    prior: Calculator | None = None,
) -> dict[str, Any]:
    """Find the minimum-energy path with few force calls, all but the saddle's own on a model that they teach.

    After each call a Gaussian process is fitted to all energies and forces so far, and a climbing-image band is
    relaxed on it. The next call is at its climbing image, until the engine's own forces there are below the limit;
    then where another image could yet be higher, or is least known. After Koistinen et al. (doi:10.1063/1.4986787)
    and Garrido Torres et al. (doi:10.1103/PhysRevLett.122.156001), with two differences: the process is exact at a
    cost that hardly grows with the atoms (`calcs.gaussian`), and measures distances by how stiff each direction is
    likely to be (`calcs.metric`).

    Parameters
    ----------
    initial, final
        The relaxed end points, atom by atom in the same order.
    recorder
        Makes the engine.
    options
        ``images``, ``band_force`` (eV/Å), ``band_steps`` (calls, at most), ``certainty`` (eV: no image may lie higher
        than the saddle by more than this, within two standard deviations).
    path
        The first path, end points included; interpolated where none is given.
    prior
        A calculator whose error is learned, instead of the whole energy.

    Returns
    -------
    dict
        As `calcs.band.plain`. End points and saddle are the engine's own numbers; the energies between them are the
        process's, with their standard deviations.
    """
    from potash.calcs.band import first_path

    path = path or first_path(initial, final, options["images"])
    known = Known(initial, recorder(), prior)
    images = np.array([known.place(image) for image in path])
    for index in (0, len(images) - 1, len(images) // 2):
        known.call(images[index])
    scale = stiffness(path, known.free)
    view = _agreed(lambda: _look(known, images, scale, options))
    while view.ask is not None and len(known.places) < options["band_steps"]:
        known.call(view.ask, view.expected)
        before = view.images
        view = _agreed(lambda: _look(known, before, scale, options))
    return _told(known, view)


def _agreed(look: Callable[[], View]) -> View:
    """Let one process look for all: rounding must not lead the ranks of an engine apart."""
    seen: View = broadcast(look() if world.rank == 0 else None)
    return seen


def _look(known: Known, images: Array, scale: tuple[Array, Array], options: dict[str, Any]) -> View:
    """Fit, relax the band, and choose the next call."""
    model, spread_of = known.learn(scale)
    limit, sure = options["band_force"], options["certainty"]
    ends = (known.energies[0], known.energies[1])
    start = images
    for climb, force in ((False, 0.3), (True, 0.2 * limit)):
        band = Path(model, images, ends, climb=climb)
        relax_path(band, force, FAR, start, spread_of)
        images = band.images
    energies, top = band.known[0].copy(), band.top
    force = largest(band.forces().reshape(-1, 3))
    saddle = _saddle(known, images[top], energies[top], options)
    if saddle is not None:
        images[top] = known.places[saddle]
        energies[top] = known.energies[saddle]
    spread = np.concatenate([[0.0], spread_of(images[1:-1]), [0.0]])
    chosen: int | None = top
    if saddle is not None:
        spread[top] = 0.0
        risk = energies + 2 * spread - energies[top] - sure
        risk[[0, top, -1]] = -np.inf
        unsure = int(np.argmax(risk)) if risk.max() > 0 else int(np.argmax(spread))
        chosen = unsure if risk.max() > 0 or spread.max() > SURE else None
    ask, expected = (None, np.nan) if chosen is None else (images[chosen], float(energies[chosen]))
    curve = _curve(images, model, spread_of)
    return View(images, energies, spread, force, top, saddle, ask, expected, curve)


def _saddle(known: Known, place: Array, energy: float, options: dict[str, Any]) -> int | None:
    """Find the call that was made at the climbing image and found no force there."""
    found = [
        index
        for index in range(2, len(known.places))
        if known.force(index) < options["band_force"]
        and largest((known.places[index] - place).reshape(-1, 3)) < NEAR
        and abs(known.energies[index] - energy) < options["certainty"]
    ]
    return max(found, key=lambda index: known.energies[index]) if found else None


def _curve(images: Array, model: Model, spread_of: Callable[[Array], Array]) -> tuple[Array, Array, Array]:
    """Give the path's length, energies and their deviations between the images."""
    from scipy.interpolate import CubicSpline

    lengths = _lengths(images)
    fine = np.interp(np.linspace(0, len(images) - 1, FINE * (len(images) - 1) + 1), range(len(images)), lengths)
    at = CubicSpline(lengths, images)(fine)
    return fine, model(at)[0], spread_of(at)


def _lengths(images: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(images, axis=0), axis=1))])


def _told(known: Known, view: View) -> dict[str, Any]:
    """Turn the last view into a band's result."""
    top, images = view.top, view.images
    # The engine's printed energies, where it was asked; the model's are those that forces derive from.
    energies = view.energies + (known.printed[0] - known.energies[0])
    energies[0], energies[-1] = known.printed[:2]
    forces: list[float | None] = [None] * len(images)
    forces[0], forces[-1] = known.force(0), known.force(1)
    if view.saddle is not None:
        energies[top], forces[top] = known.printed[view.saddle], known.force(view.saddle)
    tangent = np.zeros((len(known.base), 3))
    steps = images[top] - images[top - 1], images[top + 1] - images[top]
    tangent[known.free] = tangent_at(*steps, view.energies[top - 1 : top + 2]).reshape(-1, 3)
    path, curve, spread = view.curve
    return {
        "images": [encode(known.atoms(image)) for image in images],
        "energies": energies.tolist(),
        "spread": view.spread.tolist(),
        "distances": _lengths(images).tolist(),
        "curve": {
            "path": path.tolist(),
            "energies": (curve + (known.printed[0] - known.energies[0])).tolist(),
            "spread": spread.tolist(),
        },
        "forces": forces,
        "band_force": view.force,
        "saddle": top,
        "tangent": tangent.tolist(),
        "rough": known.missed[-1 if view.saddle is None else view.saddle],
        "converged": view.ask is None,
    }
