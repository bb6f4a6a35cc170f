"""Heights along the normal with EMT: Poisson's ratio against elastic constants, and superlattices of a crystal with itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT

from potash.calcs.site import use
from potash.errors import CalculationFailed
from potash.structures.cuts import cut_cell, facet_cuts
from potash.structures.encoding import decode, encode
from potash.structures.interfaces import SIDE, Stack, interface
from potash.structures.strain import strained
from potash.workflows.height import STEP, calculations, height, stacked
from tests.direct import Direct

#: EMT's lattice constant of copper, in Å.
COPPER = 3.58986
RECIPE: dict[str, Any] = {"engine": "emt", "protocol": "standard", "settings": {}, "task": "relax", "options": {}}
CELL = bulk("Cu", a=COPPER)


def cut(facet: tuple[int, int, int]) -> Atoms:
    return cut_cell(CELL, facet_cuts(CELL, bulk("Cu", a=COPPER, cubic=True), facet)[0])


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Any:
    here = Direct(tmp_path)
    use(here)  # type: ignore[arg-type]  # it has what jobs use
    yield here
    use(None)


def energy(strain: np.ndarray) -> float:
    """EMT's energy per volume (eV/Å³) of strained copper."""
    atoms = CELL.copy()
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
    atoms.calc = EMT()
    return float(atoms.get_potential_energy()) / CELL.get_volume()


def constants() -> tuple[float, float, float]:
    """C11, C12 and C44 of copper in eV/Å³, from second differences of the energy."""
    small, zero = 2e-3, energy(np.zeros((3, 3)))

    def second(shape: list[list[float]]) -> float:
        e = small * np.array(shape)
        return (energy(e) + energy(-e) - 2 * zero) / small**2

    c11 = second([[1, 0, 0], [0, 0, 0], [0, 0, 0]])
    both = second([[1, 0, 0], [0, 1, 0], [0, 0, 0]])  # 2 C11 + 2 C12
    c44 = second([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])
    return c11, both / 2 - c11, c44


def poisson(facet: tuple[int, int, int]) -> float:
    """How much thinner a cubic crystal grows, for so much wider in both directions of its plane.

    ``2 C12 / C11`` on (001), ``2 (C11 + 2 C12 − 2 C44) / (C11 + 2 C12 + 4 C44)`` on (111): where the stress along the normal
    vanishes (the textbook ratios of epitaxy, from memory).
    """
    c11, c12, c44 = constants()
    return {
        (0, 0, 1): 2 * c12 / c11,
        (1, 1, 1): 2 * (c11 + 2 * c12 - 2 * c44) / (c11 + 2 * c12 + 4 * c44),
    }[facet]


@pytest.mark.parametrize("facet", [(0, 0, 1), (1, 1, 1)])
@pytest.mark.parametrize("wide", [0.008, -0.008])
def test_a_strained_crystal_is_as_high_as_poisson_says(facet: tuple[int, int, int], wide: float) -> None:
    cell = cut(facet)
    found = height(RECIPE, encode(strained(cell, (1 + wide) * np.eye(2))), "film")
    thinner = 1 - decode(found["atoms"]).cell.array[2, 2] / cell.cell.array[2, 2]
    assert thinner == pytest.approx(poisson(facet) * wide, rel=0.08)


def superlattice(cell: Atoms, gap: float) -> Atoms:
    unit = ((1, 0), (0, 1))
    between = float(cell.cell.array[2, 2]) / len(cell)
    return interface(cell, cell, Stack(unit, unit, (3, 3)), gap=between + gap, periodic=True)


@pytest.mark.parametrize("wide", [0.0, 0.02])
@pytest.mark.parametrize("gap", [0.0, 0.35])
def test_a_crystal_upon_itself_is_the_strained_crystal(wide: float, gap: float) -> None:
    """Whatever gap the scan left, no interface is left: neither energy nor height."""
    flat = strained(cut((1, 1, 1)), (1 + wide) * np.eye(2))
    own = height(RECIPE, encode(flat), "bulk")
    start = superlattice(decode(own["atoms"]), gap)
    made = stacked.original(RECIPE, encode(start), "superlattice")
    end, each = decode(made["atoms"]), decode(own["atoms"])
    assert made["energy"] / len(end) == pytest.approx(own["energy"] / len(each), abs=5e-4)
    assert end.cell.array[2, 2] / len(end) == pytest.approx(each.cell.array[2, 2] / len(each), rel=1.5e-3)
    assert end.cell.array[:2] == pytest.approx(start.cell.array[:2])
    assert (end.arrays[SIDE] == start.arrays[SIDE]).all()
    assert calculations([made, own]) == [*made["results"], *own["results"]]


def test_each_height_begins_where_its_neighbour_ended(place: Direct) -> None:
    """Of a superlattice whose gap is too wide, all but the first height need few calls."""
    made = stacked.original(RECIPE, encode(superlattice(cut((1, 1, 1)), 0.35)), "superlattice")
    plain = height(RECIPE, encode(superlattice(cut((1, 1, 1)), 0.35)), "superlattice")
    assert sum(each["calls"] for each in made["results"]) < sum(each["calls"] for each in plain["results"])
    assert made["energy"] == pytest.approx(plain["energy"], abs=2e-3)


@pytest.mark.parametrize("off", [-0.5, 0.0, 0.7])
def test_a_soft_gap_takes_all_the_stretch(off: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Morse well 21 Å high, as of a layer held by weak forces: far from a parabola within the heights that are tried."""

    def morse(recipe: Any, structures: list[Any], label: str) -> dict[str, Any]:
        away = structures[0]["cell"][2][2] - 21.0
        return {"atoms": structures[0], "energy": 0.8 * (1 - np.exp(-1.3 * away)) ** 2, "label": label}

    monkeypatch.setattr("potash.workflows.height.perform", morse)
    start = Atoms("Cu2", [[0, 0, 1], [0, 0, 9]], cell=[4, 4, 21.0 + off], pbc=True)
    made = stacked.original(RECIPE, encode(start), "superlattice")
    assert made["energy"] == min(each["energy"] for each in made["results"])
    assert made["energy"] < 1e-3
    assert decode(made["atoms"]).cell.array[2, 2] == pytest.approx(21.0, abs=0.03)


def test_a_height_that_nobody_finds_is_given_up() -> None:
    far = strained(cut((0, 0, 1)), np.eye(2), 1 + 20 * STEP)
    with pytest.raises(CalculationFailed, match="no height of lowest energy"):
        height(RECIPE, encode(far), "film")
