"""Pseudopotentials are found by rule, or the user is told how to get some."""

from pathlib import Path

import pytest

from potash.calcs import pseudopotentials
from potash.errors import BadInput

UPF1 = """<PP_HEADER>
   0                   Version Number
  K                    Element
   US                  Ultrasoft pseudopotential
    9.00000000000      Z valence
</PP_HEADER>
"""
UPF2 = '<UPF version="2.0.1"><PP_HEADER pseudo_type="NC" z_valence="  9.000000000000000E+000"/></UPF>'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ESPRESSO_PSEUDO", str(tmp_path / "own"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


@pytest.mark.parametrize(
    "name", ["K.upf", "k_pbe_v1.uspp.UPF", "K-sp.gth", "K.pbe-spn-kjpaw_psl.1.0.0.UPF", "K.PBE.RRKJ3"]
)
def test_knows_an_elements_file_by_its_name(place: Path, name: str) -> None:
    (place / name).touch()
    for other in ("Kr.upf", "KUSPBE.RRKJ3", "K.json", "Se.upf"):
        (place / other).touch()
    assert pseudopotentials.choose(["K"]) == (place, {"K": name})


def test_a_campaigns_folder_wins(place: Path, tmp_path: Path) -> None:
    nearer = tmp_path / "set"
    nearer.mkdir()
    (nearer / "K.upf").touch()
    (place / "K.other.upf").touch()
    assert pseudopotentials.choose(["K"], str(nearer)) == (nearer, {"K": "K.upf"})


def test_the_folder_in_home_serves_where_no_other_is_named(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home/.config/potash/pseudopotentials"
    home.mkdir(parents=True)
    (home / "K.upf").touch()
    place.rmdir()
    assert pseudopotentials.choose(["K"])[0] == home


def test_a_lack_names_the_folder_and_two_ways_out(place: Path) -> None:
    with pytest.raises(BadInput) as error:
        pseudopotentials.choose(["K"])
    for words in (str(place), "F006: no pseudopotential", "none for K", "pseudo-dojo", "potash.calcs.gth"):
        assert words in str(error.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere"):
        pseudopotentials.choose(["K"], str(tmp_path / "nowhere"))


def test_several_are_listed(place: Path) -> None:
    for name in ("K.a.upf", "K_b.upf"):
        (place / name).touch()
    with pytest.raises(BadInput, match=r"K\.a\.upf, K_b\.upf"):
        pseudopotentials.choose(["K"])


@pytest.mark.parametrize(
    ("name", "text", "soft"),
    [("K.upf", UPF1, False), ("K.upf", UPF2, True), ("K.gth", "K\n19 9 0\n", True)],
)
def test_reads_valence_and_sort(place: Path, name: str, text: str, soft: bool) -> None:
    (place / name).write_text(text)
    about = pseudopotentials.describe(place / name)
    assert about["electrons"] == 9.0
    assert about["soft"] is soft
    assert len(about["sha256"]) == 12


def test_a_changed_file_is_not_taken_for_the_old_one(place: Path) -> None:
    path = place / "K.gth"
    path.write_text("K\n19 9 0\n")
    about = pseudopotentials.describe(path)
    assert pseudopotentials.locate(about, [place / "no", place]) == path
    path.write_text("K\n19 9 1\n0\n")
    with pytest.raises(BadInput, match=about["sha256"]):
        pseudopotentials.locate(about, [place])


@pytest.mark.parametrize(("name", "text", "says"), [
    ("K.upf", '<PP_HEADER functional="PBE"/>', "PBE"),
    ("K.upf", '<PP_HEADER functional=" SLA  PW   PBX  PBC"/>', "PBE"),
    ("K.upf", '<PP_HEADER functional="PBESOL"/>', "PBEsol"),
    ("K.upf", " SLA  PW   PBE  PBE    Exchange-Correlation functional\n", "PBE"),
    ("K.gth", "K\n19 9 0\n10 11 2 0 2001 0\n", "PBE"),
])  # fmt: skip
def test_reads_the_functional(place: Path, name: str, text: str, says: str) -> None:
    (place / name).write_text(text)
    assert pseudopotentials.functional([place / name]) == says


@pytest.mark.parametrize(("name", "text"), [
    ("K.upf", '<PP_HEADER functional="SLA PZ NOGX NOGC"/>'), ("K.upf", "nothing"), ("K.gth", "K\n19 9 0\n10 1 2 0\n"),
])  # fmt: skip
def test_refuses_functionals_without_a_dispersion_correction(place: Path, name: str, text: str) -> None:
    (place / name).write_text(text)
    with pytest.raises(BadInput, match=rf"{name} does not tell one"):
        pseudopotentials.functional([place / name])


def test_refuses_sets_that_are_mixed(place: Path) -> None:
    for name, functional in (("K", "PBE"), ("Se", "PBESOL")):
        (place / f"{name}.upf").write_text(f'<PP_HEADER functional="{functional}"/>')
    with pytest.raises(BadInput, match=r"K\.upf: PBE, Se\.upf: PBEsol"):
        pseudopotentials.functional([place / "K.upf", place / "Se.upf"])
