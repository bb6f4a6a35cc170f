"""States and potentials: band edges of model bands, and GPAW on silicon upon itself and on aluminium's surface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from potash.analysis.electrons import summarise
from potash.analysis.macroscopic import plateau
from potash.calcs.calculation import Calculation
from potash.calcs.electrons import SPECTRUM
from potash.calcs.engine import engine
from potash.calcs.gpaw_states import edges
from potash.calcs.worker import compute
from potash.structures.cuts import cut_cell, facet_cuts, slab
from potash.structures.encoding import encode
from potash.structures.interfaces import Stack, interface
from potash.structures.phases import phase
from potash.structures.strain import strained

#: Two bands of a chain, cosines about ±1 eV: (spins, k-points, bands).
K = np.linspace(0, np.pi, 50)
BANDS = np.array([[[-1 + 0.3 * np.cos(k), 1 - 0.4 * np.cos(k)] for k in K]])


def test_edges_are_the_extrema_of_the_bands() -> None:
    assert edges(BANDS, 0.0) == pytest.approx((-0.7, 0.6))
    assert edges(BANDS, -0.65) == pytest.approx((-0.7, 0.6))


def test_a_band_through_the_fermi_level_is_a_metal() -> None:
    assert edges(BANDS, 1.0) is None
    both = np.concatenate([BANDS, BANDS + 0.6])  # the other spin's lower band crosses
    assert edges(both, -0.3) is None


def test_bands_that_almost_touch_have_no_gap() -> None:
    assert edges(BANDS - np.array([0.0, 1.29]), -0.695) is None


FAST: dict[str, Any] = {
    "functional": "PBE", "mode": "pw", "cutoff": 200, "smearing": 0.1, "charge": 0.0,
    "convergence": {"energy": 1e-3, "density": 1e-3, "eigenstates": 1e-5},
}  # fmt: skip


def electrons(atoms: Atoms, kpoints: list[int], folder: Path, denser: int = 1, **settings: Any) -> dict[str, Any]:
    folder.mkdir()
    calculation = Calculation(
        task="electrons",
        atoms=(encode(atoms),),
        engine="gpaw",
        version=engine("gpaw").version(),
        settings={**FAST, "kpoints": kpoints, "gamma": True, "symmetry": True, **settings},
        options={**SPECTRUM, "denser": denser},
    )
    return compute(calculation, folder, rank=0)


def cut(name: str, facet: tuple[int, int, int]) -> Atoms:
    primitive = phase(name, primitive=True)
    return cut_cell(primitive, facet_cuts(primitive, phase(name), facet)[0])


@pytest.fixture(scope="module")
def silicon(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return electrons(cut("Si", (0, 0, 1)), [3, 3, 4], tmp_path_factory.mktemp("silicon") / "bulk", denser=2)


def superlattice(film: Atoms, bulk: dict[str, Any], silicon: dict[str, Any], folder: Path) -> Any:
    """Two repeat units of a film on two of silicon, unrelaxed, and what is computed of it."""
    cell, unit = cut("Si", (0, 0, 1)), ((1, 0), (0, 1))
    gap = (film.cell.array[2, 2] + cell.cell.array[2, 2]) / 4
    atoms = interface(film, cell, Stack(unit, unit, (2, 2)), gap=gap, periodic=True)
    made = electrons(atoms, [3, 3, 1], folder)
    plain = encode(atoms)
    found = {
        "electrons": {"interface": made, "film": bulk, "substrate": silicon},
        "starts": [plain],
        "relaxed": [{"atoms": plain}],
        "references": [{"atoms": encode(film)}, {"atoms": encode(cell)}],
    }
    return made, summarise({"stack": {"repeats": (2, 2)}, "width": SPECTRUM["width"]}, found, 0)[0]


@pytest.mark.dft
def test_silicon_upon_itself_has_no_offset(silicon: dict[str, Any], tmp_path: Path) -> None:
    valence, conduction = silicon["edges"]
    assert conduction - valence == pytest.approx(0.6, abs=0.15)  # PBE's gap; 1.17 eV measured
    made, numbers = superlattice(cut("Si", (0, 0, 1)), silicon, silicon, tmp_path / "interface")
    for name in ("step of the potential", "valence band offset", "conduction band offset"):
        assert numbers[name].value == pytest.approx(0.0, abs=2e-3)
        assert all(check.passed and check.value < 0.01 for check in numbers[name].checks)
    for name in ("overlap of states", "overlap of states, far away"):
        assert numbers[name].value == pytest.approx(1.0, abs=1e-3)
    # Each silicon atom has four electrons, most of them seen by its bound partial waves.
    below = np.array(made["energies"]) <= 0
    seen = np.array(made["states"])[:, below].sum(axis=1) * SPECTRUM["step"]
    assert np.ptp(seen) < 1e-3
    assert 1.5 < seen[0] < 5


@pytest.mark.dft
def test_germanium_lies_above_silicon(silicon: dict[str, Any], tmp_path: Path) -> None:
    given = cut("Ge", (0, 0, 1))
    fit = np.linalg.inv(given.cell.array[:2, :2]) @ cut("Si", (0, 0, 1)).cell.array[:2, :2]
    film = strained(given, fit, 1.028)  # pressed in the plane, it grows along the normal
    bulk = electrons(film, [3, 3, 4], tmp_path / "bulk", denser=2)
    assert bulk["edges"] is None  # PBE closes the gap
    _, numbers = superlattice(film, bulk, silicon, tmp_path / "interface")
    assert numbers["Schottky barrier for holes"].value == pytest.approx(0.7, abs=0.1)
    near, far = (numbers[name].value for name in ("overlap of states", "overlap of states, far away"))
    assert far is not None
    assert near is not None
    assert far < near - 0.03, "bonds mix the states of both sides where they touch"


@pytest.mark.dft
def test_levels_aligned_by_the_potential_are_those_of_the_whole(tmp_path: Path) -> None:
    # Aluminium between vacuum: its own Fermi level, and the bulk's put upon the potential inside the slab.
    cell = cut("Al", (1, 1, 1))
    atoms = slab(cell, 5, vacuum=5.0)
    bulk = electrons(cell, [6, 6, 6], tmp_path / "bulk", denser=2)
    made = electrons(atoms, [6, 6, 1], tmp_path / "slab", dipole=True)
    assert bulk["edges"] is None
    z = atoms.positions[:, 2]
    period = cell.cell.array[2, 2]
    inside = plateau(np.array(made["planar"]), atoms.cell.array[2, 2], period, (z.min(), z.max()))
    aligned = bulk["fermi"] - np.mean(bulk["planar"]) + inside.value
    assert abs(made["fermi"] - bulk["fermi"]) > 1
    assert made["fermi"] == pytest.approx(aligned, abs=0.3)  # five layers, not many
