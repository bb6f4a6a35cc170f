"""GTH pseudopotentials: every number of CP2K's file arrives, none is invented."""

import re
from pathlib import Path

import pytest

from potash.calcs import gth
from potash.errors import BadInput

#: As CP2K's file has it (2023.1).
TEXT = """\
#
# a remark
#
H GTH-PBE-q1 GTH-PBE
    1
     0.20000000    2    -4.17890044     0.72446331
    0
#
Se GTH-PBE-q6 GTH-PBE
    2    4
     0.51000000    0
    3
     0.43246005    3     6.51810990    -0.22271639    -1.19612899
                                       -1.65797833     3.08839178
                                                      -2.45133498
     0.47049162    2     2.28126223     0.36533529
                                       -0.43227055
     0.62560034    1     0.43979948
#
Bi GTH-PBE-q15
    2    3   10
     0.51000000    1    13.39622231
    1
     0.48120446    2     9.54548100    -3.94511418
                                        5.09312050
#
Bi GTH-PBE-q5 GTH-PBE
    2    3
     0.60500000    1     7.94575692
    1
     0.58223216    1     0.64373527
#
K GTH-BLYP-q9 GTH-BLYP
    3    6
     0.40000000    1    -3.0
    0
"""

SELENIUM = """\
34 6 210212
10 11 2 0 2001 0
0.51000000 0
3
0.43246005 3 6.51810990 -0.22271639 -1.19612899
-1.65797833 3.08839178
-2.45133498
0.47049162 2 2.28126223 0.36533529
-0.43227055
0.00000000 0.00000000
0.00000000
0.62560034 1 0.43979948
0.00000000
"""


def test_lays_out_projectors_and_zero_spin_orbit_terms() -> None:
    lines = gth.write(gth.read(TEXT)["Se"]).splitlines()
    assert lines[0].startswith("Se GTH-PBE-q6")
    assert [line.split("    ")[0] for line in lines[1:]] == SELENIUM.splitlines()


def test_hydrogen_has_one_empty_channel() -> None:
    lines = gth.write(gth.read(TEXT)["H"]).splitlines()
    assert lines[3:] == ["0.20000000 2 -4.17890044 0.72446331", "0", "0.20000000 0"]


def test_takes_the_variant_that_keeps_most_electrons() -> None:
    assert gth.read(TEXT)["Bi"].electrons == 15


def test_leaves_other_functionals_out() -> None:
    assert set(gth.read(TEXT)) == {"H", "Se", "Bi"}


def test_every_number_of_debians_file_arrives(tmp_path: Path) -> None:
    if not (gth.CP2K_DATA / "GTH_POTENTIALS").exists():
        pytest.skip("cp2k-data is not installed")
    text = gth.source().read_text(encoding="utf-8")
    paths = {path.name.split(".")[0]: path for path in gth.convert(tmp_path)}
    assert {"Li", "Na", "K", "Se", "Sb", "Bi", "O", "C", "H", "F", "P", "S", "B", "N", "Sn"} <= set(paths)
    for element, potential in gth.read(text).items():
        block = re.search(rf"^{element} {potential.name}\b.*?^#", text, re.DOTALL | re.MULTILINE)
        assert block is not None
        original = sorted(float(number) for number in re.findall(r"-?\d+\.\d+", block[0]))
        numbers = re.findall(r"-?\d+\.\d+", "\n".join(paths[element].read_text().splitlines()[1:]))
        assert sorted(filter(None, map(float, numbers))) == pytest.approx(
            [number for number in original if number] if potential.channels else sorted([*original, potential.radius])
        )


def test_says_which_elements_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "GTH_POTENTIALS").write_text(TEXT)
    monkeypatch.setenv("CP2K_DATA_DIR", str(tmp_path))
    with pytest.raises(BadInput, match="'Xx'"):
        gth.convert(tmp_path / "set", ["Xx"])


def test_says_how_to_get_cp2ks_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CP2K_DATA_DIR", str(tmp_path))
    assert gth.main([str(tmp_path / "set")]) == 2
    assert "apt-get install cp2k-data" in capsys.readouterr().err
