"""pyscf: closed forms, published values, forces by differences, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.units import Hartree

from potash.calcs import pyscf_calculator
from potash.calcs.calculation import Calculation
from potash.calcs.engine import engine, known_settings
from potash.calcs.faults import table
from potash.calcs.remedies import laid_over
from potash.calcs.worker import compute
from potash.errors import BadInput, CalculationFailed
from potash.structures.encoding import encode
from potash.workflows.jobs import resolve
from potash.workflows.settings import check

pytest.importorskip("pyscf")

#: e²/4πε₀ in eV Å.
COULOMB = 14.399645


def asked(atoms: Atoms, **settings: Any) -> Calculation:
    recipe = {"engine": "pyscf", "protocol": "fast", "task": "orbitals", "options": {"relax": False}}
    return resolve({**recipe, "settings": {"dispersion": "none", **settings}}, [encode(atoms)])


def computed(folder: Path, atoms: Atoms, **settings: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return compute(asked(atoms, **settings), folder, rank=0)


def test_the_level_of_hydrogen_by_exact_exchange_is_its_ionisation_energy(tmp_path: Path) -> None:
    found = computed(tmp_path, Atoms("H"), functional="HF", basis="aug-cc-pVTZ", auxiliary="none")
    assert found["homo"] == pytest.approx(-Hartree / 2, abs=0.01)
    assert found["energy"] == pytest.approx(-Hartree / 2, abs=0.01)
    assert found["contamination"] == pytest.approx(0, abs=1e-6)


def test_both_spins_count(tmp_path: Path) -> None:
    """The hole of a hydroxyl radical is of the other spin: its LUMO lies far below the empty ones of the majority."""
    settings = asked(Atoms("OH", [(0, 0, 0), (0, 0, 0.97)]), basis="6-31+G*").settings
    atoms = Atoms("OH", [(0, 0, 0), (0, 0, 0.97)])
    atoms.calc = engine("pyscf").calculator(atoms, settings, tmp_path)
    atoms.get_potential_energy()
    up, down = (energies * Hartree for energies in atoms.calc.field.mo_energy)
    found = engine("pyscf").levels(atoms, atoms.calc)
    assert (found.homo, found.lumo) == pytest.approx((max(up[4], down[3]), min(up[5], down[4])))
    assert found.lumo == pytest.approx(down[4])
    assert found.lumo < up[5] - 1


def test_the_lumo_is_divided_among_the_atoms_that_carry_it(tmp_path: Path) -> None:
    """Of N2 half each; of fluorine far from water all on fluorine, wherever the axes lie; of a radical's hole, the radical."""
    both = computed(tmp_path / "both", molecule("N2"), basis="6-31+G*")
    assert both["carriers"] == pytest.approx([0.5, 0.5], abs=1e-3)
    apart = molecule("H2O") + Atoms("F2", [(8, 0, 0), (8, 1.41, 0)])
    turned = apart.copy()
    turned.rotate(50, (1, 2, 3))
    turned.translate((1, -2, 3))
    for number, atoms in enumerate((apart, turned)):
        found = computed(tmp_path / f"apart{number}", atoms, basis="6-31+G*")
        assert found["carriers"] == pytest.approx([0, 0, 0, 0.5, 0.5], abs=2e-3)
    hole = computed(tmp_path / "hole", Atoms("OH", [(0, 0, 0), (0, 0, 0.97)]), basis="6-31+G*")
    assert hole["carriers"][0] > 0.9
    assert sum(hole["carriers"]) == pytest.approx(1, abs=1e-5)


def test_carbon_has_the_affinity_that_is_published_for_the_same_functional_and_basis(tmp_path: Path) -> None:
    """B3LYP, aug-cc-pVDZ: 1.368 eV (NIST's CCCBDB, release 22; cccbdb.nist.gov/elecaff2.asp?casno=7440440)."""
    own = {"basis": "aug-cc-pVDZ", "auxiliary": "none", "quadrature": 3}
    neutral = computed(tmp_path / "0", Atoms("C"), multiplicity=3, **own)
    anion = computed(tmp_path / "1", Atoms("C"), charge=-1.0, multiplicity=4, **own)
    assert neutral["energy"] - anion["energy"] == pytest.approx(1.368, abs=0.01)
    assert abs(neutral["contamination"]) < 0.02


def test_forces_are_the_energy_s_slope(tmp_path: Path) -> None:
    atoms = molecule("H2O")
    atoms.rattle(0.05, seed=1)
    code, step = engine("pyscf"), 0.01
    settings = asked(atoms, charge=1.0, solvent=20.0, basis="sto-3g", quadrature=4, convergence=1e-10).settings
    atoms.calc = code.calculator(atoms, settings, tmp_path)
    force = atoms.get_forces()[0, 2]
    energies = []
    for shift in (step, -step):
        moved = atoms.copy()
        moved.positions[0, 2] += shift
        moved.calc = code.calculator(moved, settings, tmp_path)
        energies.append(moved.get_potential_energy())
    assert force == pytest.approx((energies[1] - energies[0]) / (2 * step), abs=0.01)


def test_an_ion_in_a_continuum_gains_what_born_says(tmp_path: Path) -> None:
    from pyscf.data import radii

    energies = {}
    for solvent in ("none", 20.0):
        energies[solvent] = computed(tmp_path / str(solvent), Atoms("Li"), charge=1.0, solvent=solvent, basis="sto-3g")[
            "energy"
        ]
    radius = 1.2 * radii.VDW[3] * 0.529177
    born = -COULOMB / (2 * radius) * (1 - 1 / 20)
    assert energies[20.0] - energies["none"] == pytest.approx(born, rel=0.02)


def test_a_cycle_that_does_not_converge_is_a_fault_and_has_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atoms, own = molecule("H2O"), {"basis": "sto-3g"}
    right = computed(tmp_path / "right", atoms, **own)
    monkeypatch.setattr(pyscf_calculator, "CYCLES", 1)
    with pytest.raises(CalculationFailed, match=r"^F014: the self-consistent cycle did not converge"):
        computed(tmp_path / "wrong", atoms, **own)
    remedy = next(one for one in table()["F014"].remedies if one.name == "second order")
    helped = asked(atoms, **own)
    settings = {**helped.settings, "solver": laid_over({}, remedy.solver, "pyscf")}
    found = compute(helped.model_copy(update={"settings": settings}), tmp_path, rank=0)
    assert found["energy"] == pytest.approx(right["energy"], abs=1e-4)


def test_multiplicities_that_cannot_be_are_refused() -> None:
    assert asked(molecule("H2O")).settings["multiplicity"] == 1
    assert asked(molecule("H2O"), charge=-1.0).settings["multiplicity"] == 2
    with pytest.raises(BadInput, match=r"H2O with charge \+0 has 10 electrons, no multiplicity of 2"):
        asked(molecule("H2O"), multiplicity=2)
    with pytest.raises(BadInput, match="takes molecules"):
        asked(bulk("Cu"))


def test_ghosts_have_no_place_in_a_continuum() -> None:
    assert "ghosts" in asked(molecule("H2O"), ghosts=[1, 2]).settings
    with pytest.raises(BadInput, match="ghost atoms are taken in vacuum alone"):
        asked(molecule("H2O"), ghosts=[1, 2], solvent=20.0)


def test_unknown_bases_and_functionals_are_named() -> None:
    for settings, sentence in (
        ({"basis": "7-11G"}, "pyscf has no basis '7-11G' for H"),
        ({"basis": "6-31+G*", "charge": 1.0}, "pyscf has no basis '6-31+G*' for Au"),
        ({"functional": "B5LYP", "dispersion": "none"}, "pyscf knows no functional 'B5LYP'"),
        ({"charge": 10.0}, "H2O with charge +10 has no electrons"),
    ):
        with pytest.raises(BadInput) as caught:
            asked(Atoms("Au") if "Au" in sentence else molecule("H2O"), **settings)
        assert str(caught.value) == sentence


@pytest.mark.parametrize("wrong", ["ECC", 0.5, {"EC": 0}, {"EC": 1, "by": "weight"}, {}, True, [1]])
def test_solvents_that_are_none_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInput):
        check("pyscf", "solvent", wrong)


def test_every_setting_of_the_protocols_is_used() -> None:
    used = set(asked(molecule("H2O")).settings) - {"dielectric"} | {"solvent", "dispersion", "ghosts"}
    assert used == set(known_settings("pyscf"))


@pytest.mark.dft
def test_pyscf_and_gpaw_agree_on_the_level_of_an_atom(tmp_path: Path) -> None:
    """PBE; plane waves in a box of 10 Å for GPAW: within 0.05 eV (seen: 0.02)."""
    one = computed(tmp_path / "pyscf", Atoms("Ar"), functional="PBE", basis="def2-QZVPD")
    waves = {"mode": "pw", "cutoff": 500, "spacing": 0.3}
    recipe = {"engine": "gpaw", "protocol": "fast", "settings": waves, "task": "orbitals", "options": {"relax": False}}
    other = compute(resolve(recipe, [encode(Atoms("Ar", cell=[10, 10, 10]))]), tmp_path, rank=0)
    assert one["homo"] == pytest.approx(other["homo"], abs=0.05)
