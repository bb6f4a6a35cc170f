"""Magnetic moments on record: with every call, at the end of relaxations, and in what a study says of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from potash.analysis.magnetism import lost, summarise
from potash.calcs import gth
from potash.calcs.calls import CallLog, Recorder
from potash.calcs.pw_moments import moments
from potash.calcs.relax import relax
from potash.calcs.worker import compute
from potash.structures.encoding import decode, encode
from potash.workflows.jobs import resolve

OPTIONS = {"force": 0.01, "steps": 40}


class Spring(Calculator):
    """Two atoms on a spring of 2.5 Å; their moments are as long as the bond, along where they started."""

    implemented_properties = ["energy", "forces", "magmoms"]  # noqa: RUF012

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        assert self.atoms is not None
        bond = self.atoms.positions[1] - self.atoms.positions[0]
        length = float(np.linalg.norm(bond))
        pull = (length - 2.5) * bond / length
        sign = np.sign(self.atoms.get_initial_magnetic_moments())
        self.results = {"energy": (length - 2.5) ** 2 / 2, "forces": np.array([pull, -pull]), "magmoms": sign * length}


def pair(begun: tuple[float, float]) -> Atoms:
    return Atoms("Ni2", [[1, 1, 1], [1, 1.2, 4.1]], cell=[9, 9, 9], pbc=True, magmoms=begun)


def relaxed(folder: Path, begun: tuple[float, float], *, spin: bool = True, **options: Any) -> dict[str, Any]:
    recorder = Recorder(lambda _: Spring(), CallLog(folder / "calls.xyz", writable=True), spin=spin)
    return relax(pair(begun), recorder, {**OPTIONS, **options})


@pytest.mark.parametrize("symmetry", [False, True])
def test_a_relaxation_ends_with_the_moments_of_where_it_ends(tmp_path: Path, symmetry: bool) -> None:
    made = relaxed(tmp_path, (2.0, -2.0), symmetry=symmetry)
    length = np.linalg.norm(np.diff(decode(made["atoms"]).positions, axis=0))
    assert made["converged"]
    assert made["moments"] == pytest.approx([length, -length], abs=1e-9)
    assert made["atoms"]["moments"] == [2.0, -2.0], "what it began with goes on as it was"


def test_moments_are_replayed(tmp_path: Path) -> None:
    first = relaxed(tmp_path, (2.0, -2.0))

    def never(atoms: Atoms) -> Calculator:
        raise AssertionError("every call is on record")

    recorder = Recorder(never, CallLog(tmp_path / "calls.xyz", writable=True), spin=True)
    again = relax(pair((2.0, -2.0)), recorder, OPTIONS)
    assert again["moments"] == first["moments"]
    assert again["energy"] == first["energy"]


@pytest.mark.parametrize(("begun", "spin"), [((0.0, 0.0), True), ((2.0, 2.0), False)])
def test_without_spin_there_are_none(tmp_path: Path, begun: tuple[float, float], spin: bool) -> None:
    assert relaxed(tmp_path, begun, spin=spin)["moments"] is None
    assert "magmoms" not in (tmp_path / "calls.xyz").read_text("utf-8")


OLD = """     Magnetic moment per site:
     atom:    1    charge:    0.8549    magn:    0.8366    constr:    0.0000
     atom:    2    charge:    0.8549    magn:   -0.8366    constr:    0.0000
"""
NEW = """     Magnetic moment per site  (integrated on atomic sphere of radius R)
     atom   1 (R=0.411)  charge=  5.9124  magn= -1.5523
     atom   2 (R=0.411)  charge=  5.9124  magn=  1.5523

     total cpu time spent up to now is        1.6 secs
"""


@pytest.mark.parametrize(("text", "expected"), [
    (OLD, [0.8366, -0.8366]), (NEW, [-1.5523, 1.5523]), (OLD + NEW, [-1.5523, 1.5523]), ("Total force = 0.0", None),
])  # fmt: skip
def test_the_moments_of_pwx_are_the_last_ones(text: str, expected: list[float] | None) -> None:
    assert moments(f"   !  total energy\n\n{text}\n     End of self-consistent calculation\n") == expected


@pytest.mark.dft
@pytest.mark.parametrize("name", ["gpaw", "espresso"])
def test_stretched_hydrogen_is_an_antiferromagnet(tmp_path: Path, name: str) -> None:
    settings: dict[str, Any] = {"kpoints": [1, 1, 1], "cutoff": 200}
    if name == "espresso":
        if shutil.which("pw.x") is None or not (gth.CP2K_DATA / "GTH_POTENTIALS").exists():
            pytest.skip("pw.x or cp2k-data is not installed")
        (tmp_path / "gth").mkdir()
        gth.convert(tmp_path / "gth", ["H"])
        settings |= {"cutoff": 15, "pseudopotentials": str(tmp_path / "gth")}
    else:
        pytest.importorskip("gpaw")
    molecule = Atoms("H2", [[1, 1, 1], [1, 1, 4.2]], cell=[4.5, 4.5, 6.4], pbc=True, magmoms=[1, -1])
    recipe = {"engine": name, "protocol": "fast", "settings": settings, "task": "relax", "options": {"steps": 0}}
    made = compute(resolve(recipe, [encode(molecule)]), tmp_path, rank=0)
    assert made["moments"][0] > 0.2
    assert made["moments"][0] == pytest.approx(-made["moments"][1], abs=0.01)


def result(began: list[float], ended: list[float] | None) -> dict[str, Any]:
    atoms = Atoms("NiNiOO", positions=np.arange(12).reshape(4, 3), cell=[9, 9, 9], pbc=True, magmoms=began)
    return {"atoms": encode(atoms), "moments": ended}


def test_the_largest_moment_is_told_with_the_sum() -> None:
    (quantity,) = summarise(result([2, -2, 0, 0], [1.6, -1.7, 0.01, 0.0]), "cell").values()
    assert (quantity.value, quantity.unit) == (1.7, "µB")
    assert "of Ni 2" in quantity.says
    assert "sum of all -0.09" in quantity.says
    assert [check.passed for check in quantity.checks] == [True]


@pytest.mark.parametrize("ended", [[1.7, 1.6, 0, 0], [1.7, 0.05, 0, 0], [0.0, 0.0, 0.0, 0.0]])
def test_an_antiferromagnet_that_did_not_stay_one_is_told(ended: list[float]) -> None:
    (quantity,) = summarise(result([2, -2, 0, 0], ended), "cell").values()
    assert [check.passed for check in quantity.checks] == [False]


def test_all_moments_turned_over_are_the_same_order() -> None:
    assert lost(np.array([2, -2, 0]), np.array([-1.5, 1.4, 0.3])) == 0
    assert lost(np.array([2, -2, 2, -2]), np.array([1, -1, 1, 1])) == 1


def test_what_has_no_moments_is_not_told() -> None:
    assert summarise(result([2, 2, 0, 0], None), "cell") == {}
    assert summarise(result([2, 2, 0, 0], [0.0, 0.0, 0.01, 0]), "cell") == {}
    (quantity,) = summarise(result([2, 2, 0, 0], [1.5, 1.5, 0, 0]), "cell").values()
    assert quantity.checks == ()
