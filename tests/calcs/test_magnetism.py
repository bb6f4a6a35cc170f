"""Spin and U: in atoms, settings and key where they apply, and in GPAW's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from potash.calcs.calculation import Calculation
from potash.calcs.calls import CallLog, Recorder
from potash.calcs.engine import engine
from potash.calcs.vault import Vault
from potash.campaign import load
from potash.errors import BadInput
from potash.structures.encoding import decode, encode
from potash.structures.phases import phase
from potash.workflows.build import build
from potash.workflows.jobs import resolve
from potash.workflows.planning import plan

pytest.importorskip("gpaw")
U = {"hubbard": {"Ni": 6.2, "Fe": 5.3}}


def made(atoms: Atoms, **settings: Any) -> Calculation:
    recipe = {"engine": "gpaw", "protocol": "fast", "settings": settings, "task": "relax", "options": {}}
    return resolve(recipe, [encode(atoms)])


def test_what_has_no_open_shell_keeps_its_settings_and_its_key() -> None:
    plain = made(phase("Cu"))
    assert not {"spin", "hubbard"} & set(plain.settings)
    assert made(phase("Cu"), spin="none", **U) == plain
    atom = made(Atoms("K", cell=[11, 11, 11], pbc=True, magmoms=[1]), spin="none")
    assert atom.atoms[0]["moments"] == [1]


def test_open_shells_get_moments_and_their_own_u() -> None:
    crystal = phase("NiO", primitive=True)
    ruled = made(crystal, **U)
    assert (ruled.settings["spin"], ruled.settings["hubbard"]) == ("auto", {"Ni": 6.2})
    assert ruled.atoms[0]["moments"] == [2, -2, 0, 0]
    crystal.set_initial_magnetic_moments(None)
    assert made(crystal).atoms[0]["moments"] == [2, 2, 0, 0]
    bare = made(phase("NiO", primitive=True), spin="none", hubbard="none")
    assert "moments" not in bare.atoms[0]
    assert bare.settings["spin"] == "none"
    assert "hubbard" not in bare.settings
    assert len({each.key for each in (ruled, made(crystal), bare)}) == 3


def test_the_nearer_setting_wins_over_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "campaign: t\nsettings: {cutoff: 300}\nstudies:\n"
        "  - {kind: bulk, phase: [NiO, ZnO], id: rule}\n"
        "  - {kind: bulk, phase: NiO, id: own, settings: {hubbard: {Ni: 5}}}\n"
        "  - {kind: bulk, phase: NiO, id: without, settings: {hubbard: none}}\n"
        "  - {kind: bulk, phase: NiO, id: auto, settings: {hubbard: auto}}\n"
    )
    flows = build(load(path))
    told = {(entry.study, entry.formula): entry.settings.get("hubbard") for entry in plan(flows, Vault(tmp_path / "v"))}
    assert told == {
        ("rule-NiO", "Ni2O2"): {"Ni": 6.2},
        ("rule-ZnO", "O2Zn2"): None,
        ("own", "Ni2O2"): {"Ni": 5},
        ("without", "Ni2O2"): None,
    }  # the calculation of auto is the first study's
    remarks = {name: flow.jobs[-1].function_args[0]["remarks"] for name, flow in flows.items()}
    assert remarks["own"] == ["Spin: polarised, for Ni; Hubbard U: 5 eV for Ni."]
    assert remarks["without"] == ["Spin: polarised, for Ni; Hubbard U: none."]
    assert remarks["auto"] == remarks["rule-NiO"] == ["Spin: polarised, for Ni; Hubbard U: 6.2 eV for Ni."]
    assert remarks["rule-ZnO"] == []


@pytest.mark.parametrize(("setting", "says"), [
    ("spin: yes", "the setting 'spin' must be auto or none, not True"),
    ("spin: up", "unknown value 'up' of the setting 'spin'"),
    ("hubbard: 6.2", "must be auto or none, or a mapping of elements to U in eV, as {Ni: 6.2}, not 6.2"),
    ("hubbard: {Nj: 6.2}", "as {Ni: 6.2}, not {'Nj': 6.2}"),
    ("hubbard: {Ni: -1}", "as {Ni: 6.2}, not {'Ni': -1}"),
])  # fmt: skip
def test_what_cannot_be_is_told(setting: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(f"campaign: t\nstudies:\n  - {{kind: bulk, phase: NiO, settings: {{{setting}}}}}\n")
    with pytest.raises(BadInput) as error:
        build(load(path))
    assert says in str(error.value)
    assert str(error.value).startswith(f"{path}:3: ")


@pytest.mark.dft
def test_nickel_oxide_is_an_antiferromagnetic_insulator(tmp_path: Path) -> None:
    """Measured moments are 1.6 to 1.9 Bohr magnetons; PBE without U gives about 1.3 and a gap below 1 eV."""
    found = made(phase("NiO", primitive=True), kpoints=[2, 2, 2], **U)
    gpaw = engine("gpaw")
    settings = {**found.settings, "symmetry": True}
    recorder = Recorder(
        lambda atoms: gpaw.calculator(atoms, settings, tmp_path), CallLog(tmp_path / "c", writable=True)
    )
    calculator: Any = recorder.live(decode(found.atoms[0]))
    moments = calculator.get_magnetic_moments()
    assert moments[0] == pytest.approx(-moments[1], abs=0.01)
    assert 1.5 < abs(moments[0]) < 1.9
    homo, lumo = calculator.get_homo_lumo()
    assert lumo - homo > 2
    assert np.abs(moments[2:]).max() < 0.05
