"""How far a barrier moves with denser k-points, a higher cutoff, a larger cell: single points at end point and saddle."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from jobflow import Job, job

from potash.analysis.barrier import has_saddle
from potash.calcs.engine import Sort, protocol
from potash.structures.encoding import Plain, decode, encode
from potash.studies.hopping import BarrierStudy, NetworkStudy
from potash.workflows.bench import Bench
from potash.workflows.ground import own_settings
from potash.workflows.jobs import perform

if TYPE_CHECKING:
    from ase import Atoms

#: Denser k-points: so many times the divisions.
DENSER = 1.5
#: A higher cutoff: so many times.
HIGHER = 1.25


def shifts(bench: Bench, crossing: Any, host: Any | None, label: str) -> list[Job]:
    """Make one job for each setting that the engine has, and one for the larger cell."""
    study = bench.study
    assert isinstance(study, BarrierStudy | NetworkStudy)
    sort: Sort = "slab" if study.mechanism == "adatom" else "crystal"
    own = own_settings(study)
    now = {**protocol(bench.engine, bench.protocol, sort), **bench.settings, **own}
    recipes: list[tuple[str, dict[str, Any], str | None]] = []
    if "kpoints" in own or "spacing" in now:
        recipes.append(("denser k-points", {}, "kpoints"))
    if "cutoff" in now and now.get("mode", "pw") == "pw":
        recipes.append(("higher cutoff", {"cutoff": HIGHER * now["cutoff"]}, None))
    if host is not None:
        recipes.append(("larger cell", {}, "cell"))
    made = []
    for name, changed, how in recipes:
        recipe = bench.recipe("relax", {**own, **changed}, steps=0)
        # A spacing in the protocol is the engine's to divide by; divisions that are given are ours.
        one = shift(recipe, crossing, name, how, host if how == "cell" else None, f"{bench.name}: {label}", now)
        one.name = f"{label}: {name}"
        made.append(one)
    return made


@job
def shift(
    recipe: dict[str, Any],
    crossing: dict[str, Any],
    name: str,
    how: str | None,
    host: Plain | None,
    label: str,
    now: dict[str, Any],
) -> dict[str, Any] | None:
    """Compute the barrier once more with another setting, at the same structures."""
    band = crossing["band"]
    if not has_saddle(band):
        return None
    structures = [band["images"][0], band["images"][band["saddle"]]]
    settings = dict(recipe["settings"])
    if host is not None:
        axis = _short(host)
        structures = larger(structures, host, axis)
        if "kpoints" in now:
            settings["kpoints"] = [ceil(n / 2) if i == axis else n for i, n in enumerate(now["kpoints"])]
    elif how == "kpoints":
        settings |= denser(decode(structures[0]), now)
    recipe = {**recipe, "settings": settings}
    results = [
        perform(recipe, [structure], f"{label}: {name}, {where}")
        for structure, where in zip(structures, ("end point", "saddle"), strict=True)
    ]
    before = band["energies"][band["saddle"]] - band["energies"][0]
    return {"name": name, "shift": results[1]["energy"] - results[0]["energy"] - before, "results": results}


def denser(atoms: Atoms, now: dict[str, Any]) -> dict[str, Any]:
    """Give denser divisions of k-points than those that settings give, or that follow from their spacing."""
    from potash.calcs.engine import kpoints

    have = now.get("kpoints") or kpoints(atoms, now["spacing"])
    return {
        "kpoints": [
            ceil(DENSER * count) if periodic else count for count, periodic in zip(have, atoms.pbc, strict=True)
        ]
    }


def _short(host: Plain) -> int:
    """Choose the periodic vector along which the carrier is nearest to its image."""
    lengths = np.linalg.norm(host["cell"], axis=1)
    return int(np.argmin(np.where(host["pbc"], lengths, np.inf)))


def larger(structures: list[Plain], host: Plain, axis: int) -> list[Plain]:
    """Put a perfect host beside cells with a carrier, which stays in the middle between its new images.

    The cut runs where the carrier is farthest: it moves and relaxes across the faces of its cell as well.

    Parameters
    ----------
    structures
        End point and saddle, in the host's cell, atom by atom in the same order.
    host
        The cell without a carrier.
    axis
        The vector that is doubled.
    """
    before, saddle = (decode(structure) for structure in structures)
    mover = int(np.linalg.norm(saddle.positions - before.positions, axis=1).argmax())
    perfect = decode(host)
    perfect.set_constraint()
    middle = saddle.get_scaled_positions(wrap=False)[mover, axis]
    scaled = perfect.get_scaled_positions(wrap=False)
    scaled[:, axis] -= np.floor(scaled[:, axis] - middle + 0.5)
    perfect.set_scaled_positions(scaled)
    return [_beside(decode(structure), perfect, axis) for structure in structures]


def _beside(atoms: Atoms, perfect: Atoms, axis: int) -> Plain:
    """Take each atom where the host's nearest one is, and put the host beside them."""
    from ase.geometry import get_distances

    atoms.set_constraint()
    vectors, distances = get_distances(perfect.positions, atoms.positions, atoms.cell, atoms.pbc)
    nearest = distances.argmin(axis=0)
    atoms.positions = perfect.positions[nearest] + vectors[nearest, range(len(atoms))]
    more = perfect.copy()
    more.translate(more.cell.array[axis])
    together = atoms + more
    cell = atoms.cell.array.copy()
    cell[axis] *= 2
    together.set_cell(cell)
    return encode(together)
