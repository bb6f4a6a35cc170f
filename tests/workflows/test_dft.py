"""Each kind of study once on GPAW, on the smallest system that still means something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.dft


def study(potash: Run, tmp_path: Path, line: str) -> dict[str, Any]:
    (tmp_path / "one.yaml").write_text(f"campaign: one\nstudies:\n  - {line}\n")
    run = potash("run", "one.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "one" / "report" / "results.json").read_text())
    only: dict[str, Any] = report["studies"][0]
    return only


def test_vacancy_hop_in_k2se(potash: Run, tmp_path: Path) -> None:
    # One k-point: enough to see that the way through is right, not for a number.
    found = study(
        potash,
        tmp_path,
        "{kind: barrier, host: K2Se, ion: K, charge: -1, cutoff: 4, kpoints: [1, 1, 1], settings: {spacing: 0.5}}",
    )
    assert found["status"] == "done", found["reason"]
    numbers = found["quantities"]
    assert 0.05 < numbers["barrier"]["value"] < 0.6
    assert numbers["barrier"]["value"] == pytest.approx(numbers["barrier back"]["value"], abs=0.01)
    assert all(check["passed"] for check in numbers["barrier"]["checks"])
    assert len(numbers["barrier"]["checks"]) == 23
    assert 1 < numbers["attempt frequency"]["value"] < 20
    assert found["provenance"]["band_calls"] < 20, "a band by images takes four times as many"


def test_potassium_on_graphene(potash: Run, tmp_path: Path) -> None:
    found = study(
        potash,
        tmp_path,
        "{kind: adsorption, phase: graphene, ion: K, sites: [hollow], supercell: [2, 2], substrate: frozen, "
        "kpoints: [3, 3, 1], settings: {spacing: 0.5}}",
    )
    numbers = {name: quantity["value"] for name, quantity in found["quantities"].items()}
    assert numbers["E_ads hollow, free atom"] < -0.2, "potassium binds to graphene"
    assert 2.4 < numbers["height hollow"] < 3.1
    # Bader's surfaces leave the ion what Hirshfeld's weights share with carbon.
    assert 0.0 < numbers["charge transferred (Hirshfeld)"] < numbers["charge transferred (Bader)"] < 1.0
    # Graphene's work function is measured as 4.5 to 4.6 eV; potassium gives it electrons and lowers it.
    assert numbers["work function, clean"] == pytest.approx(4.4, abs=0.3)
    assert numbers["change of the work function"] < -0.5
    # The two references differ by the metal's cohesive energy; experiment −0.93 eV, PBE −0.87 eV.
    difference = numbers["E_ads hollow, free atom"] - numbers["E_ads hollow, bulk metal"]
    assert difference == pytest.approx(numbers["cohesive energy"], abs=1e-9)
    assert numbers["cohesive energy"] == pytest.approx(-0.87, abs=0.12)


def test_levels_of_carbonates(potash: Run, tmp_path: Path) -> None:
    found = study(
        potash,
        tmp_path,
        "{kind: orbitals, molecules: [EC, FEC], geometry: given, difference: [FEC, EC], published: [A049]}",
    )
    numbers = {name: quantity["value"] for name, quantity in found["quantities"].items()}
    assert numbers["LUMO FEC − EC"] < 0, "fluorine lowers the LUMO"
    # PBE puts the HOMO of EC at −6.6 eV, far above the measured ionisation energy of 11 eV.
    assert numbers["HOMO EC"] == pytest.approx(-6.6, abs=0.3)
    assert found["published"][0]["verdict"] == "ordering reproduced"
