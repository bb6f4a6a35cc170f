"""Minima with few force calls: a Gaussian process learns from each one, and the next is made at its minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase.parallel import broadcast, world
from scipy.optimize import minimize

from potash.calcs.gaussian import Array
from potash.calcs.known import Known, Learned
from potash.calcs.metric import stiffness
from potash.calcs.path import TRUSTED

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.calls import Recorder
    from potash.calcs.folding import Group

#: From the lowest call to the next one an atom moves at most so far, in Å.
FAR = 0.3
#: The process's minimum is found down to this part of the limit of forces.
FINELY = 0.1
#: No more calls are fitted than these, the last ones.
FITTED = 30
#: After so many calls the stiffness of directions is judged again, where the atoms are by then.
AGAIN = 8


def descend(
    atoms: Atoms, recorder: Recorder, force: float, steps: int, group: Group | None = None
) -> tuple[Known, int]:
    """Go down to a minimum.

    Like ASE's GPMin (doi:10.1103/PhysRevB.100.104103), with the process of the bands: exact at any number of atoms, in
    coordinates in which stiff and soft directions are alike (`calcs.metric`). Calls on record all teach, so that a run
    that was stopped goes on wherever it is started again.

    Parameters
    ----------
    atoms
        Where to start; atoms that are fixed stay.
    recorder
        The engine.
    force
        The largest force that may be left on a free atom, in eV/Å.
    steps
        Calls after the first, at most.
    group
        Operations that the start has, and that are kept.

    Returns
    -------
    tuple
        All calls, and the index of the lowest: a minimum where its forces are below the limit.
    """
    known = Known(atoms, recorder, None)
    for frame in recorder.log.in_cell(atoms):
        known.call(known.place(frame))
    if not known.places:
        known.call(known.place(atoms))
    while known.force(lowest := int(np.argmin(known.energies))) >= force and len(known.places) <= steps:
        found: Array = broadcast(_next(known, lowest, force) if world.rank == 0 else None)
        known.call(found if group is None else _symmetric(known, atoms, found, group))
    return known, lowest


def _symmetric(known: Known, start: Atoms, place: Array, group: Group) -> Array:
    """Undo what rounding broke of the start's symmetry."""
    moved = known.atoms(place)
    moved.set_positions(start.positions + group.symmetric(moved.positions - start.positions), apply_constraint=False)
    return known.place(moved)


def _next(known: Known, lowest: int, force: float) -> Array:
    """Fit the last calls, and go downhill from the lowest of all."""
    around = (len(known.places) // AGAIN) * AGAIN
    middle = int(np.argmin(known.energies[: max(1, around)]))
    scale = stiffness([known.atoms(known.places[middle])], known.free)
    recent = known.last(FITTED)
    return _downhill(recent.learn(scale), scale, known.places[lowest], FINELY * force)


def _downhill(learned: Learned, scale: tuple[Array, Array], start: Array, force: float) -> Array:
    """Minimise the process as far as it may be trusted."""
    stretch, shrink = scale
    reached = start

    def energy(stretched: Array) -> tuple[float, Array]:
        energies, gradients = learned.predict((stretched @ shrink)[None])
        return float(energies[0]), gradients[0] @ shrink

    def follow(stretched: Array) -> None:
        nonlocal reached
        step = stretched @ shrink - start
        moved = float(np.linalg.norm(step.reshape(-1, 3), axis=1).max())
        first = reached is start
        reached = start + step * min(1.0, FAR / moved)
        if moved > FAR or (not first and learned.spread(reached[None])[0] > TRUSTED):
            raise StopIteration

    options = {"gtol": force, "ftol": 0.0, "maxiter": 100}
    minimize(energy, start @ stretch, jac=True, method="L-BFGS-B", callback=follow, options=options)
    return reached
