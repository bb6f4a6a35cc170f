"""No result depends on where an engine has its zero of energy: EMT against EMT with hundreds of eV less for each atom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.calculators.emt import EMT

from tests import direct

CAMPAIGN = """\
campaign: zero
engine: emt
studies:
  - {kind: barrier, id: plain, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3, band: plain, images: 5}
  - {kind: barrier, id: surrogate, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}
  - {kind: network, id: network, host: Cu, ion: Cu, supercell: [2, 2, 2], cutoff: 3}
  - {kind: adsorption, id: adsorption, phase: Cu, ion: Al, facets: [[1, 1, 1]], supercell: [2, 2], layers: 3}
  - {kind: surface, id: surface, phase: Al, facets: [[1, 0, 0]]}
  - {kind: interface, id: interface, film: Al, substrate: Cu, film_facet: [1, 1, 1], substrate_facet: [1, 1, 1], max_area: 30,
     film_thickness: 5, substrate_thickness: 5, scan: {grid: 2, gaps: [0]}}
  - {kind: amorphous, id: amorphous, formula: CuAg, density: 8.9, melt: 2500, hold: 0.2, rate: 4000, timestep: 4, atoms: 32, samples: 1,
     ion: Cu, mechanism: vacancy, cutoff: 3, hops: 2}
"""
#: eV less for an atom of each element: as deep as totals of plane-wave codes lie.
DEEP = {"Al": 70.0, "Cu": 150.0, "Ag": 230.0}
#: Energies per atom, which are the engine's own.
ABSOLUTE = {"energy"}


def computed(folder: Path) -> dict[str, dict[str, Any]]:
    folder.mkdir()
    path = folder / "zero.yaml"
    path.write_text(CAMPAIGN)
    return {name: done.result for name, done in direct.run(path, direct.Direct(folder / "vault")).items()}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("zero")
    usual = computed(folder / "usual")
    calculate = EMT.calculate

    def deep(self: EMT, *arguments: Any, **named: Any) -> None:
        calculate(self, *arguments, **named)
        less = sum(DEEP[symbol] for symbol in self.atoms.symbols)
        self.results["energies"] = self.results["energies"] - less / len(self.atoms)
        for name in ("energy", "free_energy"):
            self.results[name] -= less

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EMT, "calculate", deep)
        return usual, computed(folder / "deep")


@pytest.mark.parametrize("study", ["plain", "surrogate", "network", "adsorption", "surface", "interface", "amorphous"])
def test_only_energies_of_the_engine_are_deeper(study: str, both: Any) -> None:
    usual, deep = (each[study] for each in both)
    assert (usual["status"], deep["status"]) == ("done", "done"), (usual["reason"], deep["reason"])
    for name, quantity in usual["quantities"].items():
        other = deep["quantities"][name]
        if name not in ABSOLUTE:
            assert other["value"] == pytest.approx(quantity["value"], rel=1e-3, abs=1e-4), name
        for check, again in zip(quantity["checks"], other["checks"], strict=True):
            assert again["value"] == pytest.approx(check["value"], rel=0.02, abs=2e-3), check["name"]
