"""Equations of state and relaxed cells of crystals."""

from __future__ import annotations

from typing import Any

from ase.data import atomic_masses, atomic_numbers
from ase.units import _Nav

from potash.analysis.result import Check, Quantity, Reference, at_most
from potash.structures.encoding import decode
from potash.structures.phase_record import Phase
from potash.structures.symmetry import lattice_constants

#: A fit worse than this says little, in meV per atom.
FIT = 1.0
#: How far the energy at the minimum may lie from the fit's, in meV per atom.
AGREE = 2.0


def cell_checks(cells: list[dict[str, Any]], limits: dict[str, float], whose: str = "") -> tuple[Check, ...]:
    """Check relaxed cells: forces, shape, and whether the energy found at the minimum is the fit's.

    Parameters
    ----------
    cells
        Results of the task ``cell``, at least one.
    limits
        ``force`` in eV/Å, ``stress`` in GPa.
    whose
        What the checks' names end in, where they stand beside others.
    """
    apart = max(1000 * abs(cell["energy"] - cell["fit"]["energy"]) / len(cell["atoms"]["symbols"]) for cell in cells)
    left = max(1000 * cell["fit"]["residual"] / len(cell["atoms"]["symbols"]) for cell in cells)
    return (
        at_most(f"largest force left{whose}", max(cell["force"] for cell in cells), limits["force"], "eV/Å"),
        at_most(
            f"largest shear stress left{whose}",
            max(cell.get("shear", 0.0) for cell in cells),
            1.5 * limits["stress"],
            "GPa",
        ),
        at_most(f"residual of the fit{whose}", left, FIT, "meV/atom"),
        at_most(f"energy at the minimum against the fit{whose}", apart, AGREE, "meV/atom"),
    )


def density(symbols: list[str], volume: float) -> float:
    """Give the mass density of a cell in g/cm³, from its atoms and its volume in Å³."""
    mass = sum(float(atomic_masses[atomic_numbers[symbol]]) for symbol in symbols)
    return mass / _Nav * 1e24 / volume


def summarise(
    relaxed: dict[str, Any], limits: dict[str, float], phase: Phase | None
) -> tuple[dict[str, Quantity], dict[str, Any]]:
    """Turn a relaxed cell into quantities.

    Returns
    -------
    tuple
        The quantities, and the data of the figure.
    """
    fit = relaxed["fit"]
    count = len(relaxed["atoms"]["symbols"])
    checks = cell_checks([relaxed], limits)
    quantities: dict[str, Quantity] = {}
    measured = phase.experiment if phase else {}
    cell = lattice_constants(decode(relaxed["atoms"]))
    for axis in ("a", "b", "c"):
        if axis != "a" and abs(cell[axis] - cell["a"]) < 1e-3 and axis not in measured:
            continue
        reference = None
        if phase and axis in measured:
            source = phase.measured.source if phase.measured else phase.source.citation
            reference = Reference(value=measured[axis], source=source)
        quantities[axis] = Quantity(
            value=cell[axis],
            unit="Å",
            says="lattice constant of the conventional cell",
            experiment=reference,
            checks=checks,
        )
    quantities |= {
        "V0": Quantity(value=fit["measure"] / count, unit="Å3/atom", says="volume at the minimum", checks=checks),
        "density": Quantity(
            value=density(relaxed["atoms"]["symbols"], fit["measure"]),
            unit="g/cm3",
            says="mass density at the minimum, without thermal expansion",
            answers="density",
            checks=checks,
        ),
        "B0": Quantity(value=fit["modulus"], unit="GPa", says="bulk modulus at the minimum", checks=checks),
        "energy": Quantity(value=fit["energy"] / count, unit="eV/atom", says="energy at the minimum", checks=checks),
    }
    data = {
        "volumes": relaxed["measures"],
        "energies": relaxed["energies"],
        "parameters": fit["parameters"],
        "atoms": count,
    }
    return quantities, data
