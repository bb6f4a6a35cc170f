"""GPAW: what estimates take for granted of its setups, and molecules with open shells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase import Atoms
from ase.build import bulk, molecule

from potash.calcs.engine import protocol
from potash.calcs.gpaw import VALENCE, Gpaw
from potash.calcs.worker import compute
from potash.errors import BadInput
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve


def test_valence_electrons_are_those_of_the_setups() -> None:
    pytest.importorskip("gpaw")
    from gpaw.setup_data import SetupData

    assert {symbol: SetupData(symbol, "PBE").Nv for symbol in VALENCE} == VALENCE


def completed(atoms: Atoms, **settings: Any) -> dict[str, Any]:
    return Gpaw().complete(atoms, {**protocol("gpaw", "fast", "molecule"), **settings})


def test_open_shells_are_found_and_closed_ones_are_as_they_were() -> None:
    water = molecule("H2O")
    assert "multiplicity" not in completed(water)
    assert completed(water, charge=1.0)["multiplicity"] == 2
    assert completed(Atoms("O2", [(0, 0, 0), (0, 0, 1.2)]), multiplicity=3)["multiplicity"] == 3
    with pytest.raises(BadInput, match=r"H2O with charge \+0 has 10 electrons, no multiplicity of 2"):
        completed(water, multiplicity=2)


def test_modes_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInput, match="a charged molecule needs open boundaries"):
        completed(molecule("H2O"), mode="pw", charge=1.0)
    with pytest.raises(BadInput, match="no GPAW mode 'fd'"):
        Gpaw().complete(bulk("Cu"), {**protocol("gpaw", "fast", "crystal"), "mode": "fd"})


def computed(folder: Path, atoms: Atoms, engine: str = "gpaw", **settings: Any) -> dict[str, Any]:
    folder.mkdir()
    recipe = {"engine": engine, "protocol": "fast", "task": "orbitals", "options": {"relax": False}}
    recipe["settings"] = {"dispersion": "none", **settings}
    return compute(resolve(recipe, [encode(atoms)]), folder, rank=0)


@pytest.mark.dft
def test_levels_of_an_ion_do_not_depend_on_its_box(tmp_path: Path) -> None:
    """The boundaries are open: nothing of e²/4πε₀r at the faces (3 eV at 5 Å) is in them."""
    pytest.importorskip("gpaw")
    homo = [
        computed(tmp_path / str(vacuum), Atoms("Na"), charge=1.0, vacuum=vacuum, grid=0.25)["homo"]
        for vacuum in (4.0, 6.0)
    ]
    assert homo[0] == pytest.approx(homo[1], abs=0.02)


def test_the_lumo_is_where_pyscf_has_it(tmp_path: Path) -> None:
    """The empty π orbital of carbon monoxide lies at carbon by two thirds."""
    pytest.importorskip("gpaw")
    pytest.importorskip("pyscf")
    found = [
        computed(tmp_path / engine, molecule("CO"), engine, **own)["carriers"]
        for engine, own in (("gpaw", {"vacuum": 3.5}), ("pyscf", {"functional": "PBE", "basis": "def2-SVP"}))
    ]
    symbols = molecule("CO").get_chemical_symbols()
    assert found[0] == pytest.approx(found[1], abs=0.05)
    assert 0.6 < found[0][symbols.index("C")] < 0.8


@pytest.mark.dft
def test_an_electron_less_is_what_pyscf_says(tmp_path: Path) -> None:
    """Water, PBE: ionisation energy within 0.06 eV (seen: 0.03), both spins' levels, and ⟨S²⟩ of the cation."""
    pytest.importorskip("gpaw")
    pytest.importorskip("pyscf")
    water, found = molecule("H2O"), {}
    for engine, own in (
        ("gpaw", {"mode": "fd", "vacuum": 4.0, "grid": 0.2}),
        ("pyscf", {"functional": "PBE", "basis": "def2-TZVPD"}),
    ):
        neutral = computed(tmp_path / engine, water, engine, **own)
        cation = computed(tmp_path / f"{engine}+", water, engine, charge=1.0, **own)
        found[engine] = (cation["energy"] - neutral["energy"], cation)
    (one, grid), (other, gaussians) = found["gpaw"], found["pyscf"]
    assert one == pytest.approx(other, abs=0.06)
    assert (grid["homo"], grid["lumo"]) == pytest.approx((gaussians["homo"], gaussians["lumo"]), abs=0.1)
    assert grid["contamination"] == pytest.approx(gaussians["contamination"], abs=5e-4)
