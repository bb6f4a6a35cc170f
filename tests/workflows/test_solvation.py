"""Shells from the campaign file to the result, on tblite: ions with water, ion pairs, and what cannot be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import units
from ase.optimize import BFGS

from potash.analysis.published import compare, get
from potash.analysis.report.figures import figures
from potash.analysis.result import StudyResult
from potash.calcs.engine import engine, protocol
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.structures.encoding import decode
from potash.structures.molecules import molecule
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests import direct

HEAD = "campaign: s\nengine: tblite\nprotocol: standard\nstudies:\n"


def written(folder: Path, *studies: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(HEAD + "".join(f"  - {{kind: solvation, {study}}}\n" for study in studies))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> direct.Direct:
    return direct.Direct(tmp_path_factory.mktemp("shells"))


@pytest.fixture(scope="module")
def done(place: direct.Direct, tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    return direct.run(
        written(
            tmp_path_factory.mktemp("campaign"),
            "id: water, ion: [Li+, K+], solvents: {'smiles:O': [1, 2]}, starts: 4, thermal: 298.15",
            "id: pair, ion: K+, solvents: {'smiles:O': [0, 1]}, anion: BF4-, starts: 4, published: [L02], dissociation: true, "
            "settings: {solvent: DME}",
        ),
        place,
    )


def value(result: dict[str, Any], name: str) -> float:
    found: float = result["quantities"][name]["value"]
    return found


def energy(symbols: Any, positions: Any, charge: float) -> float:
    """Relax by ASE itself, past potash."""
    from ase import Atoms

    atoms = Atoms(symbols, positions)
    code = engine("tblite")
    settings = code.complete(atoms, {**protocol("tblite", "standard", "molecule"), "charge": charge})
    atoms.calc = code.calculator(atoms, settings, Path())
    if len(atoms) > 1:
        BFGS(atoms, logfile=None).run(fmax=0.01)
    return float(atoms.get_potential_energy())


def test_the_binding_energy_is_that_of_one_relaxation_by_hand(done: dict[str, direct.Done]) -> None:
    found = done["water-Li+"].result
    assert found["status"] == "done", found["reason"]
    bound = energy("LiOH2", [(0, 0, 0), (1.9, 0, 0), (2.5, 0.76, 0), (2.5, -0.76, 0)], 1.0)
    water = molecule("smiles:O")
    apart = energy("Li", [(0, 0, 0)], 1.0) + energy(water.symbols, water.positions, 0.0)
    assert value(found, "binding energy Li+(smiles:O)") == pytest.approx(bound - apart, abs=0.005)


def test_steps_add_up(done: dict[str, direct.Done]) -> None:
    for name in ("water-Li+", "water-K+"):
        found, ion = done[name].result, name.removeprefix("water-")
        one, two = (value(found, f"binding energy {ion}(smiles:O){count}") for count in ("", "2"))
        step = value(found, f"stepwise binding energy {ion}(smiles:O)2")
        assert one + step == pytest.approx(two, abs=1e-9)
        assert one < step < 0, "the second molecule is bound, less than the first"
        assert value(found, "binding energy") == two


def test_small_ions_bind_water_more_strongly_and_at_two_oxygens(done: dict[str, direct.Done]) -> None:
    lithium, potassium = done["water-Li+"].result, done["water-K+"].result
    assert value(lithium, "binding energy") < value(potassium, "binding energy") < 0
    assert value(lithium, "coordination number Li+(smiles:O)2") == 2
    atoms = decode(next(view for view in lithium["views"] if view["title"].startswith("Li+(smiles:O)2"))["frames"][0])
    lengths = atoms.get_distances(0, atoms.symbols.search("O"))
    assert lengths == pytest.approx([1.87, 1.87], abs=0.1)
    one, other = (int(oxygen) for oxygen in atoms.symbols.search("O"))
    assert atoms.get_angle(one, 0, other) > 150, "two molecules face each other"


def test_binding_costs_entropy(done: dict[str, direct.Done]) -> None:
    """A molecule that is bound gives up 6 k of translation and rotation: some 0.3 eV at room temperature."""
    found = done["water-K+"].result
    lost = value(found, "binding free energy K+(smiles:O)") - value(found, "binding energy K+(smiles:O)")
    assert 0.15 < lost < 0.45


def test_an_ion_pair_has_both_definitions(done: dict[str, direct.Done]) -> None:
    found = done["pair"].result
    assert found["status"] == "done", found["reason"]
    solvation = found["quantities"]["solvation energy"]
    pair, whole = (value(found, f"binding energy K+{around}") for around in ("(BF4-)", "(smiles:O)(BF4-)"))
    assert solvation["value"] == pytest.approx(whole - pair, abs=1e-9)
    assert -3 < pair < -0.5, "unlike charges, in a continuum"
    ways = solvation["choices"]["definition"]
    assert ways["ion pair and solvent apart, in total"] == pytest.approx(solvation["value"])
    assert ways["ion and molecules apart, in total"] == pytest.approx(whole)
    said = found["published"][0]
    assert (said["verdict"], said["value"]) == (compare(get("L02"), solvation["value"], 0.0)[0], get("L02").value)
    assert any("search's own" in note for note in found["notes"])
    assert any(
        re.search(r"of \d+ starts, \d+ distinct shells?, the lowest found \d+ times?; ", note)
        for note in found["notes"]
    )
    assert not any(re.search(r"\b0 (ends|starts)|\b1 (times|atoms|shells)", note) for note in found["notes"])


def test_an_ion_pair_parts_in_a_continuum(done: dict[str, direct.Done]) -> None:
    """Without one K+(H2O) and BF4- would part for some 5 eV, as unlike charges 3 Å apart do."""
    found = done["pair"].result
    bare, wet = (value(found, f"dissociation energy K+{around}") for around in ("(BF4-)", "(smiles:O)(BF4-)"))
    assert bare == pytest.approx(-value(found, "binding energy K+(BF4-)"), abs=1e-9)
    assert 0.2 < wet < bare < 3, "water makes it easier to leave"
    assert "continuum (DME)" in found["quantities"]["dissociation energy K+(BF4-)"]["says"]
    strip = value(found, "desolvation energy")
    assert strip == pytest.approx(-value(found, "solvation energy"), abs=1e-9)
    assert strip == pytest.approx(value(found, "desolvation energy of the last molecule"), abs=1e-9)


def test_charges_are_those_of_the_molecules(place: direct.Direct, done: dict[str, direct.Done]) -> None:
    found = done["pair"].result
    assert found["provenance"]["engine"] == "tblite"
    charges = {label.split(": ")[1].split(",")[0] for label in place.labels}
    assert {"K+", "BF4-", "K+(BF4-)", "K+(smiles:O)(BF4-)", "K+(smiles:O)"} <= charges
    for given in done["water-K+"].given[2].values():
        content = given["content"]
        whole = sum(each["charge"] * each["count"] for each in content)
        for result in given["results"]:
            assert result["settings"]["charge"] == whole


def test_a_figure_is_drawn(done: dict[str, direct.Done]) -> None:
    (figure,) = figures(StudyResult.model_validate(done["water-Li+"].result), "s")
    assert figure.svg.startswith("<svg")


def test_another_engine_takes_the_lowest(tmp_path: Path) -> None:
    path = written(tmp_path, "id: two, ion: Na+, solvents: {DME: 2}, starts: 6, lowest: 2, engine: pyscf")
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    labels = {(entry.label, entry.engine, entry.task) for entry in entries}
    assert ("Na+(DME)2, search", "tblite", "search") in labels
    assert ("Na+(DME)2, shell 1", "pyscf", "relax") in labels
    assert ("Na+(DME)2, shell 2", "pyscf", "relax") in labels
    assert ("DME, shell 1", "pyscf", "relax") in labels
    assert {entry.settings["charge"] for entry in entries if "Na+" in entry.label} == {1.0}
    assert {entry.settings["charge"] for entry in entries if entry.label.startswith("DME")} == {0.0}


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("ion: Mg2+, solvents: {DME: 1}", "unknown molecule 'Mg2+'"),
        ("ion: EC, solvents: {DME: 1}", "a shell is made around Li+, Na+, K+"),
        ("ion: K+, solvents: {unobtainium: 1}", "unknown molecule 'unobtainium'"),
        ("ion: K+, solvents: {'smiles:C(': 1}", "no SMILES that RDKit can read"),
        ("ion: K+, solvents: {DME: 0}", "at least one molecule"),
        ("ion: K+, solvents: {DME: [1, 2], EC: [1, 2]}", "one solvent can have a list"),
        ("ion: K+, solvents: {DME: 1}, anion: EC", "'EC' is no anion"),
        ("ion: K+, solvents: {DME: 1}, dissociation: true", "needs an anion that leaves the shell"),
        ("ion: K+, solvents: {Na+: 1}", "'Na+' is no solvent: its charge is +1"),
        ("ion: K+, solvents: {DME: 1, FSI-: 1}", "'FSI-' is no solvent: its charge is -1; an anion goes under the key"),
        ("ion: K+, solvents: {DME: 13}", "at most 12"),
        ("ion: K+, solvents: {DME: 12, EC: 12, PC: 1}", "a shell of 25 molecules is a liquid"),
        ("ion: K+, solvents: {DME: 1}, starts: 501", "from 1 to 500"),
        ("ion: K+, solvents: {DME: 1}, search: gfn", "unknown engine 'gfn'"),
    ],
)
def test_bad_input_is_one_sentence(study: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        build(load(written(tmp_path, study)))
    said = str(error.value)
    assert words in said
    assert said.startswith(f"{tmp_path / 's.yaml'}:5: ")
    assert len(said.splitlines()) == 1


def test_lists_fan_out(tmp_path: Path) -> None:
    path = written(tmp_path, "ion: [Li+, K+], solvents: [{EC: 1}, {DME: [1, 2]}], starts: 1")
    assert list(build(load(path))) == [
        "solvation-Li+-EC-1",
        "solvation-Li+-DME-1-2",
        "solvation-K+-EC-1",
        "solvation-K+-DME-1-2",
    ]


def test_thermal_corrections_are_those_of_an_ideal_gas() -> None:
    """An atom's by Sackur and Tetrode; of a spring, the frequency by hand."""
    from ase import Atoms

    from potash.analysis.thermal import gibbs, vibrations

    mass, kelvin = float(Atoms("K").get_masses()[0]), 298.15
    thermal = units.kB * kelvin
    wave = np.sqrt(2 * np.pi * units._hbar**2 / (mass * units._amu * units._k * kelvin))
    volume = units._k * kelvin / 1e5
    entropy = units.kB * (2.5 + np.log(volume / wave**3))
    assert gibbs(Atoms("K"), None, kelvin) == (pytest.approx(2.5 * thermal - kelvin * entropy, abs=1e-4), 0)
    pair, stiffness = Atoms("H2", [(0, 0, 0), (0.74, 0, 0)]), 30.0
    hessian = np.zeros((6, 6))
    hessian[np.ix_([0, 3], [0, 3])] = stiffness * np.array([[1, -1], [-1, 1]])
    reduced = float(pair.get_masses()[0]) / 2 * units._amu
    expected = units._hbar * np.sqrt(stiffness * units._e * 1e20 / reduced) / units._e
    assert vibrations(pair, hessian, "linear") == pytest.approx([expected])


def test_a_hybrid_binds_water_to_sodium_as_published(tmp_path: Path) -> None:
    """Against ab initio −24.3 kcal/mol as table 2 of doi:10.1021/ct900576a quotes it; B3LYP-D3(BJ) at GFN2's geometry."""
    study = "id: hybrid, ion: Na+, solvents: {'smiles:O': 1}, starts: 2, lowest: 1, engine: pyscf, geometry: searched"
    path = written(tmp_path, f"{study}, protocol: fast, counterpoise: true")
    found = direct.run(path, direct.Direct(tmp_path))["hybrid"].result
    assert found["status"] == "done", found["reason"]
    assert value(found, "binding energy") / (units.kcal / units.mol) == pytest.approx(-24.3, abs=2.0)
    assert 0 < value(found, "counterpoise correction Na+(smiles:O)") < 0.1


def test_the_superposition_error_is_none_of_the_continuum(tmp_path: Path) -> None:
    """It belongs to the basis: with the same atoms, the same in a solvent, in which a ghost would hollow out a cavity."""
    study = "ion: Na+, solvents: {'smiles:O': 1}, starts: 2, lowest: 1, engine: pyscf, geometry: searched, counterpoise: true"
    own = "protocol: fast, settings: {basis: 6-31+G*"
    path = written(tmp_path, f"id: bare, {study}, {own}}}", f"id: wet, {study}, {own}, solvent: DME}}")
    done = direct.run(path, direct.Direct(tmp_path))
    bare, wet = (value(done[name].result, "counterpoise correction Na+(smiles:O)") for name in ("bare", "wet"))
    assert wet == pytest.approx(bare, abs=1e-5)
    assert value(done["wet"].result, "binding energy") > value(done["bare"].result, "binding energy") + 0.3


def test_counterpoise_needs_ghost_atoms(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="counterpoise needs ghost atoms, which the engine tblite"):
        build(load(written(tmp_path, "ion: K+, solvents: {DME: 1}, counterpoise: true")))
