"""Climbing-image nudged elastic bands between two relaxed end points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

#: The band relaxes without climbing until its forces are below this, in eV/Å.
CLIMB_BELOW = 0.5


def plain(initial: Atoms, final: Atoms, recorder: Callable[[], Recorder], options: dict[str, Any]) -> dict[str, Any]:
    """Relax a band of images with the improved tangent (doi:10.1063/1.1323224), the highest one climbing.

    The first path is interpolated with image-dependent pair potentials (doi:10.1063/1.4878664).

    Parameters
    ----------
    initial, final
        The relaxed end points, atom by atom in the same order.
    recorder
        Makes one engine an image, so that each image goes on from its own wavefunctions.
    options
        ``images`` between the end points, ``band_force`` (eV/Å) and ``band_steps``.

    Returns
    -------
    dict
        ``images`` (end points included), ``energies`` (eV), ``along`` (the force along the path that passes
        through each image, eV/Å), ``distances`` (path length, Å), ``forces`` (largest one an image, eV/Å),
        ``band_force`` (largest force of the band, eV/Å), ``saddle`` (index), and ``converged``.
    """
    from ase.mep import NEB, interpolate
    from ase.optimize import BFGS

    images = [initial.copy() for _ in range(options["images"] + 1)] + [final.copy()]
    for image in images:
        image.calc = recorder()
    interpolate(images, mic=True, apply_constraint=False)
    band = NEB(images, k=0.1, climb=False, method="improvedtangent")
    band.interpolate(method="idpp", mic=True, apply_constraint=False)
    limit, steps = options["band_force"], options["band_steps"]
    optimiser = BFGS(cast("Atoms", band), logfile=None, maxstep=0.1)
    optimiser.run(fmax=max(limit, CLIMB_BELOW), steps=steps)
    band.climb = True
    converged = bool(optimiser.run(fmax=limit, steps=max(0, steps - optimiser.nsteps)))
    return {**describe(images), "band_force": largest(band.get_forces()), "converged": converged}


def describe(images: list[Atoms]) -> dict[str, Any]:
    """Give what a band's images say: energies, forces, path."""
    from ase.utils.forcecurve import fit_images

    fit = fit_images(images)
    energies = [float(image.get_potential_energy()) for image in images]
    inner = range(1, len(images) - 1)
    return {
        "images": [encode(image) for image in images],
        "energies": energies,
        "distances": [float(s) for s in fit.path],
        "curve": {"path": [float(s) for s in fit.fit_path], "energies": [float(e) for e in fit.fit_energies]},
        "forces": [largest(image.get_forces()) for image in images],
        "saddle": max(inner, key=lambda i: energies[i]),
    }
