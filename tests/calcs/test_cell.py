"""Cells relaxed by their energies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from scipy.optimize import minimize_scalar

from potash.calcs.calls import CallLog, Recorder, count_calls
from potash.calcs.cell import relax_cell
from potash.errors import CalculationFailed
from potash.structures.encoding import decode

OPTIONS = {"points": 5, "strain": 0.03, "force": 0.02, "stress": 0.1, "steps": 100, "symmetry": True}


def recorder(tmp_path: Path, *, stress: bool = True) -> Recorder:
    return Recorder(lambda atoms: EMT(), CallLog(tmp_path / "calls.xyz", writable=True), stress=stress)


@pytest.mark.parametrize("start", [3.3, 3.6, 4.0])
def test_the_minimum_is_found_wherever_the_scan_starts(tmp_path: Path, start: float) -> None:
    found = relax_cell(bulk("Cu", "fcc", a=start), recorder(tmp_path), OPTIONS)
    length = (4 * found["volume"]) ** (1 / 3)
    fine = np.linspace(3.55, 3.63, 81)
    energies = []
    for a in fine:
        atoms = bulk("Cu", "fcc", a=a)
        atoms.calc = EMT()
        energies.append(atoms.get_potential_energy())
    assert length == pytest.approx(fine[int(np.argmin(energies))], abs=0.005)
    assert found["energy"] == pytest.approx(found["fit"]["energy"], abs=1e-3)


def test_shape_follows_the_stress_at_every_volume(tmp_path: Path) -> None:
    start = bulk("Cu", "hcp", a=2.5, c=4.5)
    found = relax_cell(start, recorder(tmp_path), OPTIONS)
    atoms = decode(found["atoms"])
    a, _, c, *_, gamma = atoms.cell.cellpar()
    assert gamma == pytest.approx(120.0, abs=1e-6), "the symmetry of the start is kept"
    assert c / a == pytest.approx(np.sqrt(8 / 3), rel=0.02)
    assert found["shear"] < 0.1


def test_neighbouring_volumes_begin_where_the_last_ones_ended(tmp_path: Path) -> None:
    first = recorder(tmp_path)
    relax_cell(bulk("Cu", "hcp", a=2.5, c=4.5), first, OPTIONS)
    volumes = {round(frame.get_volume(), 6) for frame in CallLog(tmp_path / "calls.xyz", writable=False).frames}
    assert first.calls < 5 * len(volumes)


def test_a_curve_without_a_minimum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalculationFailed, match="lattice constant"):
        relax_cell(Atoms("Cu", cell=[12, 12, 12], pbc=True), recorder(tmp_path), OPTIONS)


class Sheet(Calculator):
    """A layer whose energy is a parabola in its area, lowest at 6 Å²."""

    implemented_properties = ["energy", "free_energy", "forces"]  # noqa: RUF012

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        area = np.linalg.norm(np.cross(*self.atoms.cell.array[:2]))
        energy = 0.5 * (area - 6.0) ** 2
        self.results = {"energy": energy, "free_energy": energy, "forces": np.zeros((len(self.atoms), 3))}


def test_layers_are_scanned_by_area_and_keep_their_vacuum(tmp_path: Path) -> None:
    layer = Atoms("C", cell=[2.5, 2.5, 17.0], pbc=(True, True, False))
    log = CallLog(tmp_path / "calls.xyz", writable=True)
    found = relax_cell(layer, Recorder(lambda atoms: Sheet(), log), OPTIONS)
    cell = np.asarray(found["atoms"]["cell"])
    assert np.linalg.norm(np.cross(*cell[:2])) == pytest.approx(6.0, abs=1e-6)
    assert cell[2, 2] == 17.0
    assert found["fit"]["modulus"] == pytest.approx(6.0, abs=1e-6)  # A d²E/dA²


@pytest.mark.parametrize("symbol", ["Cu", "Al"])
def test_the_fit_agrees_with_a_minimisation_that_knows_of_no_scan(tmp_path: Path, symbol: str) -> None:
    def energy(length: float) -> float:
        atoms = bulk(symbol, "fcc", a=length)
        atoms.calc = EMT()
        return float(atoms.get_potential_energy())

    best = minimize_scalar(energy, bounds=(3.4, 4.2), method="bounded", options={"xatol": 1e-6})
    found = relax_cell(bulk(symbol, "fcc", a=3.8), recorder(tmp_path), OPTIONS)
    assert found["volume"] == pytest.approx(best.x**3 / 4, rel=1e-3)
    assert found["fit"]["energy"] == pytest.approx(best.fun, abs=1e-4)
    assert found["volume"] == pytest.approx(decode(found["atoms"]).get_volume())


def test_a_killed_scan_goes_on(tmp_path: Path) -> None:
    first = relax_cell(bulk("Cu", "fcc", a=3.7), recorder(tmp_path), OPTIONS)
    path = tmp_path / "calls.xyz"
    text, total = path.read_bytes(), count_calls(path)
    path.write_bytes(text[: len(text) // 2])
    kept = count_calls(path)
    asked = []

    class Counted(EMT):
        def calculate(self, *arguments: Any, **named: Any) -> None:
            asked.append(1)
            super().calculate(*arguments, **named)

    again = Recorder(lambda atoms: Counted(), CallLog(path, writable=True), stress=True)
    second = relax_cell(bulk("Cu", "fcc", a=3.7), again, OPTIONS)
    assert 0 < kept < total
    assert len(asked) == total - kept
    assert second["energy"] == pytest.approx(first["energy"], abs=1e-12)
