"""Phonon studies from the campaign file to the report, with EMT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from potash.calcs.vault import Vault
from potash.campaign import load
from potash.workflows.build import build
from potash.workflows.planning import plan
from tests.conftest import Run
from tests.direct import assert_refused

HEAD = "campaign: p\nengine: emt\nstudies:\n"
CUBIC = """\
1
Lattice="2.4 0 0 0 2.4 0 0 0 2.4" pbc="T T T"
Cu 0 0 0
"""


def written(folder: Path, *studies: str) -> Path:
    (folder / "sc.xyz").write_text(CUBIC)
    path = folder / "p.yaml"
    path.write_text(HEAD + "".join(f"  - {{kind: phonons, {study}}}\n" for study in studies))
    return path


def results(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "p" / "report" / "results.json").read_text())
    return {study["id"]: study for study in report["studies"]}


def test_a_minimum_and_none(potash: Run, tmp_path: Path) -> None:
    path = written(tmp_path, "phase: Al, supercell: 5.6", "phase: {file: sc.xyz}")
    entries = plan(build(load(path)), Vault(tmp_path / "vault"))
    run = potash("run", str(path))
    assert run.returncode == 0, run.stdout + run.stderr
    stable, unstable = results(tmp_path).values()
    assert stable["status"] == unstable["status"] == "done"
    assert stable["id"] == "phonons-Al"
    # Each vector of the primitive cell, 2.82 Å long, is doubled.
    assert "[[2, 0, 0], [0, 2, 0], [0, 0, 2]] of the cell, 8 atoms, 1 displacements" in stable["notes"][0]
    assert stable["quantities"]["lowest frequency"]["value"] == pytest.approx(3.5, abs=0.2)
    assert "at L: a minimum" in stable["quantities"]["lowest frequency"]["says"]
    assert unstable["quantities"]["lowest frequency"]["value"] < -2
    assert "no minimum: dynamically unstable at M" in unstable["quantities"]["lowest frequency"]["says"]
    made = sum(entry.calls for entry in entries if entry.task == "phonons")
    assert made == sum(
        path.read_text().count("Lattice=") for path in tmp_path.glob("p/vault/*/*/calls.xyz") if is_phonons(path)
    )
    page = (tmp_path / "p" / "report" / "index.html").read_text()
    assert page.count("Phonon bands") >= 2
    assert ">Γ</text>" in page


def is_phonons(log: Path) -> bool:
    return bool(json.loads((log.parent / "calculation.json").read_text())["task"] == "phonons")


def test_another_path_asks_for_no_new_force(potash: Run, tmp_path: Path) -> None:
    written(tmp_path, "phase: Cu")
    assert potash("run", "p.yaml").returncode == 0
    first = results(tmp_path)["phonons-Cu"]
    written(tmp_path, "phase: Cu, path: [[G, X], [K, G]]", "phase: Cu, supercell: [[-1, 1, 1], [1, -1, 1], [1, 1, -1]]")
    assert potash("run", "p.yaml").returncode == 0
    second, cube = results(tmp_path).values()
    assert second["provenance"]["keys"] == first["provenance"]["keys"]
    assert ">X|K</text>" in (tmp_path / "p" / "report" / "index.html").read_text()
    assert second["quantities"]["lowest frequency"] == first["quantities"]["lowest frequency"]
    # The conventional cube holds Γ and the three X alone.
    assert "at X: a minimum" in cube["quantities"]["lowest frequency"]["says"]
    assert "4 atoms" in cube["notes"][0]


@pytest.mark.parametrize(("study", "words"), [
    ("phase: Cu, path: [[G, M]]", "face-centred cubic lattice has no point 'M'"),
    ("phase: Cu, path: [[G]]", "path must be a list of pieces of at least two points each"),
    ("phase: Cu, path: GX", "path must be a list of pieces of at least two points each"),
    ("phase: Cu, supercell: [1, 1, 1]", "one atom has no vibrations"),
    ("phase: Cu, supercell: [[0, 1, 0], [1, 0, 0], [0, 0, 1]]", "determinant"),
    ("phase: Cu, supercell: [2, 2]", "supercell must be three whole numbers"),
    ("phase: Cu, supercell: [[2, 0, 0], [0, 2, 0]]", "supercell must be three whole numbers"),
    ("phase: graphene", "no crystal"),
])  # fmt: skip
def test_what_cannot_be_built_is_told(study: str, words: str, tmp_path: Path) -> None:
    assert_refused(written(tmp_path, study), words, line=4)


def test_a_list_makes_one_study_of_each(tmp_path: Path) -> None:
    flows = build(load(written(tmp_path, "phase: [Cu, Al]")))
    assert list(flows) == ["phonons-Cu", "phonons-Al"]
