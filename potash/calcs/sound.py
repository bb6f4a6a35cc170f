"""Whether what an engine or a task gave can be true at all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.calculation import Calculation
from potash.calcs.faults import failed
from potash.structures.encoding import decode

if TYPE_CHECKING:
    from ase import Atoms

#: No two atoms that belong together push each other harder, in eV/Å.
HARD = 1000.0
#: A cell whose height along a vector shrinks or grows by more than this factor is not the one that was asked about.
SHRUNK = 2.5
#: Where the angle between two steps along a path has a cosine below this, it turns back.
BACK = -0.8
#: Steps shorter than this part of the longest say nothing of the way.
SHORT = 0.05


def check_call(atoms: Atoms, results: dict[str, Any]) -> None:
    """Refuse a call whose numbers are none, or whose forces no structure has.

    Raises
    ------
    CalculationFailed
        Naming the two atoms that are closest.
    """
    if not all(np.isfinite(value).all() for value in results.values()):
        raise failed("F018", where=_closest(atoms))
    force = float(np.linalg.norm(results["forces"], axis=1).max(initial=0.0))
    if force > HARD:
        raise failed("F019", said=f"a force of {force:.3g} eV/Å{_closest(atoms)}")


def check_cell(before: Any, after: Any) -> None:
    """Refuse a cell (3, 3) that is no longer the one (Å) that a relaxation began with."""
    heights = zip(_heights(before), _heights(after), strict=True)
    for axis, (old, new) in enumerate(heights, start=1):
        if not 1 / SHRUNK < new / old < SHRUNK:
            raise failed("F020", axis=axis, before=old, after=new)


def check_result(calculation: Calculation, result: dict[str, Any]) -> None:
    """Refuse a geometry that another optimiser may yet relax, and a band whose images are in no order."""
    options = calculation.options
    relaxed = calculation.task in ("relax", "cell", "quench") or options.get("relax", False)
    if relaxed and not result["converged"] and options["steps"] > 0 and "optimiser" not in options:
        raise failed("F022", force=result["force"])
    if (image := turning([decode(plain) for plain in result.get("images", [])])) is not None:
        raise failed("F023", image=image)


def turning(images: list[Atoms]) -> int | None:
    """Find the image at which a path turns back on itself; None where it leads on."""
    steps = [(after.positions - before.positions).ravel() for before, after in pairwise(images)]
    lengths = [float(np.linalg.norm(step)) for step in steps]
    least = SHORT * max(lengths, default=0.0)
    for number, (one, two) in enumerate(pairwise(steps), start=1):
        around = lengths[number - 1 : number + 1]
        if min(around) > least and one @ two < BACK * around[0] * around[1]:
            return number
    return None


def _heights(cell: Any) -> list[float]:
    vectors = np.asarray(cell, dtype=float)
    normals = np.cross(np.roll(vectors, -1, axis=0), np.roll(vectors, -2, axis=0))
    volume = abs(float(np.linalg.det(vectors)))
    return [volume / max(float(np.linalg.norm(normal)), 1e-12) for normal in normals]


def _closest(atoms: Atoms) -> str:
    """Name the two atoms that are closest to each other."""
    if len(atoms) < 2:
        return ""
    distances = atoms.get_all_distances(mic=True)
    np.fill_diagonal(distances, np.inf)
    first, second = np.unravel_index(int(distances.argmin()), distances.shape)
    symbols = atoms.get_chemical_symbols()
    pair = " and ".join(f"{symbols[number]} (atom {number})" for number in (first, second))
    return f"; the closest atoms, {pair}, are {distances[first, second]:.2f} Å apart"
