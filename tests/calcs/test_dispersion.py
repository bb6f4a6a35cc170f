"""The dispersion correction: added to whatever an engine gives, and its name decides the key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.emt import EMT

from potash.calcs import dispersion
from potash.calcs.calls import CallLog, Recorder
from potash.errors import BadInput

pytest.importorskip("dftd3")
PBE = dispersion.completed({"functional": "PBE", "dispersion": "D3(BJ)"})


def argon(distance: float) -> Atoms:
    return Atoms("Ar2", [[0, 0, 0], [0, 0, distance]])


def correction(atoms: Atoms) -> dict[str, np.ndarray]:
    found = dispersion.of(PBE)
    assert found is not None
    return found(atoms, {"energy": 0.0, "forces": np.zeros((len(atoms), 3))})


def test_the_library_documents_this_value_of_fullerene() -> None:
    assert correction(molecule("C60"))["energy"] == pytest.approx(-4.974195589771621, rel=1e-6)


def test_far_atoms_attract_with_the_sixth_power() -> None:
    """E → −C₆/r⁶ (plus C₈ terms that fall faster)."""
    far, farther = (float(correction(argon(distance))["energy"]) for distance in (15.0, 18.0))
    assert far < 0
    assert np.log(far / farther) / np.log(18.0 / 15.0) == pytest.approx(6.0, abs=0.1)


def test_forces_are_the_slope() -> None:
    step = 1e-3
    slope = (correction(argon(4 + step))["energy"] - correction(argon(4 - step))["energy"]) / (2 * step)
    forces = correction(argon(4.0))["forces"]
    assert forces[1, 2] == pytest.approx(-slope, rel=1e-4)
    assert forces.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-10)


def test_a_recorder_adds_it_and_records_the_sum(tmp_path: Path) -> None:
    gold = Atoms("Au2", [[0, 0, 0], [0, 0, 2.7]])
    alone, both = (
        Recorder(lambda _: EMT(), CallLog(tmp_path / name, writable=True), added=added)
        for name, added in (("alone", None), ("both", dispersion.of(PBE)))
    )
    extra = correction(gold)
    energies = [each.get_potential_energy(gold) for each in (alone, both)]
    assert energies[1] - energies[0] == pytest.approx(extra["energy"])
    assert both.get_forces(gold) - alone.get_forces(gold) == pytest.approx(extra["forces"])
    again = Recorder(lambda _: EMT(), CallLog(tmp_path / "both", writable=False))
    assert again.get_potential_energy(gold) == pytest.approx(energies[1], abs=1e-9)


def test_moments_stay_as_the_engine_has_them() -> None:
    atoms = molecule("O2")
    given = {"energy": 1.0, "free_energy": 2.0, "forces": np.zeros((2, 3)), "magmoms": np.array([1.0, 1.0])}
    added = dispersion.Dispersion({"functional": "PBE", "dispersion": "D3(BJ)"})(atoms, given)
    assert set(added) == set(given)
    assert added["magmoms"].tolist() == [1.0, 1.0]
    assert added["energy"] - given["energy"] == pytest.approx(added["free_energy"] - given["free_energy"])
    assert added["energy"] < given["energy"]


def test_none_leaves_no_trace() -> None:
    assert dispersion.completed({"functional": "PBE", "dispersion": "none"}) == {"functional": "PBE"}
    assert dispersion.of({"functional": "PBE"}) is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"functional": "PBE", "dispersion": "D4"}, "unknown dispersion correction 'D4'"),
        ({"functional": "LDA", "dispersion": "D3(BJ)"}, "no parameters for the functional LDA"),
    ],
)
def test_what_there_is_not_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        dispersion.completed(settings)


def test_the_version_is_part_of_the_settings() -> None:
    assert PBE["dispersion"].startswith("D3(BJ), dftd3 ")
