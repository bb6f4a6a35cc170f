from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import Run


def test_help_teaches_every_command(potash: Run) -> None:
    text = potash("--help").stdout
    for name in ("run", "plan", "submit", "status", "report", "rerun", "structure", "published", "doctor"):
        assert f" {name} " in text
        assert potash(name, "--help").returncode == 0


def test_bad_input_is_one_sentence_and_exit_code_2(potash: Run, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("campaign: c\nstudies:\n  - {kind: bulk, phase: K2Sf}\n")
    run = potash("run", "c.yaml")
    assert run.returncode == 2
    assert run.stderr.strip() == "potash: c.yaml:3: unknown phase 'K2Sf' (did you mean K2S or K2Se or KF?)"
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]


@pytest.mark.parametrize("words", [("structure", "K2Sf"), ("published", "A999"), ("status", "."), ("run", "none.yaml"),
                                   ("run", "."), ("structure", "K2Se", "--facet", "1,1"),
                                   ("structure", "K2Se", "--facet", "1,0,0")])  # fmt: skip
def test_every_command_refuses_in_one_sentence(potash: Run, words: tuple[str, ...]) -> None:
    run = potash(*words)
    assert run.returncode == 2
    assert run.stderr.startswith("potash: ")
    assert len(run.stderr.strip().splitlines()) == 1


def test_unknown_options_are_refused_by_name(potash: Run) -> None:
    run = potash("run", "--corse", "2", "c.yaml")
    assert run.returncode == 2
    assert "--cor" in run.stderr


@pytest.mark.parametrize("name", ["K2Se.cif", "POSCAR", "k2se.xyz", "k2se.json"])
def test_structures_are_written_and_read_back(potash: Run, tmp_path: Path, name: str) -> None:
    from potash.structures.files import read
    from potash.structures.phases import phase

    assert potash("structure", "K2Se", "-o", name).returncode == 0
    atoms = read(tmp_path / name)
    assert atoms.get_volume() == pytest.approx(phase("K2Se").get_volume(), rel=1e-4)
    assert sorted(atoms.symbols) == sorted(phase("K2Se").symbols)


def test_published_values_are_shown_with_their_cautions(potash: Run) -> None:
    text = potash("published", "A007").stdout
    assert "0.1236 eV" in text
    assert "caution" in text
    assert "630 published values" in potash("published").stdout


def test_the_doctor_names_each_lack_with_the_line_that_mends_it(potash: Run) -> None:
    text = potash("doctor", PATH="/nonexistent").stdout
    assert "emt" in text
    assert "apt-get install quantum-espresso" in text


def test_light_commands_answer_within_half_a_second(potash: Run) -> None:
    """Not a timing: what makes them light is that the heavy packages are not imported."""
    import subprocess
    import sys

    code = (
        "import sys; sys.argv = ['potash', '--help']\n"
        "from potash.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import potash.show.status, potash.campaign, potash.workflows.ledger\n"
        "heavy = {'pymatgen', 'jobflow', 'gpaw', 'scipy', 'matplotlib', 'ase'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert time.monotonic() - began < 20


def test_a_facet_lists_its_terminations_and_is_cut_as_named(potash: Run, tmp_path: Path) -> None:
    from ase.io import read

    rows = [
        line.split() for line in potash("structure", "K2Se", "--facet", "1,1,1", "--terminations").stdout.splitlines()
    ]
    assert [row[0] for row in rows] == ["termination", "K-1", "K-2", "Se", "Se-half"]
    assert rows[1][-6:] == ["1", "top,", "1", "bridge,", "2", "hollow"]
    asked = ("structure", "K2Se", "--facet", "1,1,1", "--termination", "Se", "--thickness", "12")
    assert potash(*asked, "-o", "se.xyz").returncode == 0
    slab = read(tmp_path / "se.xyz")
    assert slab.symbols[slab.positions[:, 2].argmax()] == "Se"
    assert len(slab) == 9
    refused = potash("structure", "K2Se", "--terminations")
    assert refused.returncode == 2
    assert "name it as well" in refused.stderr


def test_a_plan_says_who_set_a_setting(potash: Run, tmp_path: Path) -> None:
    pytest.importorskip("gpaw")
    study = "{kind: bulk, phase: NiO, settings: {spin: none}}"
    (tmp_path / "c.yaml").write_text(f"campaign: c\nsettings: {{cutoff: 300}}\nstudies:\n  - {study}\n")
    lines = {tuple(line.split()[:2]): line for line in potash("plan", "c.yaml", "--settings").stdout.splitlines()}
    told = {key: lines["crystal", key].rsplit("(", 1)[1] for key in ("spin", "cutoff", "hubbard", "spacing")}
    assert told == {"spin": "study)", "cutoff": "campaign)", "hubbard": "rule)", "spacing": "protocol)"}
