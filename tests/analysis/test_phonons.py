"""Phonons: bands in closed form, a supercell's own Hessian, and crystals that are no minimum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT

from potash.analysis.curvature import modes
from potash.analysis.phonons import band_path, commensurate, frequencies, harmonic, summarise
from potash.calcs.calls import CallLog, Recorder
from potash.calcs.curvature import curvature
from potash.calcs.phonons import phonons
from potash.errors import BadInput
from potash.structures.lattice import grown, lattice
from tests.calcs.springs import Axes, Springs

LIMITS = {"force": 0.05, "stress": 0.2}
#: A cell that is relaxed.
CELL = {"atoms": {"symbols": ["Cu"]}, "energy": -1.0, "force": 0.0, "fit": {"energy": -1.0, "residual": 0.0}}
A = 3.6
#: √(eV/Å²/u)/2π in THz.
THZ = 15.633302
CUBE = np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])


def found(cell: Atoms, matrix: Any, calculator: Calculator, folder: Path, step: float = 0.01) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    recorder = Recorder(lambda _: calculator, CallLog(folder / "calls.xyz", writable=True))
    return phonons(grown(cell, np.array(matrix)), cell.copy(), recorder, {"step": step})


def test_springs_in_fcc_have_bands_in_closed_form(tmp_path: Path) -> None:
    """Along [100]: m ω² = 8K sin²(qa/4) lengthwise, half of it crosswise."""
    k = 2.5
    forces = found(bulk("Cu", a=A), 2 * CUBE, Springs(k), tmp_path, step=1e-3)
    _, data = summarise(forces, CELL, LIMITS, (("G", "X"),))
    assert data["labels"] == ["G", "X"]
    q = np.array(data["distances"])
    assert q[-1] == pytest.approx(2 * np.pi / A)
    top = THZ * (8 * k / 63.546) ** 0.5 * np.sin(q * A / 4)
    bands = np.array(data["frequencies"])
    assert bands[:, 2] == pytest.approx(top, abs=2e-3)
    assert bands[:, :2] == pytest.approx(np.stack([top, top], axis=1) / 2**0.5, abs=2e-3)


CRYSTALS = {
    "Cu": (bulk("Cu", a=3.59), np.diag([2, 2, 3])),
    "Al": (bulk("Al", a=3.99), np.array([[2, 0, 0], [1, 2, 0], [0, 0, 2]])),
    "NiAl": (bulk("NiAl", "cesiumchloride", a=2.95), np.diag([2, 2, 2])),
    "Cu3Au": (
        Atoms(
            "AuCu3",
            scaled_positions=[[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
            cell=[3.77] * 3,
            pbc=True,
        ),
        np.diag([2, 1, 1]),
    ),
    "hcp Cu": (bulk("Cu", "hcp", a=2.54, c=4.15), np.diag([2, 2, 1])),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_waves_that_fit_are_the_vibrations_of_the_supercell(name: str, tmp_path: Path) -> None:
    """All frequencies of the supercell's whole Hessian, and no others."""
    cell, matrix = CRYSTALS[name]
    crystal = harmonic(found(cell, matrix, EMT(), tmp_path / "phonons")).crystal
    own = np.sort(frequencies(crystal, commensurate(crystal)).ravel())
    large = grown(cell, matrix)
    recorder = Recorder(lambda _: EMT(), CallLog(tmp_path / "calls.xyz", writable=True))
    hessian = curvature(large, recorder, {"atoms": list(range(len(large))), "step": 0.01})["hessian"]
    expected, _ = modes(hessian, large.get_masses())
    assert len(own) == 3 * len(large)
    # A diagonal displacement meets another third order than three along the axes: a hundredth of a THz.
    still = np.abs(expected) < 1e-3
    assert still.sum() == 3
    assert own[np.abs(own) > 1e-3] == pytest.approx(expected[~still], abs=0.02)


@pytest.mark.parametrize("name", ["Cu", "Al", "hcp Cu", "Cu3Au"])
def test_crystals_of_emt_are_minima(name: str, tmp_path: Path) -> None:
    cell, matrix = CRYSTALS[name]
    quantities, data = summarise(found(cell, matrix, EMT(), tmp_path), CELL, LIMITS, None)
    lowest = quantities["lowest frequency"]
    assert lowest.value is not None
    assert lowest.value > 0.5
    assert "no minimum" not in lowest.says
    assert all(check.passed for check in lowest.checks)
    bands = np.array(data["frequencies"])
    assert (bands > -0.1).all()
    gammas = [
        bands[np.argmin(np.abs(np.array(data["distances"]) - tick))]
        for tick, label in zip(data["ticks"], data["labels"], strict=True)
        if label == "G"
    ]
    assert np.array(gammas)[:, :3] == pytest.approx(np.zeros((len(gammas), 3)), abs=1e-3)
    highest = quantities["highest frequency"].value
    assert highest is not None
    assert bands.max() <= highest < 12


@pytest.mark.parametrize(("cell", "matrix", "where"), [
    (Atoms("Cu2", scaled_positions=[[0, 0, 0], [0.5, 0.5, 0.5]], cell=[2.86] * 3, pbc=True), np.diag([2, 2, 2]), "N"),
    (bulk("Cu", "bcc", a=2.86), np.diag([2, 2, 2]), "N"),
    (bulk("Cu", "sc", a=2.4), np.diag([2, 2, 2]), "M"),
])  # fmt: skip
def test_a_crystal_that_would_rather_be_fcc_is_no_minimum(cell: Atoms, matrix: Any, where: str, tmp_path: Path) -> None:
    """Copper of bcc shears along (110)[1-10], whose wave is N; whatever cell it is given in."""
    forces = found(cell, matrix, EMT(), tmp_path)
    quantities, data = summarise(forces, CELL, LIMITS, None)
    lowest = quantities["lowest frequency"]
    assert lowest.value is not None
    assert lowest.value < -0.5
    assert lowest.says.startswith(f"no minimum: dynamically unstable at {where}")
    assert data["lowest"] == {"frequency": lowest.value, "q": data["lowest"]["q"], "name": where}
    # The way down is real: along the supercell's lowest mode the energy falls.
    large = grown(cell, matrix)
    recorder = Recorder(lambda _: EMT(), CallLog(tmp_path / "hessian.xyz", writable=True))
    hessian = curvature(large, recorder, {"atoms": list(range(len(large))), "step": 0.01})["hessian"]
    _, moves = modes(hessian, large.get_masses())
    energies = []
    for shift in (0.0, 0.2):
        moved = large.copy()
        moved.positions += shift * moves[0]
        moved.calc = EMT()
        energies.append(moved.get_potential_energy())
    assert energies[1] < energies[0] - 1e-4


def test_neither_the_cell_nor_its_turn_in_space_matters(tmp_path: Path) -> None:
    """The cube of four atoms, and the primitive cell with the supercell that makes the same cube, turned."""
    cube = bulk("Cu", a=3.59, cubic=True)
    turned = bulk("Cu", a=3.59)
    turned.rotate(33, (1, 2, 3), rotate_cell=True)
    given = [
        found(cube, np.diag([2, 2, 2]), EMT(), tmp_path / "cube"),
        found(turned, 2 * CUBE, EMT(), tmp_path / "turned"),
    ]
    bands = [
        np.array(summarise(forces, CELL, LIMITS, (("G", "X", "W"), ("K", "G", "L")))[1]["frequencies"])
        for forces in given
    ]
    assert bands[0] == pytest.approx(bands[1], abs=1e-3)


def test_tethered_atoms_break_the_sum_rule(tmp_path: Path) -> None:
    """Springs that hold the atoms in space: the crystal as a whole vibrates with √(κ/m)/2π, which is refused."""
    kappa = 0.3
    quantities, _ = summarise(
        found(bulk("Cu", a=A), CUBE, Springs(2.5, tether=kappa), tmp_path, 1e-3), CELL, LIMITS, None
    )
    assert quantities["sum rule"].value == pytest.approx(kappa, rel=1e-4)
    check = quantities["lowest frequency"].checks[1]
    assert check.value == pytest.approx(THZ * (kappa / 63.546) ** 0.5, rel=1e-3)
    assert not check.passed
    small, _ = summarise(
        found(bulk("Cu", a=A), CUBE, Springs(2.5, tether=0.01), tmp_path / "small", 1e-3), CELL, LIMITS, None
    )
    assert small["lowest frequency"].checks[1].passed


def test_forces_at_rest_are_refused(tmp_path: Path) -> None:
    forces = found(bulk("Cu", a=3.59), CUBE, EMT(), tmp_path)
    quantities, _ = summarise({**forces, "force": 0.06}, CELL, LIMITS, None)
    assert [check.name for check in quantities["lowest frequency"].checks if not check.passed] == [
        "force on the atoms at rest"
    ]


def test_a_cell_that_no_fit_found_is_refused(tmp_path: Path) -> None:
    forces = found(bulk("Cu", a=3.59), CUBE, EMT(), tmp_path)
    quantities, _ = summarise(forces, {**CELL, "fit": {"energy": -1.0, "residual": 0.0011}}, LIMITS, None)
    assert [check.name for check in quantities["lowest frequency"].checks if not check.passed] == [
        "residual of the fit"
    ]


def test_what_only_the_interpolation_says_is_called_so(tmp_path: Path) -> None:
    """m ω² = 2 Σ c(n) (1 − cos nqa) falls below zero where cos qa > 0.2: for waves of more than four cells alone."""
    couplings = {1: 2.4, 2: -1.0}
    forces = found(bulk("Cu", "sc", a=3.0), np.diag([4, 4, 4]), Axes(3.0, couplings), tmp_path)
    quantities, data = summarise(forces, CELL, LIMITS, (("G", "X"),))
    qa = 3.0 * np.array(data["distances"])
    squares = sum(2 * c * (1 - np.cos(n * qa)) for n, c in couplings.items()) / 63.546
    expected = THZ * np.sign(squares) * np.abs(squares) ** 0.5
    assert np.array(data["frequencies"]) == pytest.approx(np.repeat(expected[:, None], 3, axis=1), abs=1e-3)
    lowest = quantities["lowest frequency"]
    assert lowest.value == pytest.approx(THZ * (2 * (2.4 - 2.0) / 63.546) ** 0.5, rel=1e-4)
    assert f"the interpolation falls to {expected.min():.2f} THz" in lowest.says
    assert "a larger supercell must confirm" in lowest.says


def test_a_path_of_letters_that_the_lattice_has_not() -> None:
    crystal = lattice(bulk("Cu", a=3.6), np.diag([2, 2, 2]))
    with pytest.raises(BadInput, match=r"face-centred cubic lattice has no point 'M' \(known: G, K, L, U, W, X\)"):
        band_path(crystal, (("G", "M"),))
    pieces = band_path(crystal, (("G", "X", "U"), ("K", "G")))
    assert pieces.path == "GXU,KG"


def test_two_letters_stand_where_the_path_jumps(tmp_path: Path) -> None:
    _, data = summarise(found(bulk("Cu", a=3.59), CUBE, EMT(), tmp_path), CELL, LIMITS, (("G", "X", "U"), ("K", "G")))
    assert data["labels"] == ["G", "X", "U|K", "G"]
    assert data["ticks"] == sorted(data["ticks"])
    assert len(data["distances"]) == len(data["frequencies"])
