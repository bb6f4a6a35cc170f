"""The same study on two DFT codes gives one answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

#: Two codes, two kinds of pseudopotential, one functional: PBE lattice constants agree within this.
TOLERANCE = 0.01

pytestmark = pytest.mark.dft


@pytest.mark.skipif(shutil.which("pw.x") is None, reason="pw.x is not installed: apt-get install quantum-espresso")
def test_gpaw_and_espresso_agree_on_the_lattice_constant_of_k2se(potash: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pseudo"
    subprocess.run([sys.executable, "-m", "potash.calcs.gth", str(folder), "K", "Se"], check=True)
    (tmp_path / "two.yaml").write_text(
        "campaign: two\n"
        "studies:\n"
        "  - {id: gpaw, kind: bulk, phase: K2Se, settings: {spacing: 0.5}}\n"
        "  - {id: espresso, kind: bulk, phase: K2Se, engine: espresso, settings: {spacing: 0.5, pseudopotentials: pseudo}}\n"
    )
    run = potash("run", "two.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "two" / "report" / "results.json").read_text())
    found = {study["id"]: study["quantities"]["a"]["value"] for study in report["studies"]}
    assert found["espresso"] == pytest.approx(found["gpaw"], rel=TOLERANCE)
    # PBE is known to overestimate it by about one per cent (experiment 7.676 Å).
    assert found["gpaw"] == pytest.approx(7.676, rel=0.02)
