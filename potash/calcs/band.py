"""Climbing-image nudged elastic bands between two relaxed end points."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from potash.calcs.calls import Recorder
from potash.calcs.relax import largest, moments_of
from potash.calcs.team import Team
from potash.structures.encoding import encode

if TYPE_CHECKING:
    from ase import Atoms

#: All ranks work on one call after the other.
ALONE = Team()
#: The springs between images, in eV/Å².
SPRINGS = 0.1
#: The band relaxes without climbing until its forces are below this, in eV/Å.
CLIMB_BELOW = 0.5


def first_path(initial: Atoms, final: Atoms, images: int) -> list[Atoms]:
    """Interpolate a path with image-dependent pair potentials (doi:10.1063/1.4878664).

    Returns
    -------
    list of Atoms
        The end points and the images between them. No atom jumps over the cell from one to the next: the last one
        is `final` up to lattice vectors.
    """
    from ase.geometry import find_mic
    from ase.mep import NEB, interpolate

    path = [initial.copy() for _ in range(images + 1)] + [final.copy()]
    interpolate(path, mic=True, apply_constraint=False)
    NEB(path, method="improvedtangent").interpolate(method="idpp", mic=True, apply_constraint=False)
    for before, after in pairwise(path):
        step = after.positions - before.positions
        shifts = before.cell.scaled_positions(find_mic(step, before.cell, before.pbc)[0] - step)
        after.set_positions(after.positions + np.round(shifts) @ before.cell.array, apply_constraint=False)
    return path


def plain(
    initial: Atoms,
    final: Atoms,
    recorder: Callable[[], Recorder],
    options: dict[str, Any],
    team: Team = ALONE,
) -> dict[str, Any]:
    """Relax a band of images with the improved tangent (doi:10.1063/1.1323224), the highest one climbing.

    Parameters
    ----------
    initial, final
        The relaxed end points, atom by atom in the same order.
    recorder
        Makes one engine an image, so that each image goes on from its own wavefunctions.
    options
        ``images`` between the end points, ``band_force`` (eV/Å) and ``band_steps``; ``springs`` (eV/Å²), where the images
        of usual ones lost their order.
    team
        Groups of ranks that call several images at once.

    Returns
    -------
    dict
        ``images`` (end points included), ``energies`` (eV), ``spread`` (the standard deviation of each energy, eV:
        zero where it was computed), ``distances`` (path length, Å), ``curve`` (``path``, ``energies``, ``spread``
        between the images), ``forces`` (largest one an image, eV/Å; None where it was not computed), ``moments`` (of each
        atom, Bohr magnetons; None where there are none, or an image was not computed), ``band_force``
        (largest force of the band, eV/Å), ``saddle`` (index), ``tangent`` there (a unit vector, (N, 3)),
        ``rough`` (eV, see `roughness`; of a surrogate, between its own close calls) and ``converged``.
    """
    from ase.mep import NEB
    from ase.optimize import BFGS

    class Together(NEB):
        """A band whose images are called side by side."""

        def get_forces(self) -> Any:
            # In the order in which one after the other would be asked.
            team.call([self.images[0], self.images[-1], *self.images[1:-1]])
            return super().get_forces()  # type: ignore[no-untyped-call]

    images = first_path(initial, final, options["images"])
    for image in images:
        image.calc = recorder()
    band = Together(images, k=options.get("springs", SPRINGS), climb=False, method="improvedtangent")  # type: ignore[no-untyped-call]
    limit, steps = options["band_force"], options["band_steps"]
    optimiser = BFGS(cast("Atoms", band), logfile=None, maxstep=0.1)
    optimiser.run(fmax=max(limit, CLIMB_BELOW), steps=steps)
    band.climb = True
    converged = bool(optimiser.run(fmax=limit, steps=max(0, steps - optimiser.nsteps)))
    return {**_describe(images), "band_force": largest(band.get_forces()), "converged": converged}


def _describe(images: list[Atoms]) -> dict[str, Any]:
    """Give what a band's images say: energies, forces, path."""
    from ase.utils.forcecurve import fit_images

    from potash.calcs.path import tangent_at

    fit = fit_images(images)
    energies = np.array([image.get_potential_energy() for image in images])
    saddle = 1 + int(np.argmax(energies[1:-1]))
    steps = np.diff([image.positions for image in images], axis=0)
    tangent = tangent_at(steps[saddle - 1], steps[saddle], energies[saddle - 1 : saddle + 2])
    forces = np.array([image.get_forces() for image in images])
    return {
        "images": [encode(image) for image in images],
        "energies": energies.tolist(),
        "spread": [0.0] * len(images),
        "distances": [float(s) for s in fit.path],
        "curve": {
            "path": [float(s) for s in fit.fit_path],
            "energies": (energies[0] + fit.fit_energies).tolist(),
            "spread": [0.0] * len(fit.fit_path),
        },
        "forces": [largest(force) for force in forces],
        "moments": [moments_of(image.calc) for image in images],
        "saddle": saddle,
        "tangent": tangent.tolist(),
        "rough": roughness(steps, energies, forces),
    }


def roughness(steps: Any, energies: Any, forces: Any) -> float:
    """Give the largest part of an energy difference between neighbours that their forces do not explain, in eV.

    Between two images the energy changes by the mean of their forces along the step, up to a term of third order in
    its length. More than that is a jump: from one electronic state to another, say.
    """
    work = np.einsum("iad,iad->i", steps, forces[1:] + forces[:-1]) / 2
    return float(np.abs(np.diff(energies) + work).max())
