"""CHGNet: refuses honestly where it is not installed, and is a consistent potential where it is."""

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS

from potash.calcs.chgnet import Chgnet
from potash.calcs.engine import engine, protocol
from potash.errors import BadInput


@pytest.fixture
def selenide() -> Atoms:
    cell = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]) * 7.75
    places = [(0.25, 0.25, 0.25), (0.75, 0.75, 0.75), (0, 0, 0)]
    return Atoms("K2Se", scaled_positions=places, cell=cell, pbc=True)


def test_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(BadInput, match=r"pip install 'potash\[chgnet\]'"):
        Chgnet().version()


def test_refuses_molecules() -> None:
    with pytest.raises(BadInput, match="no molecules"):
        Chgnet().complete(Atoms("K"), {"model": "0.3.0"})


def test_refuses_unknown_models(selenide: Atoms) -> None:
    with pytest.raises(BadInput, match=r"known: 0\.3\.0, r2scan"):
        Chgnet().complete(selenide, {"model": "9"})


def test_refuses_levels_and_charges(selenide: Atoms, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="use gpaw"):
        Chgnet().levels(selenide, None)
    with pytest.raises(BadInput, match="use gpaw"):
        Chgnet().charges(selenide, {}, tmp_path)


@pytest.mark.chgnet
def test_stress_is_the_slope_of_the_energy(selenide: Atoms, tmp_path: Path) -> None:
    code = engine("chgnet")
    settings = code.complete(selenide, protocol("chgnet", "fast", "crystal"))
    selenide.calc = code.calculator(selenide, settings, tmp_path)
    selenide.set_cell(selenide.cell * 0.97, scale_atoms=True)
    volume, stress = selenide.get_volume(), selenide.get_stress()
    cell, energies = selenide.cell.array.copy(), []
    for strain in (-0.004, 0.004):
        selenide.set_cell(cell * (1 + strain), scale_atoms=True)
        energies.append(selenide.get_potential_energy())
    assert stress[:3].sum() == pytest.approx((energies[1] - energies[0]) / 0.008 / volume, rel=0.02)
    assert stress[0] < 0  # compressed


@pytest.mark.chgnet
def test_relaxes_the_cell(selenide: Atoms, tmp_path: Path) -> None:
    code = engine("chgnet")
    settings = code.complete(selenide, protocol("chgnet", "fast", "crystal"))
    selenide.calc = code.calculator(selenide, settings, tmp_path)
    selenide.set_cell(selenide.cell * 0.97, scale_atoms=True)
    assert BFGS(FrechetCellFilter(selenide), logfile=None).run(fmax=0.01, steps=60)
    lattice = (4 * selenide.get_volume()) ** (1 / 3)
    assert 7.65 < lattice < 7.85  # experiment 7.676, PBE 7.74 Å
