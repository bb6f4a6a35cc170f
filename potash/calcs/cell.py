"""Cells relaxed by their energies: a scan of volumes that finds its own minimum.

At the cutoffs of everyday work the stress of a plane-wave code is wrong by gigapascals, because the basis does not
follow the cell (K2Se, GPAW, 350 eV: the stress vanishes at a = 7.53 Å, the energy is lowest at 7.74 Å, and so it is
at 800 eV). The stress that remains at one volume is right in shape, so the shape is relaxed with it, the volume by
energies alone.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from potash.calcs.eos import Fit, birch_murnaghan, cubic
from potash.calcs.faults import failed
from potash.calcs.relax import relax
from potash.structures.encoding import decode

if TYPE_CHECKING:
    from ase import Atoms

    from potash.calcs.calls import Recorder

#: A scan that has not found its minimum after so many volumes is given up.
MOST = 14
#: A curve that rises by less than this at its ends is flat, in eV per atom.
FLAT = 2e-4


def relax_cell(atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> dict[str, Any]:
    """Find the cell of lowest energy, the symmetry of the start kept.

    Parameters
    ----------
    atoms
        Where to start: a crystal, or a layer periodic in x and y (then its area is scanned).
    recorder
        The engine.
    options
        ``strain`` between neighbouring volumes (relative), ``points`` to compute at least, and ``force``,
        ``stress``, ``steps`` as for a relaxation.

    Returns
    -------
    dict
        As a relaxation's at the minimum, with ``measures`` (Å³ or Å²), ``energies`` (eV) and ``fit``.
    """
    scan = _Scan(atoms, recorder, options)
    for number in (0, 1, -1):
        scan.visit(number)
    while True:
        low, high = min(scan.energies), max(scan.energies)
        best = min(scan.energies, key=lambda number: scan.energies[number])
        if len(scan.energies) > MOST:
            raise failed("F021", said="no volume of lowest energy was found; start from a better lattice constant")
        if best - low < 2:
            scan.visit(low - 1)
        elif high - best < 2:
            scan.visit(high + 1)
        elif len(scan.energies) < options["points"]:
            scan.visit(high + 1 if high - best <= best - low else low - 1)
        else:
            break
    rise = min(scan.energies[low], scan.energies[high]) - scan.energies[best]
    if rise < FLAT * len(atoms):
        raise failed(
            "F021",
            said="the energy hardly depends on the cell; are its atoms bound, and is the lattice constant right?",
        )
    fit, numbers = scan.fit(best)
    final = scan.relaxed((fit.measure / scan.unit - 1.0) / options["strain"])
    force = max(scan.forces[number] for number in numbers)
    return {
        **final,
        "force": max(final["force"], force),
        "measures": [scan.unit * scan.factor(number) for number in numbers],
        "energies": [scan.energies[number] for number in numbers],
        "fit": asdict(fit),
        "converged": bool(final["converged"]),
    }


class _Scan:
    """Relaxations at volumes ``1 + number × strain`` of the start's.

    Each begins from its two nearest neighbours, whose shape and inner positions are continued as straight lines in the
    volume: that is most of the way, and saves most of the force calls.
    """

    def __init__(self, atoms: Atoms, recorder: Recorder, options: dict[str, Any]) -> None:
        self.recorder = recorder
        self.options = options
        self.layer = not atoms.pbc.all()
        self.unit = _measure(atoms, layer=self.layer)
        self.structures: dict[int, Atoms] = {}
        self.start = atoms
        self.energies: dict[int, float] = {}
        self.forces: dict[int, float] = {}

    def factor(self, number: float) -> float:
        return 1.0 + number * float(self.options["strain"])

    def visit(self, number: int) -> None:
        result = self.relaxed(number)
        self.structures[number] = decode(result["atoms"])
        self.energies[number] = result["energy"]
        self.forces[number] = result["force"]

    def relaxed(self, number: float) -> dict[str, Any]:
        """Relax at a volume, which need not be one of the scan's own."""
        atoms = self._begin(number)
        ratio = self.factor(number) * self.unit / _measure(atoms, layer=self.layer)
        stretch = np.array([[ratio**0.5], [ratio**0.5], [1.0]]) if self.layer else ratio ** (1 / 3)
        atoms.set_cell(atoms.cell.array * stretch, scale_atoms=True)
        return relax(atoms, self.recorder, {**self.options, "cell": "fixed" if self.layer else "shape"})

    def _begin(self, number: float) -> Atoms:
        known = sorted(self.structures, key=lambda other: abs(other - number))
        atoms: Atoms = (self.structures[known[0]] if known else self.start).copy()
        if len(known) < 2:
            return atoms
        near, far = self.structures[known[0]], self.structures[known[1]]
        step = (number - known[0]) / (known[0] - known[1])
        shape = near.cell.array + step * (near.cell.array - far.cell.array)
        inner = near.get_scaled_positions(wrap=False)
        move = inner - far.get_scaled_positions(wrap=False)
        atoms.set_cell(shape)
        atoms.set_scaled_positions(inner + step * (move - np.round(move)))
        return atoms

    def fit(self, best: int) -> tuple[Fit, list[int]]:
        """Fit the points nearest to the lowest one; a long walk's far points say nothing of the minimum."""
        numbers = sorted(sorted(self.energies, key=lambda number: abs(number - best))[: max(5, self.options["points"])])
        measures = [self.unit * self.factor(number) for number in numbers]
        energies = [self.energies[number] for number in numbers]
        return (cubic if self.layer else birch_murnaghan)(measures, energies), numbers


def _measure(atoms: Atoms, *, layer: bool) -> float:
    if layer:
        return float(np.linalg.norm(np.cross(atoms.cell.array[0], atoms.cell.array[1])))
    return float(atoms.get_volume())
