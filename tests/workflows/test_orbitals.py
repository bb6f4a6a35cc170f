"""Levels and electron transfer of molecules by pyscf in a minimal basis: how a study holds together, not its numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ase import Atoms
from ase.optimize import BFGS

from potash.calcs.engine import engine, protocol
from potash.calcs.relax import largest
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.encoding import decode
from potash.structures.molecules import molecule
from potash.structures.smiles import conformers
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests import direct
from tests.conftest import Run

pytest.importorskip("pyscf")

HEAD = "campaign: levels\nengine: pyscf\nprotocol: fast\nsettings: {basis: sto-3g, dispersion: none}\nstudies:\n  - "


def result(potash: Run, folder: Path, study: str) -> dict[str, Any]:
    (folder / "levels.yaml").write_text(HEAD + study + "\n")
    run = potash("run", "levels.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, Any] = json.loads((folder / "levels" / "report" / "results.json").read_text())["studies"][0]
    return found


def test_an_electron_more_and_less(potash: Run, tmp_path: Path) -> None:
    found = result(
        potash,
        tmp_path,
        "{kind: orbitals, molecules: [{smiles: O}], properties: [affinity, potentials], sensitivities: false}",
    )
    numbers = {name.replace(" smiles:O", ""): quantity["value"] for name, quantity in found["quantities"].items()}
    assert numbers["gap"] == pytest.approx(numbers["LUMO"] - numbers["HOMO"])
    # B3LYP's levels lie too close to each other; relaxing the ion helps, whatever the sign.
    assert -numbers["vertical electron affinity"] > numbers["LUMO"]
    assert numbers["vertical ionisation energy"] > -numbers["HOMO"]
    assert numbers["adiabatic electron affinity"] >= numbers["vertical electron affinity"]
    assert numbers["adiabatic ionisation energy"] <= numbers["vertical ionisation energy"]
    for metal, absolute in (("Li", 1.40), ("Na", 1.73), ("K", 1.51)):
        assert numbers[f"reduction potential, {metal}"] == pytest.approx(
            numbers["adiabatic electron affinity"] - absolute
        )
        assert numbers[f"oxidation potential, {metal}"] == pytest.approx(
            numbers["adiabatic ionisation energy"] - absolute
        )
    names = {check["name"] for check in found["quantities"]["vertical electron affinity smiles:O"]["checks"]}
    assert names >= {"⟨S²⟩ off its own value", "largest force left"}
    page = (tmp_path / "levels" / "report" / "index.html").read_text()
    assert "Order of reduction: LUMO beside the electron affinity" in page
    assert "A LUMO is no reduction potential" in page
    assert "No larger basis or box was tried" in page
    assert "No continuum was asked for" in page


def test_ions_hold_electrons_of_the_molecules_at_which_they_sit(potash: Run, tmp_path: Path) -> None:
    pytest.importorskip("tblite")
    found = result(
        potash,
        tmp_path,
        "{kind: orbitals, molecules: [BF4-], bound_to: [Li+], geometry: given, order: [Li+(BF4-), BF4-], published: [L07]}",
    )
    numbers = {name: quantity["value"] for name, quantity in found["quantities"].items()}
    assert numbers["LUMO Li+(BF4-)"] < numbers["LUMO BF4-"]
    assert numbers["HOMO Li+(BF4-)"] < numbers["HOMO BF4-"]
    assert found["published"][0]["verdict"] == "ordering reproduced"
    settings = found["provenance"]["settings"]
    assert settings["multiplicity"] == 1


def test_what_is_drawn_is_ranked_by_gfn2(tmp_path: Path) -> None:
    """Glycolaldehyde turns about two bonds: no conformer lies below the one that is taken, and it lies in a minimum."""
    pytest.importorskip("tblite")
    name = "smiles:OCC=O"
    (tmp_path / "drawn.yaml").write_text(f"{HEAD}{{kind: orbitals, molecules: ['{name}'], geometry: given}}\n")
    found = direct.run(tmp_path / "drawn.yaml", direct.Direct(tmp_path / "jobs"))["orbitals-smiles_OCC_O"].result
    taken = decode(found["views"][0]["frames"][0])
    settings = engine("tblite").complete(taken, protocol("tblite", "standard", "molecule"))

    def by_gfn2(atoms: Atoms) -> Atoms:
        atoms.calc = engine("tblite").calculator(atoms, settings, tmp_path)
        return atoms

    assert largest(by_gfn2(taken).get_forces()) < 0.06
    for start in (molecule(name), *conformers("OCC=O", 4, 7)):
        BFGS(by_gfn2(start), logfile=None).run(fmax=0.02, steps=300)
        assert taken.get_potential_energy() < start.get_potential_energy() + 0.005
    assert re.search(r"smiles:OCC=O: the lowest of \d distinct conformers by GFN2-xTB", " ".join(found["notes"]))


def test_a_basis_without_diffuse_functions_on_hydrogen_has_a_larger_one(tmp_path: Path) -> None:
    study = "{kind: orbitals, molecules: [EC], geometry: given, engine: pyscf, sensitivities: true, settings: {basis: 6-31+G*}}"
    found = planned(tmp_path, study)
    assert [settings["basis"] for settings in found.values()] == ["6-31+G*", "6-311++G**"]


def planned(folder: Path, study: str) -> dict[str, dict[str, Any]]:
    path = folder / "levels.yaml"
    path.write_text("campaign: levels\nengine: gpaw\nstudies:\n  - " + study + "\n")
    return {entry.label: entry.settings for entry in plan(build(load(path)), Vault(folder / "vault"))}


def test_gpaw_takes_shapes_from_lcao_and_levels_from_a_grid(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    found = planned(
        tmp_path, "{kind: orbitals, molecules: [{smiles: O}], properties: [levels, affinity], protocol: standard}"
    )
    found.pop("conformers of smiles:O")
    modes = {label.replace("smiles:O", "water"): settings["mode"] for label, settings in found.items()}
    assert modes == {
        "levels of water, geometry": "lcao",
        "levels of water": "fd",
        "levels of water, larger box": "fd",
        "water, reduced": "fd",
        "water, reduced, relaxed, geometry": "lcao",
    }, "of the anion's own geometry the plan knows nothing yet: its levels are the vertical ones to it"
    opened = {
        label for label, settings in found.items() if settings.get("multiplicity") == 2 and settings["charge"] == -1
    }
    assert opened == {label for label in found if "reduced" in label}


def test_fast_and_who_chooses_a_mode_keep_theirs(tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    fast = planned(tmp_path, "{kind: orbitals, molecules: [EC], protocol: fast}")
    assert [settings["mode"] for settings in fast.values()] == ["lcao"]
    chosen = planned(tmp_path, "{kind: orbitals, molecules: [EC], protocol: standard, settings: {mode: lcao}}")
    assert [settings["mode"] for settings in chosen.values()] == ["lcao", "fd"], "the grid weighs the basis"


@pytest.mark.parametrize(
    ("study", "says"),
    [
        (
            "{kind: orbitals, molecules: [EC], properties: [affinity], engine: emt}",
            "no open shells of molecules here",
        ),
        (
            "{kind: orbitals, molecules: [EC], properties: [potentials], geometry: given}",
            "potentials need relaxed geometries",
        ),
        ("{kind: orbitals, molecules: [EC], order: [EC, PC]}", "the order names PC"),
        (
            "{kind: orbitals, molecules: [EC], settings: {solvent: ECC}}",
            "no dielectric constant is on record for 'ECC'",
        ),
        ("{kind: orbitals, molecules: [EC], bound_to: [Ca2+]}", "a list of ions, of Li+, Na+ and K+"),
    ],
)
def test_what_cannot_be_is_refused(potash: Run, tmp_path: Path, study: str, says: str) -> None:
    (tmp_path / "levels.yaml").write_text(HEAD + study + "\n")
    run = potash("plan", "levels.yaml")
    assert run.returncode == 2
    assert says in " ".join((run.stdout + run.stderr).split())
