"""Shells on their way to levels: what an engine fails at is left out, what was stopped is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ase import Atoms

from potash.calcs.calculation import Calculation
from potash.calcs.site import use
from potash.calcs.vault import Vault
from potash.errors import CalculationFailed
from potash.structures.encoding import encode
from potash.workflows import shell_levels
from potash.workflows.steps import carry_out

RECIPE = {
    "engine": "pyscf",
    "protocol": "fast",
    "settings": {"solvent": 7.2},
    "task": "orbitals",
    "options": {"relax": False},
}


@dataclass
class Failing:
    """A place where bare cations fail, for reasons of their own or because the run was stopped."""

    vault: Vault
    stopped: bool = False
    asked: list[Calculation] = field(default_factory=list)

    def perform(self, calculation: Calculation, label: str) -> dict[str, Any]:
        self.asked.append(calculation)
        if calculation.settings["charge"] == 1:
            if not self.stopped:
                self.vault.folder(calculation.key).mkdir(parents=True)
                self.vault.fail(calculation.key, "no convergence")
            raise CalculationFailed(f"{label}: no convergence")
        return {"lumo": -1.0, "homo": -9.0, "atoms": calculation.atoms[0]}


def computed(place: Failing, geometry: str = "given") -> dict[str, Any]:
    clusters = [
        {"label": "K+", "charge": 1, "atoms": encode(Atoms("K"))},
        {"label": "K+ + 1 F-", "charge": 0, "atoms": encode(Atoms("KF", [(0, 0, 0), (0, 0, 2.2)]))},
    ]
    job = shell_levels.compute(RECIPE, clusters, geometry, "liquid")
    use(place)  # type: ignore[arg-type]  # it has what the job uses
    try:
        found: dict[str, Any] = carry_out(job, (job.function_args, job.function_kwargs))
        return found
    finally:
        use(None)


def test_a_shell_that_an_engine_fails_at_is_left_out(tmp_path: Path) -> None:
    place = Failing(Vault(tmp_path))
    lost, kept = computed(place)["shells"]
    assert lost["reason"].startswith("liquid: shell 1, K+: no convergence")
    assert kept["lumo"] == -1.0
    assert [one.settings["charge"] for one in place.asked] == [1.0, 0.0]
    assert {one.settings["dielectric"] for one in place.asked} == {7.2}


def test_a_run_that_is_stopped_goes_on_later(tmp_path: Path) -> None:
    with pytest.raises(CalculationFailed, match="no convergence"):
        computed(Failing(Vault(tmp_path), stopped=True))


def test_shells_are_relaxed_by_tight_binding_first_where_that_is_asked(tmp_path: Path) -> None:
    place = Failing(Vault(tmp_path))
    found = computed(place, "tblite")
    assert [(one.engine, one.task) for one in place.asked] == [
        ("tblite", "relax"),
        ("tblite", "relax"),
        ("pyscf", "orbitals"),
    ]
    assert len(found["relaxed"]) == 1
