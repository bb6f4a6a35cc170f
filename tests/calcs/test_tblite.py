"""tblite: the energies that its authors print, forces that are slopes, charge and spin as asked, refusals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from potash.calcs.engine import engine, protocol
from potash.errors import BadInput

STRICT = protocol("tblite", "strict", "molecule")


def computed(atoms: Atoms, **settings: Any) -> Atoms:
    code = engine("tblite")
    atoms = atoms.copy()
    atoms.calc = code.calculator(atoms, code.complete(atoms, {**STRICT, **settings}), Path())
    return atoms


@pytest.mark.parametrize(
    ("name", "method", "energy"),
    [
        ("H2O", "GFN2-xTB", -137.96777625229421),
        ("H2O", "GFN1-xTB", -156.9675057724589),
        ("CH4", "GFN2-xTB", -113.60956621093894),
    ],
)
def test_energies_are_those_of_tblites_own_documentation(name: str, method: str, energy: float) -> None:
    """The docstrings of tblite.ase print them."""
    assert computed(molecule(name), method=method).get_potential_energy() == pytest.approx(energy, abs=1e-5)


@pytest.mark.parametrize("solvent", ["none", "DME", 30.0])
def test_forces_are_slopes(solvent: Any) -> None:
    atoms = computed(molecule("CH3OH"), solvent=solvent)
    atoms.rattle(0.05, seed=1)
    force = atoms.get_forces()[1, 2]
    energies = []
    for step in (-1e-3, 1e-3):
        moved = atoms.copy()
        moved.positions[1, 2] += step
        energies.append(computed(moved, solvent=solvent).get_potential_energy())
    assert force == pytest.approx((energies[0] - energies[1]) / 2e-3, abs=2e-4)


def test_charge_and_spin_are_as_asked() -> None:
    """Charges of the atoms add up to the charge; oxygen's ground state is a triplet."""
    anion = computed(molecule("OH"), charge=-1.0)
    anion.get_potential_energy()
    assert sum(anion.calc.get_charges()) == pytest.approx(-1, abs=1e-6)
    settings = engine("tblite").complete(molecule("OH"), STRICT)
    assert settings["multiplicity"] == 2, "the lowest that nine electrons allow"
    triplet, singlet = (computed(molecule("O2"), multiplicity=each).get_potential_energy() for each in (3, 1))
    assert triplet < singlet


def test_a_continuum_holds_an_ion_as_borns_formula_says() -> None:
    """Of one radius, so that the energy is proportional to 1 − 1/ε but for the kernel's small correction."""
    vacuum, low, high = (
        computed(Atoms("K"), charge=1.0, solvent=each).get_potential_energy() for each in ("none", 7.2, 80.0)
    )
    assert low < vacuum
    assert (low - vacuum) / (high - vacuum) == pytest.approx((1 - 1 / 7.2) / (1 - 1 / 80), abs=0.01)


def test_what_decides_nothing_is_in_no_key() -> None:
    assert "dielectric" not in engine("tblite").complete(molecule("H2O"), STRICT)


@pytest.mark.parametrize(
    ("atoms", "settings", "words"),
    [
        (bulk("Cu"), {}, "nothing periodic"),
        (Atoms("H2O"), {"method": "GFN9"}, "unknown method"),
        (Atoms("H2O"), {"charge": 0.5}, "whole charges"),
        (Atoms("H2O"), {"multiplicity": 2}, "no multiplicity of 2"),
        (Atoms("H2O"), {"solvent": 0.5}, "at least 1"),
        (Atoms("U"), {}, "up to radon"),
    ],
)
def test_refuses_in_a_sentence(atoms: Atoms, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words) as error:
        engine("tblite").complete(atoms, {**STRICT, **settings})
    assert len(str(error.value).splitlines()) == 1


def test_refuses_levels_and_charges() -> None:
    code = engine("tblite")
    for ask in (lambda: code.levels(Atoms("H2"), None), lambda: code.charges(Atoms("H2"), {}, Path())):
        with pytest.raises(BadInput, match="use gpaw"):
            ask()


def test_the_estimate_grows_with_the_atoms() -> None:
    code = engine("tblite")
    small, large = (code.estimate(Atoms(f"H{count}", np.zeros((count, 3))), STRICT) for count in (10, 100))
    assert 0 < small.core_seconds < large.core_seconds < 1
