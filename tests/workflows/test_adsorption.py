"""Adsorption studies on EMT's metals: sites, both references, and what is said of the surface."""

from math import ceil
from pathlib import Path

import pytest
from ase.build import add_adsorbate, fcc111
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

from potash.calcs.vault import Vault
from potash.campaign import load
from potash.structures.adsorption import sites
from potash.structures.encoding import decode, encode
from potash.structures.phases import phase
from potash.workflows.adsorption import put
from potash.workflows.build import build
from potash.workflows.convergence import UNVARIED
from potash.workflows.planning import plan
from tests import direct

SLAB = "facets: [[1, 1, 1]], layers: 4, supercell: [2, 2]"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, direct.Done]:
    folder = tmp_path_factory.mktemp("adsorption")
    path = folder / "a.yaml"
    path.write_text(
        "campaign: a\nengine: emt\nstudies:\n"
        f"  - {{id: relaxed, kind: adsorption, phase: Cu, ion: Al, {SLAB}}}\n"
        f"  - {{id: frozen, kind: adsorption, phase: Cu, ion: Al, {SLAB}, substrate: frozen, sites: [hollow], sensitivities: true}}\n"
    )
    return direct.run(path, direct.Direct(folder / "vault"))


def energies(done: dict[str, direct.Done], study: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = done[study].result["data"]["energies"]
    return found


def test_the_hollow_holds_it_best(done: dict[str, direct.Done]) -> None:
    """As ASE's own slab does, relaxed by BFGS from the same kind of place."""
    assert done["relaxed"].result["status"] == "done", done["relaxed"].result["reason"]
    assert set(energies(done, "relaxed")) == {"top", "bridge", "hollow-1", "hollow-2"}
    assert done["relaxed"].result["data"]["lowest"].startswith("hollow")
    clean = decode(done["relaxed"].given[5]["atoms"])
    a = clean.cell.lengths()[0] / 2 * 2**0.5
    totals = []
    for adsorbed in (False, True):
        slab = fcc111("Cu", (2, 2, 4), a=a, vacuum=8.0)
        slab.set_constraint(FixAtoms([atom.index for atom in slab if atom.tag > 2]))
        if adsorbed:
            add_adsorbate(slab, "Al", 2.0, "fcc")
        slab.calc = EMT()
        BFGS(slab, logfile=None).run(fmax=0.01)
        totals.append(slab.get_potential_energy())
    atom = done["relaxed"].given[6]["energy"]
    ours = min(both[0] for both in energies(done, "relaxed").values())
    assert ours == pytest.approx(totals[1] - totals[0] - atom, abs=0.02)


def test_both_references_differ_by_the_metal_alone(done: dict[str, direct.Done]) -> None:
    apart = [bulk - atom for study in ("relaxed", "frozen") for atom, bulk in energies(done, study).values()]
    assert apart == pytest.approx([apart[0]] * len(apart), abs=1e-6)
    assert apart[0] == pytest.approx(3.3, abs=0.3), "aluminium's cohesive energy"


def test_what_stays_in_its_place_is_said(done: dict[str, direct.Done]) -> None:
    assert "Of the substrate's 16 atoms the lower 8 are frozen, the others relaxed." in done["relaxed"].result["notes"]
    assert "All 16 atoms of the substrate are frozen." in done["frozen"].result["notes"]
    assert min(energies(done, "frozen").values())[0] > min(energies(done, "relaxed").values())[0]


def test_a_wider_vacuum_changes_nothing_where_nothing_reaches_so_far(done: dict[str, direct.Done]) -> None:
    """EMT's atoms do not see farther than some Å, and it has neither k-points nor a cutoff."""
    quantities, notes = done["frozen"].result["quantities"], done["frozen"].result["notes"]
    shifts = {name: each["value"] for name, each in quantities.items() if "shift" in name}
    assert shifts == pytest.approx(
        {f"adsorption energy{other}'s shift, wider vacuum": 0.0 for other in ("", ", bulk metal")}, abs=1e-6
    )
    assert quantities["adsorption energy"]["error"] == pytest.approx(0, abs=1e-9)
    (shift,) = next(each for each in done["frozen"].given if isinstance(each, list) and each and "results" in each[0])
    clean = done["frozen"].given[5]["atoms"]["cell"][2][2]
    assert [each["atoms"]["cell"][2][2] - clean for each in shift["results"]][1] == pytest.approx(8.0, abs=0.1)
    assert UNVARIED not in notes
    assert UNVARIED in done["relaxed"].result["notes"]


def test_a_plan_lists_what_is_varied(tmp_path: Path) -> None:
    """Divisions that are given and such as follow from a spacing become denser; an atom in its box has its one point."""
    path = tmp_path / "p.yaml"
    path.write_text(
        "campaign: p\nengine: gpaw\nprotocol: standard\nstudies:\n"
        "  - {kind: adsorption, phase: graphene, ion: K, sites: [hollow], supercell: [2, 2], kpoints: [3, 3, 1]}\n"
    )
    entries = {entry.label: entry for entry in plan(build(load(path)), Vault(tmp_path / "vault"))}
    slab, metal, atom = (entries[name] for name in ("clean surface", "cell of K", "free atom K"))
    denser = [
        entries[f"denser k-points, {part}"].kpoints for part in ("with the adsorbate", "clean surface", "bulk metal")
    ]
    assert denser == [[5, 5, 1], [5, 5, 1], [ceil(1.5 * count) for count in metal.kpoints]]
    assert (slab.kpoints, atom.kpoints) == ([3, 3, 1], [1, 1, 1])
    higher = [entry for name, entry in entries.items() if name.startswith("higher cutoff")]
    assert [entry.settings["cutoff"] for entry in higher] == [1.25 * slab.settings["cutoff"]] * 4
    assert [entry.kpoints for entry in higher] == [[3, 3, 1], [3, 3, 1], [1, 1, 1], metal.kpoints]
    wider = [entry for name, entry in entries.items() if name.startswith("wider vacuum")]
    assert [entry.kpoints for entry in wider] == [[3, 3, 1]] * 2
    assert all(entry.task == "relax" and entry.options["steps"] == 0 for entry in [*higher, *wider])


def test_a_site_that_relaxing_has_renamed_is_where_it_was() -> None:
    """Antimonene has two hollows; one that was the only one goes to its place, and those there are go by their names."""
    layer = phase("antimonene")
    plain, places = encode(layer), {site.name: site.position for site in sites(layer)}
    elsewhere = decode(put.original(plain, plain, "hollow", [0.25, 0.5], "K"))
    assert elsewhere.get_scaled_positions()[-1, :2] == pytest.approx([0.25, 0.5])
    known = decode(put.original(plain, plain, "hollow-2", [0.25, 0.5], "K"))
    assert known.positions[-1, :2] == pytest.approx(places["hollow-2"])
