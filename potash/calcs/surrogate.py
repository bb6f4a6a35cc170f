"""Bands on a surrogate: a Gaussian process learns from each force call and says where the next one teaches most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.parallel import broadcast, world

from potash.calcs.doubt import in_doubt
from potash.calcs.gaussian import Array
from potash.calcs.known import Known, Learned
from potash.calcs.metric import stiffness
from potash.calcs.path import Path, relax_path, tangent_at
from potash.calcs.relax import largest
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: A computed place counts as the climbing image where no atom is farther from it than this, in Å.
NEAR = 0.15
#: In each relaxation of the band an atom of an image moves at most so far, in Å.
FAR = 0.3
#: On a prior alone an atom of the first path moves at most so far, in Å: farther away it is taken to be wrong.
ASTRAY = 1.0
#: The band relaxes without climbing until its forces are below this, in eV/Å.
ROUGHLY = 0.3
#: A hill lower than this over both ends is an engine's noise, in eV.
HILL = 1e-3
#: More calls than this teach no more: such a band is told as not converged.
MOST = 40
#: Points of the drawn curve a segment.
FINE = 6


@dataclass(frozen=True)
class View:
    """The band as the surrogate sees it after a call.

    Attributes
    ----------
    images, energies, spread, force
        The relaxed band (m + 2, D), its energies and their standard deviations (eV), the largest force of the band.
    top
        The climbing image; the highest one where nothing on the path is higher than both ends.
    saddle
        The call at the climbing image, once its own forces are below the limit.
    ask
        Where the next call teaches most; None where no call is needed.
    curve
        Lengths along the path, with energies and deviations, between the images too.
    """

    images: Array
    energies: Array
    spread: Array
    force: float
    top: int
    saddle: int | None
    ask: Array | None
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

    The first calls are at the ends and the thirds of the path, which a prior has relaxed. After each a Gaussian process is fitted to all energies
    and forces so far, and a climbing-image band is relaxed on it. The next call is at its climbing image, until the
    engine's own forces there are below the limit, or nothing is higher than both ends; then where the path may yet be
    higher, or dips, or is least known. After Koistinen et al. (doi:10.1063/1.4986787) and Garrido Torres et al.
    (doi:10.1103/PhysRevLett.122.156001), with two differences: the process is exact at a cost that hardly grows with
    the atoms (`calcs.gaussian`), and measures distances by how stiff each direction is likely to be (`calcs.metric`).

    Parameters
    ----------
    initial, final
        The relaxed end points, atom by atom in the same order.
    recorder
        Makes the engine.
    options
        ``images``, ``band_force`` (eV/Å), ``band_steps`` (calls, at most, and never more than `MOST`), ``certainty``
        (eV: no point of the path may lie higher than the saddle by more than this, within two standard deviations).
    path
        The first path, end points included; interpolated where none is given.
    prior
        A calculator whose error is learned, instead of the whole energy, and on which the first path is relaxed.

    Returns
    -------
    dict
        As `calcs.band.plain`. End points and saddle are the engine's own numbers; the energies between them are the
        process's, with their standard deviations.
    """
    from potash.calcs.band import first_path

    path = path or first_path(initial, final, options["images"])
    known = Known(initial, recorder(), prior)
    images = broadcast(_begun(known, path, options) if world.rank == 0 else None)
    last = len(images) - 1
    # Not in the middle: where symmetry takes every force there, it may be a minimum between two hills.
    for index in (0, last, *sorted({round(last / 3), round(2 * last / 3)})):
        known.call(images[index])
    scale = stiffness([known.atoms(image) for image in images], known.free)
    view = _look_together(known, images, scale, options)
    while view.ask is not None and len(known.places) < min(MOST, options["band_steps"]):
        known.call(view.ask)
        view = _look_together(known, view.images, scale, options)
    return _told(known, view)


def _begun(known: Known, path: list[Atoms], options: dict[str, Any]) -> Array:
    """Give the first path, relaxed on the prior where there is one: with its highest image climbing."""
    images = np.array([known.place(image) for image in path])
    if known.prior is None:
        return images
    before, after = known.expect(images[[0, -1]])[0]
    found = images
    for climb, limit in ((False, ROUGHLY), (True, options["band_force"])):
        band = Path(known.expect, found, (before, after), climb=climb)
        relax_path(band, limit, ASTRAY, images, lambda at: np.zeros(len(at)))
        found = band.images
    return found


def _look_together(known: Known, images: Array, scale: tuple[Array, Array], options: dict[str, Any]) -> View:
    """Let one process look for all: rounding must not lead the ranks of an engine apart."""
    seen: View = broadcast(_look(known, images, scale, options) if world.rank == 0 else None)
    return seen


def _look(known: Known, images: Array, scale: tuple[Array, Array], options: dict[str, Any]) -> View:
    """Fit, relax the band, and choose the next call."""
    learned = known.learn(scale)
    band = _relaxed(learned, images, (known.energies[0], known.energies[1]), options)
    images, energies, top = band.images.copy(), band.known[0].copy(), band.top
    saddle = _saddle(known, images[top], energies[top], options) if band.climb else None
    if saddle is not None:
        images[top] = known.places[saddle]
        energies[top] = known.energies[saddle]
    spread = np.concatenate([[0.0], learned.spread(images[1:-1]), [0.0]])
    lengths, places = _between(images)
    curve = (lengths, learned.predict(places)[0], learned.spread(places))
    ask: Array | None = images[top]
    if saddle is not None:
        spread[top] = 0.0
    if saddle is not None or not band.climb:
        highest = energies[top] if band.climb else max(band.ends)
        doubt = in_doubt(places, *curve[1:], highest, options["certainty"], np.array(known.places))
        ask = None if doubt is None else places[doubt]
    return View(
        images=images,
        energies=energies,
        spread=spread,
        force=largest(band.forces().reshape(-1, 3)),
        top=top,
        saddle=saddle,
        ask=ask,
        curve=curve,
    )


def _relaxed(learned: Learned, images: Array, ends: tuple[float, float], options: dict[str, Any]) -> Path:
    """Relax the band on what is known: roughly first, then with the highest image climbing, if there is a hill."""
    limit = 0.2 * options["band_force"]
    band = Path(learned.predict, images, ends, climb=False)
    relax_path(band, ROUGHLY, FAR, images, learned.spread)
    hill = learned.predict(_between(band.images)[1])[0].max() > max(ends) + HILL
    band = Path(learned.predict, band.images, ends, climb=bool(hill))
    relax_path(band, limit, FAR, band.images, learned.spread)
    return band


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


def _between(images: Array) -> tuple[Array, Array]:
    """Give points of a smooth path through the images: their lengths along it, and their places."""
    from scipy.interpolate import CubicSpline

    lengths = _lengths(images)
    fine = np.interp(np.linspace(0, len(images) - 1, FINE * (len(images) - 1) + 1), range(len(images)), lengths)
    return fine, CubicSpline(lengths, images)(fine)


def _lengths(images: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(images, axis=0), axis=1))])


def _extrapolated(known: Known, view: View, lengths: Array, at: Array) -> Array:
    """Give what turns the energies that forces derive from into those that the engine prints, along the path, in eV.

    Where an engine smears it prints energies extrapolated to no smearing. The difference is known at the ends and at
    the saddle, and interpolated between.
    """
    calls, stops = ([0, 1], [0, -1]) if view.saddle is None else ([0, view.saddle, 1], [0, view.top, -1])
    extrapolated: Array = np.interp(at, lengths[stops], [known.printed[call] - known.energies[call] for call in calls])
    return extrapolated


def _told(known: Known, view: View) -> dict[str, Any]:
    """Turn the last view into a band's result."""
    top, images = view.top, view.images
    lengths = _lengths(images)
    energies = view.energies + _extrapolated(known, view, lengths, lengths)
    forces: list[float | None] = [None] * len(images)
    moments: list[list[float] | None] = [None] * len(images)
    for image, call in ((0, 0), (-1, 1), (top, view.saddle)):
        if call is not None:
            forces[image], moments[image] = known.force(call), known.moments[call]
    tangent = np.zeros((len(known.base), 3))
    steps = images[top] - images[top - 1], images[top + 1] - images[top]
    tangent[known.free] = tangent_at(*steps, view.energies[top - 1 : top + 2]).reshape(-1, 3)
    path, curve, spread = view.curve
    return {
        "images": [encode(known.atoms(image)) for image in images],
        "energies": energies.tolist(),
        "spread": view.spread.tolist(),
        "distances": lengths.tolist(),
        "curve": {
            "path": path.tolist(),
            "energies": (curve + _extrapolated(known, view, lengths, path)).tolist(),
            "spread": spread.tolist(),
        },
        "forces": forces,
        "moments": moments,
        "band_force": view.force,
        "saddle": top,
        "tangent": tangent.tolist(),
        "rough": known.rough(),
        "converged": view.ask is None,
    }
