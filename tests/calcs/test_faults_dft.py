"""Faults of GPAW and pw.x, brought about for real by what they are not allowed, and overcome where a remedy can."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ase import Atoms
from ase.build import bulk

from potash.calcs import gth
from potash.calcs.calls import count_calls
from potash.calcs.faults import table
from potash.errors import BadInput, CalculationFailed
from tests.calcs.asked import COARSE, asked, overcome, site, tried

pytestmark = pytest.mark.dft

#: What aluminium comes to in these bases, in eV: remedies must not change it.
GPAW, PWX = -4.40005, -55.81546

pwx = pytest.mark.skipif(
    shutil.which("pw.x") is None or not (gth.CP2K_DATA / "GTH_POTENTIALS").exists(),
    reason="pw.x or cp2k-data is not installed",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gth")
    gth.convert(made, ["Al", "H"])
    return made


@pytest.fixture
def quick(folder: Path) -> dict[str, object]:
    """Settings of pw.x that show faults, not energies."""
    return {"pseudopotentials": str(folder), "cutoff": 15, "spacing": 1.0}


def close(apart: float, **how: object) -> Atoms:
    return Atoms("Al2", [[3, 3, 3], [3, 3, 3 + apart]], cell=[6, 6, 6], pbc=True, **how)


class TestGpaw:
    """GPAW on aluminium."""

    @pytest.fixture(autouse=True)
    def installed(self) -> None:
        pytest.importorskip("gpaw")

    def test_too_few_cycles(self, tmp_path: Path) -> None:
        calculation = asked("gpaw", bulk("Al"), solver={"parameters": {"maxiter": 5}}, **COARSE)
        names, result = overcome(calculation, tmp_path)
        assert names == ["F014 slower mixing", "F014 from the last density"]
        assert result["energy"] == pytest.approx(GPAW, abs=1e-4)
        assert result["calls"] == 1

    def test_more_smearing_is_only_on_the_way(self, tmp_path: Path) -> None:
        narrow = asked("gpaw", bulk("Al"), solver={"parameters": {"maxiter": 5}, "widen": 4.0}, **COARSE)
        names, result = overcome(narrow, tmp_path)
        assert names == []
        assert result["energy"] == pytest.approx(GPAW, abs=1e-4)
        assert (tmp_path / "gpaw.1.txt").read_text(encoding="utf-8").count("convergence criteria") == 3

    @pytest.mark.parametrize(
        ("atoms", "settings", "energy"),
        [(bulk("Al"), {"solver": {"bands": 0.3}, **COARSE}, GPAW), ("H2", {"solver": {"bands": 20.0}, "grid": 0.3, "vacuum": None}, None)],
    )  # fmt: skip
    def test_too_few_bands_and_too_many(
        self, atoms: Atoms | str, settings: dict[str, object], energy: float | None, tmp_path: Path
    ) -> None:
        box = Atoms("H2", [[3, 3, 3], [3, 3, 3.75]], cell=[6, 6, 6])
        names, result = overcome(asked("gpaw", box if isinstance(atoms, str) else atoms, **settings), tmp_path)
        assert names == ["F013 more bands"]
        assert energy is None or result["energy"] == pytest.approx(energy, abs=1e-4)

    def test_more_groups_than_k_points(self, tmp_path: Path) -> None:
        names, result = overcome(asked("gpaw", bulk("Al"), solver={"groups": 3}, **COARSE), tmp_path)
        assert names == ["F012 one group of k-points"]
        assert result["energy"] == pytest.approx(GPAW, abs=1e-4)

    def test_a_move_that_breaks_the_symmetry(self, tmp_path: Path) -> None:
        pair = bulk("Al") * (2, 1, 1)
        moves = {"step": 0.02, "atoms": [0]}
        settings = {"cutoff": 120, "kpoints": [1, 1, 1]}
        names, result = overcome(
            asked("gpaw", pair, task="curvature", options=moves, symmetry=True, **settings), tmp_path / "a"
        )
        assert names == ["F016 no symmetry"]
        _, plain = overcome(asked("gpaw", pair, **settings), tmp_path / "b")
        assert result["energy"] == pytest.approx(plain["energy"], abs=1e-4)

    def test_atoms_that_overlap(self, tmp_path: Path) -> None:
        with pytest.raises(CalculationFailed, match=r"^F015: the eigensolver broke down"):
            overcome(asked("gpaw", close(0.2), cutoff=150, kpoints=[1, 1, 1]), tmp_path / "a")
        said = (tmp_path / "a" / "remedies.json").read_text(encoding="utf-8")
        assert all(one.name in said for one in table()["F015"].remedies)
        with pytest.raises(CalculationFailed, match=r"^F019: Atoms are too close"):
            overcome(asked("gpaw", close(0.02), cutoff=150, kpoints=[1, 1, 1]), tmp_path / "b")

    def test_a_setup_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CalculationFailed, match=r"^F009: GPAW has no setup Al\.PW91; install"):
            overcome(asked("gpaw", bulk("Al"), functional="PW91", **COARSE), tmp_path)


@pwx
class TestPwx:
    """pw.x on aluminium."""

    def test_too_few_cycles(self, tmp_path: Path, quick: dict[str, object]) -> None:
        calculation = asked("espresso", bulk("Al"), cycles=5, **quick)
        place = site(tmp_path)
        result = place.perform(calculation, "it")
        assert tried(place, calculation) == ["F014 slower mixing", "F014 from the last density"]
        assert [fault["remedy"] for fault in result["faults"]] == ["slower mixing", "from the last density"]
        assert result["energy"] == pytest.approx(PWX, abs=1e-4)
        inputs = place.vault.folder(calculation.key).glob("pw.*/espresso.pwi")
        assert sum("mixing_beta" in path.read_text() and "startingpot" in path.read_text() for path in inputs) == 1

    def test_more_smearing_is_only_on_the_way(self, tmp_path: Path, quick: dict[str, object]) -> None:
        names, result = overcome(asked("espresso", bulk("Al"), cycles=5, solver={"widen": 4.0}, **quick), tmp_path)
        assert names == []
        assert result["energy"] == pytest.approx(PWX, abs=1e-4)

    def test_what_no_remedy_helps_is_told_after_all_of_them(self, tmp_path: Path, quick: dict[str, object]) -> None:
        with pytest.raises(
            CalculationFailed, match=r"^F014: the self-consistent cycle did not converge; more smearing"
        ):
            overcome(asked("espresso", bulk("Al"), cycles=1, **quick), tmp_path)
        said = (tmp_path / "remedies.json").read_text(encoding="utf-8")
        assert [
            one.name for one in table()["F014"].remedies if "espresso" in one.engines and one.name not in said
        ] == []

    def test_too_few_bands(self, tmp_path: Path, quick: dict[str, object]) -> None:
        names, result = overcome(asked("espresso", bulk("Al"), solver={"bands": -2.5}, **quick), tmp_path)
        assert names == ["F013 more bands"]
        assert result["energy"] == pytest.approx(PWX, abs=1e-4)

    def test_more_groups_than_cores(
        self, tmp_path: Path, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POTASH_CORES", "2")
        settings = {**quick, "spacing": 3.0}
        names, result = overcome(asked("espresso", bulk("Al"), solver={"groups": 3}, **settings), tmp_path)
        assert names == ["F012 one group of k-points"]
        assert result["calls"] == 1

    def test_no_scratch_on_this_node(
        self, tmp_path: Path, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calculation = asked("espresso", bulk("Al"), **quick)
        monkeypatch.setenv("POTASH_SCRATCH", str(tmp_path / "nowhere"))
        names, result = overcome(calculation, tmp_path / "a")
        assert names == ["F011 scratch in the vault"]
        assert result["energy"] == pytest.approx(PWX, abs=1e-4)
        (tmp_path / "nowhere").mkdir()
        place = site(tmp_path / "b")
        place.perform(calculation, "it")
        assert tried(place, calculation) == []
        assert list((tmp_path / "nowhere").iterdir()) == [], "a node's scratch is left empty"

    def test_output_cut_in_the_middle(
        self, tmp_path: Path, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calculation = asked("espresso", bulk("Al"), **quick)
        program, script = shutil.which("pw.x"), tmp_path / "bin/pw.x"
        script.parent.mkdir()
        once = tmp_path / "once"
        script.write_text(
            f'#!/bin/sh\nif mkdir {once} 2>/dev/null; then {program} "$@" | head -c 3000; else exec {program} "$@"; fi\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(script.parent), prepend=":")
        names, result = overcome(calculation, tmp_path / "it")
        assert names == ["F017 once more"]
        assert result["energy"] == pytest.approx(PWX, abs=1e-4)
        assert count_calls(tmp_path / "it" / "calls.xyz") == 1

    def test_stars_instead_of_numbers(self, tmp_path: Path, quick: dict[str, object]) -> None:
        with pytest.raises(CalculationFailed, match=r"^F017: the output cannot be read"):
            overcome(asked("espresso", close(0.02), **{**quick, "spacing": 3.0}), tmp_path)

    def test_pseudopotentials_missing_mixed_and_changed(
        self, tmp_path: Path, folder: Path, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mixed = tmp_path / "mixed"
        shutil.copytree(folder, mixed)
        (path,) = mixed.glob("H.*")
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[2] = lines[2].replace("10 11 ", "10 1 ", 1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        hydride = Atoms("AlH", [[0, 0, 0], [0, 0, 1.7]], cell=[4, 4, 4], pbc=True)
        calculation = asked("espresso", hydride, **{**quick, "pseudopotentials": str(mixed)})
        with pytest.raises(CalculationFailed, match=r"^F007: .* conflicting values for i\w+"):
            overcome(calculation, tmp_path / "a")
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        with pytest.raises(CalculationFailed, match=r"^F008: the pseudopotential H\..* with checksum .* put it back"):
            overcome(calculation, tmp_path / "b")
        path.unlink()
        with pytest.raises(BadInput, match=r"^F006: no pseudopotential: none for H"):
            asked("espresso", hydride, **{**quick, "pseudopotentials": str(mixed)})
